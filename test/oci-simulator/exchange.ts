/**
 * What every request goes through once it is known who asks for what: rate limit, faults, latency, and the moment it is
 * applied. A request goes on when its client has gone: that is how a write can be late.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, usualError } from './api-error.ts';
import { monotonicNow } from './clock.ts';
import type { ParameterStore } from './parameters.ts';
import type { OpenRecord } from './records.ts';
import type { FaultEffect, Operation } from './types.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A string goes out as it is, everything else as JSON. Absent: no content. */
  readonly body?: unknown;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly record: OpenRecord;
}

/** A request understood and let in. */
export interface Job {
  readonly operation: Operation;
  readonly write: boolean;
  /** The VNIC that is busy while this write is under way. */
  readonly busyVnic?: string;
  /** Checks and applies; throws ApiError. */
  readonly run: () => Answer;
}

export interface Pipeline {
  execute(exchange: Exchange, job: Job): Promise<void>;
  /** Lets held requests go on; answers the ids of their records. */
  release(id?: number): readonly number[];
  held(): readonly number[];
}

export function createPipeline(parameters: ParameterStore): Pipeline {
  const held = new Map<number, () => void>();
  const busy = new Map<string, number>();

  async function execute(exchange: Exchange, job: Job): Promise<void> {
    const { record } = exchange;
    if (job.operation !== 'Metadata' && !parameters.admit(record.instance, record.at)) {
      return sendError(exchange, usualError(429, 'the rate limit'));
    }
    const fault = parameters.fault({ ...record, operation: job.operation });
    record.fault = fault?.name ?? null;
    const conflict =
      job.busyVnic !== undefined &&
      (busy.get(job.busyVnic) ?? 0) > 0 &&
      parameters.current().conflictOnConcurrentVnicUpdates;
    if (job.busyVnic === undefined || conflict) {
      return perform(exchange, conflict ? refusing(job) : job, fault?.rule.effect);
    }
    busy.set(job.busyVnic, (busy.get(job.busyVnic) ?? 0) + 1);
    try {
      await perform(exchange, job, fault?.rule.effect);
    } finally {
      busy.set(job.busyVnic, (busy.get(job.busyVnic) ?? 1) - 1);
    }
  }

  async function perform(exchange: Exchange, job: Job, effect: FaultEffect | undefined): Promise<void> {
    const { record, response } = exchange;
    const latency = parameters.latency(job.operation);
    const before = latency * parameters.current().commitPoint;
    await pause(before);
    const run = () => {
      const answer = job.run();
      if (job.write) record.appliedAt = monotonicNow();
      return answer;
    };
    switch (effect?.kind) {
      case undefined:
        break;
      case 'status':
        if (effect.applied) attempt(run);
        await pause(latency - before);
        return sendFault(exchange, effect, parameters.random);
      case 'hang':
        if (effect.applied) attempt(run);
        return;
      case 'lost-answer':
        attempt(run);
        response.destroy();
        return;
      case 'drop':
        response.destroy();
        return;
      case 'hold':
        await new Promise<void>((resolve) => held.set(record.id, resolve));
        held.delete(record.id);
        break;
    }
    const answer = attempt(run);
    await pause(latency - before);
    if (answer instanceof ApiError) sendError(exchange, answer);
    else send(exchange, answer);
  }

  return {
    execute,
    release(id) {
      const chosen = [...held.keys()].filter((candidate) => id === undefined || candidate === id);
      for (const key of chosen) held.get(key)?.();
      return chosen;
    },
    held: () => [...held.keys()],
  };
}

/** Answers what the operation answered. */
export function send(exchange: Exchange, answer: Answer): void {
  const { record, response, request } = exchange;
  if (response.headersSent || response.destroyed) return;
  record.status = answer.status;
  const text = answer.body === undefined ? '' : asText(answer.body);
  response.writeHead(answer.status, {
    ...(typeof answer.body === 'string' ? {} : { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
    'opc-request-id': requestId(request),
    ...answer.headers,
  });
  response.end(text);
  // Not in the callback of end: a client may have read the answer, and ask for the records, before that runs.
  record.answeredAt = monotonicNow();
}

/** Answers an error in OCI's form. */
export function sendError(exchange: Exchange, error: ApiError): void {
  exchange.record.errorCode = error.code;
  exchange.record.detail = error.detail;
  send(exchange, { status: error.status, headers: {}, body: { code: error.code, message: error.message } });
}

function sendFault(exchange: Exchange, effect: FaultEffect & { kind: 'status' }, random: () => number): void {
  const list = typeof effect.status === 'number' ? [effect.status] : effect.status;
  const status = list[Math.floor(random() * list.length)] ?? 500;
  const usual = usualError(status);
  if (!effect.html) {
    return sendError(exchange, new ApiError(status, effect.code ?? usual.code, effect.message ?? usual.message));
  }
  exchange.record.errorCode = effect.code ?? usual.code;
  const body = `<html><head><title>${status}</title></head><body><h1>${effect.message ?? usual.message}</h1></body></html>`;
  send(exchange, { status, headers: { 'content-type': 'text/html' }, body });
}

/** An ApiError is an answer like another; anything else is a mistake of the simulator and must be seen. */
function attempt(run: () => Answer): Answer | ApiError {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof ApiError) return cause;
    throw cause;
  }
}

function refusing(job: Job): Job {
  return {
    ...job,
    run: () => {
      throw usualError(409, 'another update of this VNIC is under way');
    },
  };
}

function asText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** The client's own id first, as OCI does, then two of the service. */
function requestId(request: IncomingMessage): string {
  const sent = request.headers['opc-request-id'];
  const fresh = () => randomBytes(16).toString('hex').toUpperCase();
  return `${typeof sent === 'string' ? sent : fresh()}/${fresh()}/${fresh()}`;
}

async function pause(duration: number): Promise<void> {
  if (duration <= 0) return;
  await new Promise<void>((resolve) => setTimeout(resolve, duration));
}
