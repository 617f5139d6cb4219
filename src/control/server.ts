import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ErrorReport } from './api.ts';
import { type Connections, createConnections } from './connections.ts';
import { ControlError, type ControlErrorCode, httpStatusOf } from './errors.ts';
import { createEventStreams, type EventStreams } from './event-stream.ts';
import type { ControlHandlers } from './handlers.ts';
import { ROUTES, type Route } from './routes.ts';
import { listenAt } from './socket.ts';

export interface ControlServerOptions {
  /** Absolute path of the socket. */
  readonly socketPath: string;
  readonly handlers: ControlHandlers;
  /** What an admin should know although the server runs, a sentence. */
  readonly onWarning: (message: string) => void;
  /** A handler failed in a way it should not; the client was told `internal`. */
  readonly onError?: (error: unknown) => void;
  /** Group whose members may use the socket; `failoverd`. */
  readonly group?: string;
  /** `/etc/group`. */
  readonly groupFile?: string;
  /** Milliseconds that a request may take; 30 s. */
  readonly deadline?: number;
}

export interface ControlServer {
  readonly socketPath: string;
  /** Takes the socket away and ends the connections; requests under way get half a second. */
  close(): Promise<void>;
}

const MAX_BODY = 64 * 1024;
const MAX_CONNECTIONS = 64;
/** Requests that one connection may send before it has the first answer. */
const MAX_REQUESTS = 4;
const HEADERS_DEADLINE = 10_000;
/** How often Node looks for clients that are late with their headers or their body. */
const LATE_CLIENTS = 5_000;
const DEADLINE = 30_000;
const CLOSING = 500;

/**
 * Serves HTTP/1.1 with JSON at the socket. Rejects with a `SocketError`: `in-use` when another daemon answers there,
 * `not-a-socket`, or `unusable`.
 */
export async function startControlServer(options: ControlServerOptions): Promise<ControlServer> {
  const { socketPath, deadline = DEADLINE } = options;
  const shared: Shared = {
    connections: createConnections(MAX_CONNECTIONS),
    streams: createEventStreams((error) => options.onError?.(error)),
    requests: new WeakMap(),
  };
  const server = createServer(
    {
      // A body that does not come is found out below, where the answer is given: two clocks would answer it twice.
      requestTimeout: 0,
      headersTimeout: Math.min(deadline, HEADERS_DEADLINE),
      connectionsCheckingInterval: Math.min(deadline, LATE_CLIENTS),
    },
    (request, response) => {
      void serve(request, response, options, shared, deadline);
    },
  );
  // A client that does not read its answer.
  server.timeout = 2 * deadline;
  server.on('connection', (socket) => {
    if (!shared.connections.admit(socket)) answerPlainly(socket, 503, BUSY);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const { status, message } = describeClientError(error);
    answerPlainly(socket, status, message);
  });
  const placed = await listenAt(server, {
    path: socketPath,
    group: options.group ?? 'failoverd',
    groupFile: options.groupFile ?? '/etc/group',
    onWarning: options.onWarning,
  });
  const close = async (): Promise<void> => {
    await placed.remove();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    shared.streams.close();
    server.closeIdleConnections();
    const timer = setTimeout(() => server.closeAllConnections(), CLOSING);
    await closed;
    clearTimeout(timer);
  };
  return { socketPath, close };
}

/** What all requests of one server have in common. */
interface Shared {
  readonly connections: Connections;
  readonly streams: EventStreams;
  /** How many are under way on a connection. */
  readonly requests: WeakMap<Duplex, number>;
}

