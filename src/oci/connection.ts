/**
 * One warm connection to the network API: opened ahead of need, opened again as soon as it drops, one request at a time.
 *
 * An agent of node:http(s) runs the HTTP side; this file hands it the socket, because an agent opens sockets only when
 * a request is already waiting. (undici's Client does the same and costs 10 ms of load and 3 MB more in the worker.)
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { backoff, monotonic, withDeadline } from './deadline.ts';
import { faultOfNetwork, type OciFault } from './errors.ts';
import { exchange, type HttpAnswer, type HttpRequest } from './exchange.ts';
import type { Milliseconds } from './types.ts';

/** `broken`: waiting to be opened again. */
export type ConnectionState = 'opening' | 'idle' | 'busy' | 'broken' | 'closed';

export interface Connection {
  state(): ConnectionState;
  /** When it was opened or last brought an answer, on the monotonic clock. */
  lastUsed(): Milliseconds;
  /** Sends one request. Only while `idle`. */
  send(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer>;
  /** Ends the pause before the next attempt to open, if there is one. */
  openNow(): void;
  close(): void;
}

export interface ConnectionOptions {
  /** `https://host[:port]`. */
  readonly origin: string;
  /** Limit for DNS, TCP and TLS together. */
  readonly openTimeout: Milliseconds;
  /** Called after every change of state; with the fault when opening failed. */
  readonly onChange: (fault?: OciFault) => void;
}

/** A connection that lived shorter than this counts as a failed attempt, so that a server that only accepts is not hammered. */
const SHORT_LIFE: Milliseconds = 1_000;

/** Starts opening a connection at once. */
export function createConnection(options: ConnectionOptions): Connection {
  const origin = new URL(options.origin);
  const agent = createAgent(origin, () => socket);
  let socket: Socket | undefined;
  let state: ConnectionState = 'opening';
  let openedAt: Milliseconds = 0;
  let lastUsed: Milliseconds = 0;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  function change(next: ConnectionState, fault?: OciFault): void {
    if (state === 'closed') return;
    state = next;
    options.onChange(fault);
  }

  async function open(): Promise<void> {
    clearTimeout(timer);
    change('opening');
    try {
      const opened = await withDeadline(`connecting to ${origin.host}`, options.openTimeout, (signal) =>
        openSocket(origin, signal),
      );
      if (state === 'closed') return void opened.destroy();
      socket = opened;
      openedAt = lastUsed = monotonic();
      const gone = () => {
        // While busy the request ends first and then sees it. And one given up closes after its successor has opened.
        if (socket === opened && state === 'idle') reopen();
      };
      // The other end says goodbye a little before the socket is closed: nothing may be sent in between.
      opened.once('end', gone);
      opened.once('close', gone);
      change('idle');
    } catch (error) {
      reopen(faultOfNetwork('connecting', origin.host, error));
    }
  }

  /** Gives the socket up and opens another: the first time at once, then with growing pauses until a connection holds. */
  function reopen(fault?: OciFault): void {
    if (state === 'closed') return;
    socket?.destroy();
    if (socket && monotonic() - openedAt > SHORT_LIFE) failures = 0;
    socket = undefined;
    const delay = failures === 0 && !fault ? 0 : backoff(failures, Math.random());
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(() => void open(), delay);
    timer.unref();
    change('broken', fault);
  }

  void open();
  return {
    state: () => state,
    lastUsed: () => lastUsed,
    async send(request, signal) {
      change('busy');
      try {
        const answer = await exchange(request, signal, agent);
        lastUsed = monotonic();
        failures = 0;
        return answer;
      } finally {
        if (socket && !socket.destroyed && socket.writable && !socket.readableEnded) change('idle');
        else reopen();
      }
    },
    openNow() {
      if (state === 'broken') void open();
    },
    close() {
      clearTimeout(timer);
      change('closed');
      socket?.destroy();
      agent.destroy();
    },
  };
}

function createAgent(origin: URL, current: () => Socket | undefined): HttpAgent {
  const settings = { keepAlive: true, maxSockets: 1, maxFreeSockets: 1 };
  const agent = origin.protocol === 'https:' ? new HttpsAgent(settings) : new HttpAgent(settings);
  const hand = (_options: unknown, callback?: (error: Error) => void) => {
    const socket = current();
    if (socket) return socket;
    // Closed between the pick and the send.
    callback?.(Object.assign(new Error('the connection is closed'), { code: 'ECONNRESET' }));
    return undefined;
  };
  return Object.assign(agent, { createConnection: hand });
}

/** DNS, TCP and TLS. The socket is ready to be written when this resolves. */
function openSocket(origin: URL, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = origin.protocol === 'https:';
    const host = origin.hostname.replace(/^\[|\]$/g, '');
    const port = Number(origin.port || (secure ? 443 : 80));
    const socket = secure
      ? tlsConnect({ host, port, ALPNProtocols: ['http/1.1'], ...(isIP(host) ? {} : { servername: host }) })
      : netConnect({ host, port });
    socket.setNoDelay(true);
    // Finds a peer that vanished without a word while the connection idles.
    socket.setKeepAlive(true, 10_000);
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
    // Stays for the socket's life: an idle socket's error has no other listener, and its `close` tells enough.
    socket.on('error', reject);
  });
}
