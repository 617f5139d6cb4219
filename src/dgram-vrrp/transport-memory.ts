import { canonicalAddress } from './address.ts';
import type { Milliseconds } from './timing.ts';
import { type DatagramListener, sendToAll, type Transport, type TransportPath } from './transport.ts';

/** What may happen to a datagram on its way. */
export interface NetworkFaults {
  /** Part of the datagrams that get lost, 0 to 1. */
  readonly loss: number;
  /** Part of those delivered that arrive twice, 0 to 1. */
  readonly duplication: number;
  /** Drawn for each datagram, so they may overtake each other. */
  readonly latency: { readonly min: Milliseconds; readonly max: Milliseconds };
}

export interface MemoryNetworkOptions {
  /** Monotonic; the simulation's clock. */
  readonly now: () => Milliseconds;
  /** 0 to below 1; seeded, so that a run can be repeated. */
  readonly random: () => number;
}

/** A network in memory in which several transports really talk. Without faults it delivers at once and in order. */
export interface MemoryNetwork {
  attach(paths: readonly TransportPath[], onDatagram: DatagramListener): Transport;
  setFaults(faults: Partial<NetworkFaults>): void;
  /** Lose everything from one address to another; the way back stays open. What is on its way still arrives. */
  cut(from: string, to: string): void;
  heal(from: string, to: string): void;
  /** When the next datagram arrives. */
  nextDeadline(): Milliseconds | undefined;
  /** Hand over every datagram due by now, in the order of arrival, and those sent in answer if due as well. */
  deliver(): void;
}

interface InFlight {
  readonly arrival: Milliseconds;
  readonly source: string;
  readonly destination: string;
  readonly bytes: Uint8Array;
}

export function createMemoryNetwork({ now, random }: MemoryNetworkOptions): MemoryNetwork {
  let faults: NetworkFaults = { loss: 0, duplication: 0, latency: { min: 0, max: 0 } };
  /** Sorted by arrival; equal ones in the order of sending. */
  const inFlight: InFlight[] = [];
  const cuts = new Set<string>();
  const receivers = new Map<string, (datagram: InFlight) => void>();

  function transmit(source: string, destination: string, bytes: Uint8Array): void {
    const copies = random() < faults.loss ? 0 : random() < faults.duplication ? 2 : 1;
    if (cuts.has(directionOf(source, destination))) return;
    for (let copy = 0; copy < copies; copy++) {
      const { min, max } = faults.latency;
      enqueue({ arrival: now() + min + random() * (max - min), source, destination, bytes: bytes.slice() });
    }
  }

  function enqueue(datagram: InFlight): void {
    const later = inFlight.findIndex(({ arrival }) => arrival > datagram.arrival);
    inFlight.splice(later === -1 ? inFlight.length : later, 0, datagram);
  }

  return {
    attach(paths, onDatagram) {
      const own = paths.map((path) => ({ path, local: canonical(path.local), peer: canonical(path.peer) }));
      const byId = new Map(own.map((entry) => [entry.path.id, entry]));
      const listening = new Map(
        own.map(({ path, local, peer }) => [
          directionOf(peer, local),
          ({ source, destination, bytes }: InFlight) => {
            onDatagram({ pathId: path.id, source, destination, bytes, receivedAt: now() });
          },
        ]),
      );
      for (const [direction, receive] of listening) receivers.set(direction, receive);
      let closed = false;
      const transport: Transport = {
        paths,
        send(pathId, bytes) {
          const entry = byId.get(pathId);
          if (entry !== undefined && !closed) transmit(entry.local, entry.peer, bytes);
        },
        sendAll: (peerName, payload) => sendToAll(transport, peerName, payload),
        async close() {
          if (closed) return;
          closed = true;
          // Unless another transport took the addresses over since.
          for (const [direction, receive] of listening) {
            if (receivers.get(direction) === receive) receivers.delete(direction);
          }
        },
      };
      return transport;
    },
    setFaults(changes) {
      faults = { ...faults, ...changes };
    },
    cut(from, to) {
      cuts.add(directionOf(canonical(from), canonical(to)));
    },
    heal(from, to) {
      cuts.delete(directionOf(canonical(from), canonical(to)));
    },
    nextDeadline: () => inFlight[0]?.arrival,
    deliver() {
      for (let next = inFlight[0]; next !== undefined && next.arrival <= now(); next = inFlight[0]) {
        inFlight.shift();
        receivers.get(directionOf(next.source, next.destination))?.(next);
      }
    },
  };
}

function directionOf(source: string, destination: string): string {
  return `${source} ${destination}`;
}

function canonical(address: string): string {
  return canonicalAddress(address) ?? address;
}
