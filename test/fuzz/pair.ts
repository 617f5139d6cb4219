/** Two whole routers that really talk, on a clock moved by hand, and whatever anybody else sends them. */
import { createObserver } from '../../src/agent/observer.ts';
import { createRouter } from '../../src/agent/router.ts';
import type { Router } from '../../src/agent/router-types.ts';
import { NOTHING_SAVED, type SavedState } from '../../src/agent/state-store.ts';
import type { DatagramListener, ReceivedDatagram } from '../../src/dgram-vrrp/index.ts';
import { createHistory, createMetrics, type LogEvent } from '../../src/observe/index.ts';
import { createCloud } from '../simulation/cloud.ts';
import { loadedFor, noCommands, ROUTERS, referenceConfig, VIPS } from '../simulation/deployment.ts';
import { createVirtualTime } from '../simulation/virtual-time.ts';

/** Kept of what was really sent, per router: enough of both kinds on every path. */
const REMEMBERED = 64;

export interface Member {
  readonly name: string;
  readonly router: Router;
  /** The receive path, as the transport calls it. */
  readonly receive: DatagramListener;
  /** The last datagrams that were meant for it, and arrived. */
  readonly heard: readonly ReceivedDatagram[];
  /** Rejected datagrams by reason. */
  readonly rejected: ReadonlyMap<string, number>;
  transitions(): number;
  /** The text of /metrics. */
  scrape(): Promise<string>;
}

export interface Pair {
  readonly members: readonly [Member, Member];
  now(): number;
  wall(): number;
  run(duration: number): Promise<void>;
}

export function createPair(): Pair {
  const config = referenceConfig(ROUTERS.slice(0, 2));
  const listeners = new Map<string, DatagramListener>();
  const memories = new Map<string, ReceivedDatagram[]>();
  const waiting: { readonly to: string; readonly datagram: ReceivedDatagram }[] = [];

  const time = createVirtualTime(async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    deliver();
  });
  const cloud = createCloud({ time, vips: VIPS, holder: 'vrouter1', latency: 5 });

  function deliver(): void {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const memory = memories.get(next.to) ?? [];
      memory.push(next.datagram);
      if (memory.length > REMEMBERED) memory.shift();
      memories.set(next.to, memory);
      listeners.get(next.to)?.(next.datagram);
    }
  }

  function createMember(name: string): Member {
    const rejected = new Map<string, number>();
    let transitions = 0;
    let saved: SavedState = NOTHING_SAVED;
    const metrics = createMetrics('fuzz', () => router.status());
    const observer = createObserver({
      metrics,
      log(event: LogEvent) {
        if (event.event === 'transition') transitions += 1;
      },
      history: createHistory(),
      wall: time.wall,
    });
    const router: Router = createRouter({
      loaded: loadedFor(name, config),
      version: 'fuzz',
      clock: time,
      random: () => 0.5,
      observer: {
        ...observer,
        rejected(peer, path, reason, at) {
          rejected.set(reason, (rejected.get(reason) ?? 0) + 1);
          observer.rejected(peer, path, reason, at);
        },
      },
      store: {
        load: () => saved,
        save(state) {
          saved = state;
        },
      },
      createTransport(paths, receive) {
        listeners.set(name, receive);
        const send = (pathId: string, bytes: Uint8Array): void => {
          const path = paths.find(({ id }) => id === pathId);
          if (path === undefined) return;
          const back = `${name}/${pathId.split('/')[1]}`;
          const datagram = { pathId: back, source: path.local, destination: path.peer, bytes, receivedAt: time.now() };
          waiting.push({ to: path.peerName ?? '', datagram });
        };
        return {
          paths,
          send,
          sendAll: () => {},
          close: async () => {},
          opened: async () => {},
          rebind: () => {},
        };
      },
      createOci: (listener) => cloud.connect(name, listener),
      runCommand: noCommands,
      interfaceState: (device) => ({ up: true, mac: `02:00:${name}:${device}` }),
    });
    return {
      name,
      router,
      receive: (datagram) => listeners.get(name)?.(datagram),
      get heard() {
        return memories.get(name) ?? [];
      },
      rejected,
      transitions: () => transitions,
      scrape: metrics.scrape,
    };
  }

  const members: readonly [Member, Member] = [createMember('vrouter1'), createMember('vrouter2')];
  for (const { router } of members) router.start();
  return { members, now: time.now, wall: time.wall, run: (duration) => time.advanceTo(time.now() + duration) };
}
