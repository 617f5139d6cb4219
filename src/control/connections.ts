import type { Socket } from 'node:net';

/** Who may stay connected. A connection waits for its client, or the daemon works for it. */
export interface Connections {
  /**
   * Takes a new connection in. When there are too many, the one that has waited longest for its client has to go, so that
   * clients that say nothing keep nobody out. False: each of them is worked for, and the new one has to go.
   */
  admit(socket: Socket): boolean;
  /** The daemon works for a request of this connection until the function that is answered is called. */
  work(socket: Socket): () => void;
}

/** @param limit connections at a time */
export function createConnections(limit: number): Connections {
  /** How many requests of it are worked for; in the order in which they began to wait, the working ones anywhere. */
  const working = new Map<Socket, number>();

  function longestWaiting(): Socket | undefined {
    for (const [socket, requests] of working) if (requests === 0) return socket;
    return undefined;
  }

  return {
    admit(socket) {
      if (working.size >= limit) {
        const idle = longestWaiting();
        if (idle === undefined) return false;
        working.delete(idle);
        idle.destroy();
      }
      working.set(socket, 0);
      socket.once('close', () => working.delete(socket));
      return true;
    },
    work(socket) {
      working.set(socket, (working.get(socket) ?? 0) + 1);
      let done = false;
      return () => {
        const requests = working.get(socket);
        if (done || requests === undefined) return;
        done = true;
        // To the end: it begins to wait anew.
        working.delete(socket);
        working.set(socket, requests - 1);
      };
    },
  };
}
