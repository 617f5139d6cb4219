import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type {
  DoctorReport,
  ErrorReport,
  EventReport,
  FailbackRequest,
  FailoverRequest,
  FreezeReport,
  FreezeRequest,
  HistoryReport,
  ReloadReport,
  StandbyReport,
  StandbyRequest,
  StatusReport,
  SwitchoverReport,
  VerifyReport,
} from './api.ts';
import { ControlError } from './errors.ts';
import { readEvents, requestEvents } from './event-client.ts';

export interface ControlClientOptions {
  readonly socketPath: string;
  /** Milliseconds until a request is given up; 35 s, a little more than the server's own deadline. */
  readonly timeout?: number;
}

/** Every method rejects with a `ControlError`: the daemon's own, or `unreachable`, `permission`, `timeout`, `protocol`. */
export interface ControlClient {
  status(): Promise<StatusReport>;
  history(request?: { readonly limit?: number }): Promise<HistoryReport>;
  failover(request: FailoverRequest): Promise<SwitchoverReport>;
  failback(request: FailbackRequest): Promise<SwitchoverReport>;
  freeze(request: FreezeRequest): Promise<FreezeReport>;
  standby(request: StandbyRequest): Promise<StandbyReport>;
  verify(): Promise<VerifyReport>;
  reload(): Promise<ReloadReport>;
  /**
   * Tells each event as it comes. Resolves when the daemon ends the stream (its last event says why) or the signal aborts;
   * to go on, follow again.
   */
  follow(tell: (event: EventReport) => void, signal: AbortSignal): Promise<void>;
  doctor(): Promise<DoctorReport>;
}

const TIMEOUT = 35_000;
/** A status of a large cluster has some hundred kilobytes; a stranger at the socket might never end. */
const MAX_ANSWER = 16 * 1024 * 1024;

/** A client of the control socket; each request is a connection of its own. */
export function createControlClient({ socketPath, timeout = TIMEOUT }: ControlClientOptions): ControlClient {
  const get = (path: string) => exchange(socketPath, timeout, 'GET', path);
  const post = (path: string, body: object) => exchange(socketPath, timeout, 'POST', path, body);
  // The casts are the contract of api.ts: fields are only added, so what an older or newer daemon sends still fits.
  return {
    status: async () => (await get('/v1/status')) as StatusReport,
    history: async ({ limit } = {}) =>
      (await get(limit === undefined ? '/v1/history' : `/v1/history?limit=${limit}`)) as HistoryReport,
    failover: async (body) => (await post('/v1/failover', body)) as SwitchoverReport,
    failback: async (body) => (await post('/v1/failback', body)) as SwitchoverReport,
    freeze: async (body) => (await post('/v1/freeze', body)) as FreezeReport,
    standby: async (body) => (await post('/v1/standby', body)) as StandbyReport,
    verify: async () => (await post('/v1/verify', {})) as VerifyReport,
    reload: async () => (await post('/v1/reload', {})) as ReloadReport,
    follow: (tell, signal) => followEvents(socketPath, tell, signal),
    doctor: async () => (await post('/v1/doctor', {})) as DoctorReport,
  };
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function exchange(
  socketPath: string,
  timeout: number,
  method: string,
  path: string,
  body?: object,
): Promise<object> {
  const signal = AbortSignal.timeout(timeout);
  let answer: Answer;
  try {
    answer = await send({ socketPath, method, path, signal }, body);
  } catch (cause) {
    if (cause instanceof ControlError) throw cause;
    throw explain(cause, signal.aborted, socketPath, timeout);
  }
  const value = parse(answer, socketPath);
  if (answer.status >= 200 && answer.status < 300) return value;
  throw errorIn(value, socketPath);
}

async function followEvents(
  socketPath: string,
  tell: (event: EventReport) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    const answer = await requestEvents(socketPath, signal);
    if (answer.statusCode === 200) return await readEvents(answer, tell);
    throw errorIn(parse({ status: answer.statusCode ?? 0, text: await readText(answer) }, socketPath), socketPath);
  } catch (cause) {
    if (signal.aborted) return;
    throw cause instanceof ControlError ? cause : explain(cause, false, socketPath, 0);
  }
}

async function readText(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_ANSWER) throw new ControlError('protocol', 'the answer of the daemon has no end');
  }
  return text;
}

function errorIn(value: object, socketPath: string): ControlError {
  const { error } = value as Partial<ErrorReport>;
  return error === undefined ? notUnderstood(socketPath) : new ControlError(error.code, error.message);
}

function send(options: RequestOptions, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { ...options, agent: false, headers: { 'content-type': 'application/json' } },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          chunks.push(chunk);
          if (size > MAX_ANSWER) request.destroy(new ControlError('protocol', 'the answer of the daemon has no end'));
        });
        response.once('error', reject);
        response.once('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    request.once('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse({ text }: Answer, socketPath: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Answered below: what is not JSON is not failoverd.
  }
  throw notUnderstood(socketPath);
}

function notUnderstood(socketPath: string): ControlError {
  return new ControlError('protocol', `what answers at ${socketPath} is not failoverd, or of a version unknown here`);
}

/** What an error of the connection means to an admin. */
function explain(cause: unknown, timedOut: boolean, socketPath: string, timeout: number): ControlError {
  if (timedOut) {
    const message = `failoverd did not answer within ${timeout / 1000} s; what was asked for may still happen: failoverctl status shows it`;
    return new ControlError('timeout', message, { cause });
  }
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  // EACCES: the mode of the socket or of a directory above it. EPERM: a security module.
  if (code === 'EACCES' || code === 'EPERM') {
    const message = `no permission to use ${socketPath}: join group failoverd (usermod -aG failoverd USER, then log in again) or use sudo`;
    return new ControlError('permission', message, { cause });
  }
  // ENOENT: never started here, or another path. ECONNREFUSED: it died and left its socket. ENOTSOCK and the rest: not it.
  const reason =
    code === 'ENOENT' ? 'there is no such socket' : cause instanceof Error ? cause.message : 'unknown reason';
  const message = `failoverd is not reachable at ${socketPath} (${reason}): is failoverd running? systemctl status failoverd`;
  return new ControlError('unreachable', message, { cause });
}
