/**
 * The main thread's half: hands calls to the worker, guards their deadlines, and starts a worker again that stopped.
 * Imports nothing of the SDK.
 */
import { Worker } from 'node:worker_threads';
import { backoff, monotonic } from './deadline.ts';
import { textOf } from './errors.ts';
import { failedInspection, type OciInspector } from './inspection.ts';
import { type CallMessage, type CallName, type Calls, THROTTLE_PATIENCE, type WorkerMessage } from './protocol.ts';
import type { Milliseconds, Oci, OciFailure, OciListener, OciOptions, OciVnics } from './types.ts';

/** Where the worker's bundle is; beside the daemon's unless a test says otherwise. */
export interface WorkerPlace {
  readonly worker?: URL;
}

/**
 * How many request timeouts a call may take in all before the worker is given up on. Each of its exchanges has its own
 * deadline in the worker; this one is for a worker that does not answer at all.
 */
const PATIENCE: Readonly<Record<CallName, number>> = {
  updatePrivateIp: 1,
  getPrivateIp: 1,
  getVnic: 1,
  tagVnic: 1,
  // Metadata, then the exchange.
  refreshToken: 2,
  // The list's pages, then the gets.
  readSubnet: 4,
  // Metadata, VNICs, route tables, what their rules lead to: one after the other.
  inspect: 12,
  // Metadata, VNICs, lists, gets, the last two in several rounds.
  discover: 12,
};
/** Beside that. */
const PAUSES: Readonly<Partial<Record<CallName, Milliseconds>>> = { discover: THROTTLE_PATIENCE };
const SLACK: Milliseconds = 500;

/** The heap of the SDK with 24 connections is below 20 MB; a small young generation keeps the resident size down. */
const LIMITS = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 2 } as const;

interface Pending {
  readonly settle: (answer: Calls[CallName]['answer']) => void;
  readonly fail: (failure: OciFailure) => void;
}

/**
 * Starts the OCI side. It becomes ready by itself and says so through the listener.
 *
 * @param options from `oci:` of the configuration; durations in milliseconds
 * @returns calls that never throw or reject, and answer within their deadline
 */
export function createOci(
  options: OciOptions,
  listener: OciListener,
  place: WorkerPlace = {},
): Oci & OciVnics & OciInspector {
  const url = place.worker ?? new URL('./oci-worker.js', import.meta.url);
  const pending = new Map<number, Pending>();
  let lastNumber = 0;
  let worker: Worker | undefined;
  let heardAt: Milliseconds = 0;
  let restarts = 0;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  function start(): void {
    let reason = 'it ended';
    const startedAt = monotonic();
    const started = new Worker(url, { workerData: options, resourceLimits: LIMITS, name: 'oci', execArgv: [] });
    worker = started;
    started.on('message', receive);
    started.on('error', (error) => {
      reason = textOf(error);
    });
    started.once('exit', () => {
      worker = undefined;
      failAll(`the OCI worker stopped (${reason})`);
      if (closed) return;
      // One that ran for a while starts the backoff anew.
      if (monotonic() - startedAt > 30_000) restarts = 0;
      listener.onStatus({ ready: false, reason: `the OCI worker stopped (${reason}) and is started again` });
      timer = setTimeout(start, backoff(restarts++, Math.random()));
      timer.unref();
    });
  }

  function receive(message: WorkerMessage): void {
    if (closed) return;
    heardAt = monotonic();
    switch (message.kind) {
      case 'status':
        return listener.onStatus(message.status);
      case 'exchange':
        return listener.onExchange(message.exchange);
      case 'answer':
        pending.get(message.number)?.settle(message.answer);
    }
  }

  function failAll(message: string): void {
    for (const call of [...pending.values()]) call.fail({ ok: false, code: 'network', message });
  }

  function ask<Name extends CallName>(
    call: Name,
    asked: Calls[Name]['ask'],
    answerOf: (failure: OciFailure) => Calls[Name]['answer'],
  ): Promise<Calls[Name]['answer']> {
    return new Promise((resolve) => {
      const number = ++lastNumber;
      const issuedAt = monotonic();
      const patience = PATIENCE[call] * options.requestTimeout + (PAUSES[call] ?? 0) + SLACK;
      const settle = (answer: Calls[CallName]['answer']) => {
        clearTimeout(guard);
        pending.delete(number);
        // The worker answers a call with that call's answer: the numbers say which.
        resolve(answer as Calls[Name]['answer']);
      };
      const fail = (failure: OciFailure) => settle(answerOf(failure));
      const guard = setTimeout(() => {
        fail({ ok: false, code: 'timeout', message: `${call}: the OCI worker did not answer within ${patience} ms` });
        // Not a word in all that time: it hangs, and only a new one helps.
        if (heardAt < issuedAt) void worker?.terminate();
      }, patience);
      guard.unref();
      pending.set(number, { settle, fail });
      if (worker) worker.postMessage({ call, number, ask: asked, issuedAt } as CallMessage);
      else fail({ ok: false, code: 'network', message: 'the OCI worker is not running' });
    });
  }

  const same = (failure: OciFailure) => failure;
  start();
  return {
    discover: (query) =>
      ask('discover', query, (failure) => query.map((asked) => ({ ...failure, interface: asked.interface }))),
    updatePrivateIp: (request) => ask('updatePrivateIp', request, same),
    getPrivateIp: (id) => ask('getPrivateIp', id, same),
    readSubnet: (subnetId, ids) =>
      ask('readSubnet', { subnetId, ids }, (failure) => new Map(ids.map((id) => [id, failure]))),
    getVnic: (id) => ask('getVnic', id, same),
    tagVnic: (request) => ask('tagVnic', request, same),
    inspect: (vips) => ask('inspect', vips, failedInspection),
    refreshToken: () => ask('refreshToken', undefined, same),
    async close() {
      closed = true;
      clearTimeout(timer);
      failAll('the OCI side was closed');
      await worker?.terminate();
    },
  };
}