const UNENDED = 'the request did not come to its end in time';
const TOO_LONG = 'this took too long and was given up; failoverctl status shows what became of it';
const BUSY = 'too many requests are under way; try again in a moment';
const CROWDED = `more than ${MAX_REQUESTS} requests at a time on one connection`;

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { handlers, onError }: ControlServerOptions,
  shared: Shared,
  deadline: number,
): Promise<void> {
  const left = new AbortController();
  response.once('close', () => left.abort());
  const expired = AbortSignal.timeout(deadline);
  let worked: (() => void) | undefined;
  const { socket } = request;
  const { requests, connections } = shared;
  const underWay = (requests.get(socket) ?? 0) + 1;
  requests.set(socket, underWay);
  try {
    if (underWay > MAX_REQUESTS) throw new HttpError(429, 'refused', CROWDED, { connection: 'close' });
    const { route, query } = findRoute(request);
    const late = new HttpError(408, 'bad-request', UNENDED, { connection: 'close' });
    const body = await before(expired, readBody(request), late);
    worked = connections.work(socket);
    if (route.handle === 'events') {
      response.once('close', worked);
      worked = undefined;
      return shared.streams.open(response, handlers.follow);
    }
    const signal = AbortSignal.any([left.signal, expired]);
    const given = new HttpError(504, 'internal', TOO_LONG, { connection: 'close' });
    send(response, 200, await before(expired, route.handle(handlers, { query, body, signal }), given));
  } catch (error) {
    if (!(error instanceof ControlError)) onError?.(error);
    const { status, code, message, headers } = describe(error);
    const report: ErrorReport = { error: { code, message } };
    send(response, status, report, headers);
  } finally {
    worked?.();
    requests.set(socket, (requests.get(socket) ?? 1) - 1);
  }
}

/** HTTP's own errors, which have a status of their own. */
class HttpError extends ControlError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ControlErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.status = status;
    this.headers = headers;
  }
}

function describe(error: unknown) {
  const internal = {
    status: 500,
    code: 'internal' as const,
    message: 'failoverd made a mistake; its log says which',
    headers: {},
  };
  if (!(error instanceof ControlError)) return internal;
  const { code, message } = error;
  // What only a client can find out is no answer of a server.
  if (code === 'unreachable' || code === 'permission' || code === 'timeout' || code === 'protocol') return internal;
  return error instanceof HttpError
    ? { status: error.status, code, message, headers: error.headers }
    : { status: httpStatusOf(code), code, message, headers: {} };
}

function findRoute(request: IncomingMessage): { readonly route: Route; readonly query: URLSearchParams } {
  const target = request.url ?? '/';
  // A target such as `//` is no path of a URL.
  const url = URL.canParse(target, 'http://localhost') ? new URL(target, 'http://localhost') : undefined;
  const routes = ROUTES.filter(({ path }) => path === url?.pathname);
  const route = routes.find(({ method }) => method === request.method);
  if (route !== undefined) return { route, query: url?.searchParams ?? new URLSearchParams() };
  const allowed = routes.map(({ method }) => method).join(', ');
  if (allowed !== '') {
    throw new HttpError(405, 'bad-request', `${request.method} is not allowed here, allowed: ${allowed}`, {
      allow: allowed,
    });
  }
  const known = ROUTES.map(({ method, path }) => `${method} ${path}`).join(', ');
  throw new ControlError('not-found', `there is nothing at ${JSON.stringify(target.slice(0, 60))}, allowed: ${known}`);
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY) {
      // The rest is not read: the connection ends with the answer.
      throw new HttpError(413, 'bad-request', `the body is larger than ${MAX_BODY} bytes`, { connection: 'close' });
    }
    chunks.push(bytes);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ControlError('bad-request', 'the body is not JSON; expected an object, as in {"group": "isv"}', {
      cause,
    });
  }
}

/** The promise's outcome, or this error when the deadline comes first. */
function before<T>(expired: AbortSignal, promise: Promise<T>, late: HttpError): Promise<T> {
  return new Promise((resolve, reject) => {
    const expire = (): void => reject(late);
    expired.addEventListener('abort', expire, { once: true });
    promise.then(resolve, reject).finally(() => expired.removeEventListener('abort', expire));
  });
}

/** What Node's parser found before there was a request. */
function describeClientError({ code }: NodeJS.ErrnoException): { readonly status: number; readonly message: string } {
  if (code === 'HPE_HEADER_OVERFLOW') return { status: 431, message: 'the headers are too large' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return { status: 408, message: UNENDED };
  return { status: 400, message: 'this is not HTTP/1.1; see curl --unix-socket' };
}

/** Answers where there is no response object, and ends the connection. */
function answerPlainly(socket: Duplex, status: number, message: string): void {
  if (!socket.writable) return void socket.destroy();
  const code = status === 503 ? 'refused' : 'bad-request';
  const report: ErrorReport = { error: { code, message } };
  const text = `${JSON.stringify(report)}\n`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-type: application/json\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`, () => {
    socket.destroy();
  });
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(text);
}
