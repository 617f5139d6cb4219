import type { PathTransport } from '../../src/agent/router-types.ts';
import type { DatagramListener, TransportPath } from '../../src/dgram-vrrp/index.ts';
import type { Chance } from './chance.ts';
import type { Process } from './process.ts';
import type { VirtualTime } from './virtual-time.ts';

/** What happens to datagrams from one router to another on one path. */
export interface PathConditions {
  cut: boolean;
  /** Parts, 0 to 1. */
  loss: number;
  duplication: number;
  /** Drawn for each datagram, milliseconds, so they may overtake each other. */
  least: number;
  most: number;
}

/** What a path does without a fault. */
export const CALM: Readonly<PathConditions> = { cut: false, loss: 0, duplication: 0, least: 0.1, most: 0.6 };

export interface SimulatedNetwork {
  attach(name: string, process: Process, paths: readonly TransportPath[], receive: DatagramListener): PathTransport;
  conditions(from: string, to: string, path: number): PathConditions;
  /** Sent, lost, doubled, and arrived at a full buffer. */
  readonly counts: { sent: number; lost: number; duplicated: number; overflowed: number };
}

interface Receiver {
  readonly process: Process;
  readonly receive: DatagramListener;
}

export function createNetwork({ time, chance }: { time: VirtualTime; chance: Chance }): SimulatedNetwork {
  const all = new Map<string, PathConditions>();
  const receivers = new Map<string, Receiver>();
  const counts = { sent: 0, lost: 0, duplicated: 0, overflowed: 0 };

  function conditions(from: string, to: string, path: number): PathConditions {
    const key = `${from} ${to} ${path}`;
    const known = all.get(key) ?? { ...CALM };
    all.set(key, known);
    return known;
  }

  return {
    conditions,
    counts,
    attach(name, process, paths, receive) {
      receivers.set(name, { process, receive });
      const ways = new Map(
        paths.map((path) => {
          const index = Number(path.id.split('/')[1]);
          const way = conditions(name, path.peerName, index);
          return [path.id, { path, way, pathId: `${name}/${index}` }] as const;
        }),
      );
      const transport: PathTransport = {
        paths,
        send(pathId, bytes) {
          const found = ways.get(pathId);
          if (found === undefined || !process.isAlive()) return;
          const { way, path } = found;
          counts.sent += 1;
          if (way.cut || (way.loss > 0 && chance.happens(way.loss))) {
            counts.lost += 1;
            return;
          }
          const copies = way.duplication > 0 && chance.happens(way.duplication) ? 2 : 1;
          counts.duplicated += copies - 1;
          for (let copy = 0; copy < copies; copy += 1) {
            time.after(chance.between(way.least, way.most), () => arrive(found.pathId, path, bytes));
          }
        },
        sendAll(peerName, payload) {
          for (const path of paths) {
            if (peerName !== undefined && path.peerName !== peerName) continue;
            transport.send(path.id, typeof payload === 'function' ? payload(path) : payload);
          }
        },
        opened: async () => {},
        rebind: () => {},
        close: async () => {},
      };
      return transport;
    },
  };

  function arrive(pathId: string, path: TransportPath, bytes: Uint8Array): void {
    const receiver = receivers.get(path.peerName);
    if (receiver === undefined) return;
    const { process, receive } = receiver;
    const read = () =>
      receive({ pathId, source: path.local, destination: path.peer, bytes, receivedAt: process.clock.now() });
    if (!process.datagram(pathId, read)) counts.overflowed += 1;
  }
}
