import { beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedDatagram, Transport, TransportPath } from './transport.ts';
import { createMemoryNetwork, type MemoryNetwork } from './transport-memory.ts';

const path = (id: string, local: string, peer: string, peerName: string): TransportPath => ({
  id,
  local,
  peer,
  peerName,
});

const A_PATHS = [
  path('b-0', '10.0.0.1', '10.0.0.2', 'b'),
  path('b-1', '2001:db8:0::1', '2001:db8::2', 'b'),
  path('c-0', '10.0.0.1', '10.0.0.3', 'c'),
];
const B_PATHS = [path('a-0', '10.0.0.2', '10.0.0.1', 'a'), path('a-1', '2001:db8::2', '2001:db8::1', 'a')];
const C_PATHS = [path('a-0', '10.0.0.3', '10.0.0.1', 'a')];

let time: number;
let draws: number[];
let network: MemoryNetwork;
let log: string[];
let a: Transport;
let b: Transport;

function attach(
  name: string,
  paths: readonly TransportPath[],
  answer?: (datagram: ReceivedDatagram) => void,
): Transport {
  return network.attach(paths, (datagram) => {
    log.push(`${datagram.receivedAt} ${name} ${datagram.pathId} from ${datagram.source}: ${datagram.bytes}`);
    answer?.(datagram);
  });
}

function run(until: number): void {
  for (let next = network.nextDeadline(); next !== undefined && next <= until; next = network.nextDeadline()) {
    time = Math.max(time, next);
    network.deliver();
  }
  time = until;
}

beforeEach(() => {
  time = 0;
  draws = [];
  log = [];
  network = createMemoryNetwork({ now: () => time, random: () => draws.shift() ?? 0.5 });
  a = attach('a', A_PATHS);
  b = attach('b', B_PATHS);
  attach('c', C_PATHS);
});

describe('the network in memory', () => {
  it('carries a datagram on one path, on every path to a peer, and to everybody', () => {
    a.send('b-0', Uint8Array.of(1));
    a.sendAll('b', Uint8Array.of(2));
    a.sendAll(undefined, ({ id }) => Uint8Array.of(id === 'c-0' ? 3 : 4));
    expect(log).toEqual([]);
    run(0);
    expect(log).toEqual([
      '0 b a-0 from 10.0.0.1: 1',
      '0 b a-0 from 10.0.0.1: 2',
      '0 b a-1 from 2001:db8::1: 2',
      '0 b a-0 from 10.0.0.1: 4',
      '0 b a-1 from 2001:db8::1: 4',
      '0 c a-0 from 10.0.0.1: 3',
    ]);
  });

  it('delivers answers given while it delivers', () => {
    b.close();
    b = attach('b', B_PATHS, ({ pathId }) => b.send(pathId, Uint8Array.of(9)));
    a.send('b-0', Uint8Array.of(1));
    run(0);
    expect(log).toEqual(['0 b a-0 from 10.0.0.1: 1', '0 a b-0 from 10.0.0.2: 9']);
  });

  it('copies what is sent, as a kernel does', () => {
    const bytes = Uint8Array.of(1);
    a.send('b-0', bytes);
    bytes[0] = 2;
    run(0);
    expect(log).toEqual(['0 b a-0 from 10.0.0.1: 1']);
  });

  it('takes its time, and lets datagrams overtake', () => {
    network.setFaults({ latency: { min: 10, max: 20 } });
    draws = [0.9, 0.9, 0.8, 0.9, 0.9, 0.2];
    a.send('b-0', Uint8Array.of(1));
    a.send('b-0', Uint8Array.of(2));
    expect(network.nextDeadline()).toBe(12);
    run(30);
    expect(log).toEqual(['12 b a-0 from 10.0.0.1: 2', '18 b a-0 from 10.0.0.1: 1']);
  });

  it('loses and doubles as the draw says', () => {
    network.setFaults({ loss: 0.25, duplication: 0.5 });
    draws = [0.2, 0.3, 0.4, 0, 0, 0.3, 0.6, 0];
    for (const value of [1, 2, 3]) a.send('b-0', Uint8Array.of(value));
    run(0);
    expect(log.map((line) => line.slice(-1))).toEqual(['2', '2', '3']);
  });

  it('cuts one way', () => {
    network.cut('2001:db8::0:1', '2001:db8::2');
    a.sendAll('b', Uint8Array.of(1));
    b.sendAll('a', Uint8Array.of(2));
    run(0);
    expect(log).toEqual(['0 b a-0 from 10.0.0.1: 1', '0 a b-0 from 10.0.0.2: 2', '0 a b-1 from 2001:db8::2: 2']);
    log = [];
    network.heal('2001:db8::1', '2001:db8::2');
    a.send('b-1', Uint8Array.of(3));
    run(0);
    expect(log).toEqual(['0 b a-1 from 2001:db8::1: 3']);
  });

  it('forgets a node that closed, until it comes back', async () => {
    a.send('b-0', Uint8Array.of(1));
    await b.close();
    await b.close();
    b.send('a-0', Uint8Array.of(2));
    run(0);
    expect(log).toEqual([]);
    attach('b again', B_PATHS);
    a.send('b-0', Uint8Array.of(3));
    a.send('nowhere', Uint8Array.of(4));
    run(0);
    expect(log).toEqual(['0 b again a-0 from 10.0.0.1: 3']);
  });
});
