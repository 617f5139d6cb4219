/**
 * A TCP listener in front of a server, so that connections can be refused, dropped or left hanging before TLS or HTTP
 * see them, and so that every socket can be destroyed.
 */
import { createServer, type Socket } from 'node:net';
import type { ListenAddress, Reachability } from './types.ts';

export interface Listener {
  /** Brings the listener in line with what `reachability` says now. */
  apply(): Promise<void>;
  address(): ListenAddress;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly listen: ListenAddress;
  /** `source` undefined: the listener as a whole. */
  readonly reachability: (source: string | undefined) => Reachability;
  readonly deliver: (socket: Socket) => void;
}

/** Opens the listener, whatever the reachability, and remembers the port it got. */
export async function openListener({ listen, reachability, deliver }: ListenerOptions): Promise<Listener> {
  const sockets = new Map<Socket, string>();
  const parked = new Set<Socket>();
  let bound = listen;
  const server = createServer({ noDelay: true, pauseOnConnect: true }, (socket) => {
    const source = sourceOf(socket);
    sockets.set(socket, source);
    socket.on('close', () => {
      sockets.delete(socket);
      parked.delete(socket);
    });
    socket.on('error', () => undefined);
    const state = reachability(source);
    if (state === 'up') pass(socket);
    else if (state === 'hanging') parked.add(socket);
    else socket.resetAndDestroy();
  });

  function pass(socket: Socket): void {
    deliver(socket);
    socket.resume();
  }

  const open = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: bound.host, port: bound.port }, () => {
        server.off('error', reject);
        const address = server.address();
        if (address !== null && typeof address === 'object') bound = { host: listen.host, port: address.port };
        resolve();
      });
    });
  const shut = () => new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));

  await open();
  // Changes follow one another: closing and opening the same port must not cross.
  let changes: Promise<void> = Promise.resolve();

  async function change(): Promise<void> {
    const all = reachability(undefined);
    for (const [socket, source] of sockets) {
      const state = reachability(source);
      if (state === 'refused' || state === 'dropped') socket.resetAndDestroy();
      else if (state === 'up' && parked.delete(socket)) pass(socket);
    }
    if (all === 'refused') await shut();
    else if (!server.listening) await open();
  }

  return {
    apply() {
      changes = changes.then(change);
      return changes;
    },
    address: () => bound,
    async close() {
      await changes;
      const closed = shut();
      for (const socket of sockets.keys()) socket.destroy();
      await closed;
    },
  };
}

/** The peer's address, IPv4 in its own form. */
export function sourceOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
