/**
 * The warm connections together: which one takes a request, and in which order requests wait.
 *
 * Rules: a write goes before every read, on the connection that answered last (the surest to be alive). Reads rotate:
 * they take the connection idle for longest, which keeps all of them in use, and at most half of the connections, so
 * that a claim finds one free. Nothing is sent twice: whether a failed request is tried again is decided elsewhere.
 */
import { type Connection, createConnection } from './connection.ts';
import { monotonic } from './deadline.ts';
import { OciFault } from './errors.ts';
import type { HttpAnswer, HttpRequest } from './exchange.ts';
import type { Milliseconds } from './types.ts';

export interface SendOptions {
  readonly kind: 'read' | 'write';
  /** Ends the wait for a connection as well as the exchange. */
  readonly signal: AbortSignal;
  /** Monotonic time after which a request that was not sent yet must not be sent any more. */
  readonly sendBy?: Milliseconds;
}

export interface Connections {
  /** Sends one request. Rejects with `network`, `timeout` (the signal) or `expired-unsent`. */
  send(request: HttpRequest, options: SendOptions): Promise<HttpAnswer>;
  /** Opens connections until there are `count`; closes none, as a claim may be on it. */
  grow(count: number): void;
  /** How many reads are sent at the same time. */
  readLimit(): number;
  /** Those that are open, and all that are kept. */
  count(): { readonly open: number; readonly kept: number };
  /** How long the connection idle for longest has been idle; 0 if none is idle. */
  longestIdle(): Milliseconds;
  close(): void;
}

export interface ConnectionsOptions {
  /** `https://host[:port]`. */
  readonly origin: string;
  readonly count: number;
  readonly openTimeout: Milliseconds;
  /** Replaced in specs. */
  readonly connect?: typeof createConnection;
}

interface Waiting {
  readonly options: SendOptions;
  readonly take: (connection: Connection) => void;
  readonly fail: (reason: unknown) => void;
}

/** Opens `count` connections and keeps them open until `close`. */
export function createConnections(options: ConnectionsOptions): Connections {
  const connect = options.connect ?? createConnection;
  const connections: Connection[] = [];
  let waiting: Waiting[] = [];
  let reads = 0;

  const readLimit = () => Math.max(1, Math.floor(connections.length / 2));
  const idle = () => connections.filter((connection) => connection.state() === 'idle');

  function pick(kind: SendOptions['kind']): Connection | undefined {
    if (kind === 'read' && reads >= readLimit()) return undefined;
    const older = kind === 'read' ? 1 : -1;
    return idle().sort((a, b) => older * (a.lastUsed() - b.lastUsed()))[0];
  }

  function dispatch(): void {
    for (const kind of ['write', 'read'] as const) {
      for (const next of waiting.filter((entry) => entry.options.kind === kind)) {
        const connection = pick(kind);
        if (!connection) break;
        waiting = waiting.filter((entry) => entry !== next);
        next.take(connection);
      }
    }
  }

  function changed(fault?: OciFault): void {
    const hopeless = connections.every((connection) => connection.state() === 'broken');
    // Waiting longer would only hide the reason behind a timeout.
    if (fault && hopeless) for (const entry of waiting.splice(0)) entry.fail(fault);
    else dispatch();
  }

  async function run(connection: Connection, request: HttpRequest, { kind, signal }: SendOptions): Promise<HttpAnswer> {
    if (kind === 'read') reads += 1;
    try {
      return await connection.send(request, signal);
    } finally {
      if (kind === 'read') reads -= 1;
      dispatch();
    }
  }

  const pool: Connections = {
    send(request, sendOptions) {
      const { kind, signal, sendBy } = sendOptions;
      if (signal.aborted) return Promise.reject(signal.reason);
      if (sendBy !== undefined && monotonic() > sendBy) return Promise.reject(unsent());
      const free = pick(kind);
      if (free) return run(free, request, sendOptions);
      return new Promise((resolve, reject) => {
        const entry: Waiting = {
          options: sendOptions,
          take(connection) {
            settle();
            run(connection, request, sendOptions).then(resolve, reject);
          },
          fail(reason) {
            settle();
            waiting = waiting.filter((other) => other !== entry);
            reject(reason);
          },
        };
        const aborted = () => entry.fail(signal.reason);
        const timer = sendBy === undefined ? undefined : setTimeout(() => entry.fail(unsent()), sendBy - monotonic());
        timer?.unref();
        const settle = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', aborted);
        };
        signal.addEventListener('abort', aborted, { once: true });
        waiting.push(entry);
        if (connections.every((connection) => connection.state() === 'broken')) connections[0]?.openNow();
      });
    },
    grow(count) {
      const { origin, openTimeout } = options;
      while (connections.length < count) connections.push(connect({ origin, openTimeout, onChange: changed }));
    },
    readLimit,
    count() {
      const open = connections.filter((connection) => ['idle', 'busy'].includes(connection.state()));
      return { open: open.length, kept: connections.length };
    },
    longestIdle() {
      const since = idle().map((connection) => connection.lastUsed());
      return since.length === 0 ? 0 : monotonic() - Math.min(...since);
    },
    close() {
      for (const connection of connections.splice(0)) connection.close();
      for (const entry of waiting.splice(0)) entry.fail(new OciFault('network', 'the OCI side was closed'));
    },
  };
  pool.grow(options.count);
  return pool;
}

function unsent(): OciFault {
  return new OciFault('expired-unsent', 'the write waited more than 500 ms for a connection and was not sent');
}
