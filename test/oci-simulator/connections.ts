/** Numbers connections, counts what each carried, and closes the API's idle ones. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { monotonicNow } from './clock.ts';
import { sourceOf } from './listener.ts';
import type { OpenHandshake, Records } from './records.ts';

export interface Connection {
  readonly id: number;
  readonly source: string;
  /** How many requests arrived on it. */
  requests: number;
  /** Only of a TLS connection. */
  readonly handshake?: OpenHandshake;
}

export interface Connections {
  plain(socket: Socket): void;
  /** After its handshake. */
  secure(socket: TLSSocket): void;
  /** The connection a request came on, counted. */
  of(request: IncomingMessage, response: ServerResponse): Connection;
}

export function createConnections(
  records: Records,
  instanceOf: (source: string) => string | null,
  idleTimeout: () => number,
): Connections {
  const known = new WeakMap<Socket, Connection>();
  const timers = new WeakMap<Socket, NodeJS.Timeout>();
  let ids = 0;

  function add(socket: Socket, handshake?: OpenHandshake): Connection {
    const connection = { id: ids, source: sourceOf(socket), requests: 0, ...(handshake ? { handshake } : {}) };
    known.set(socket, connection);
    return connection;
  }

  function armIdleTimer(socket: Socket): void {
    clearTimeout(timers.get(socket));
    const timer = setTimeout(() => socket.destroy(), idleTimeout());
    timers.set(socket, timer.unref());
  }

  return {
    plain(socket) {
      ids++;
      add(socket);
    },
    secure(socket) {
      const source = sourceOf(socket);
      const handshake = records.addHandshake({
        connection: ++ids,
        at: monotonicNow(),
        source,
        instance: instanceOf(source),
        resumed: socket.isSessionReused(),
        serverName: typeof socket.servername === 'string' ? socket.servername : null,
        requests: 0,
        closedAt: null,
      });
      add(socket, handshake);
      armIdleTimer(socket);
      socket.on('close', () => {
        clearTimeout(timers.get(socket));
        handshake.closedAt = monotonicNow();
      });
    },
    of(request, response) {
      const { socket } = request;
      const connection = known.get(socket) ?? add(socket);
      connection.requests++;
      if (connection.handshake) {
        connection.handshake.requests++;
        clearTimeout(timers.get(socket));
        response.on('finish', () => armIdleTimer(socket));
      }
      return connection;
    },
  };
}
