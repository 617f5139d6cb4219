import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TransportPath } from './transport.ts';
import { createUdpTransport, type UdpTransport, type UdpTransportOptions } from './udp.ts';

// All of 127/8 is on the loopback device, so every node has addresses of its own.
const A = '127.81.12.1';
const B = '127.81.12.2';
const C = '127.81.12.3';
const STRANGER = '127.81.12.9';
/** TEST-NET-1 (RFC 5737): on no machine. */
const MISSING = '192.0.2.1';

const path = (id: string, local: string, peer: string, peerName = id): TransportPath => ({ id, local, peer, peerName });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let port: number;
let log: string[];
let transports: UdpTransport[];
let sockets: Socket[];

beforeEach(async () => {
  log = [];
  transports = [];
  sockets = [];
  const probe = createSocket('udp4').bind(0, STRANGER);
  await once(probe, 'listening');
  ({ port } = probe.address());
  probe.close();
});

afterEach(async () => {
  await Promise.all(transports.map((transport) => transport.close()));
  for (const socket of sockets) socket.close();
});

function open(name: string, paths: readonly TransportPath[], options: Partial<UdpTransportOptions> = {}): UdpTransport {
  const transport = createUdpTransport({
    paths,
    port,
    now: () => 42,
    onDatagram: (datagram) => {
      const { pathId, source, destination, receivedAt } = datagram;
      log.push(
        `${name} ${pathId} ${source} > ${destination} ${new TextDecoder().decode(datagram.bytes)} @${receivedAt}`,
      );
    },
    onError: ({ pathId, code }) => log.push(`${name} ${pathId} ${code}`),
    ...options,
  });
  transports.push(transport);
  return transport;
}

async function plainSocket(address: string, atPort: number): Promise<Socket> {
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.bind({ address, port: atPort, exclusive: true });
  await once(socket, 'listening');
  return socket;
}

const logged = (...lines: string[]) => vi.waitFor(() => expect(log).toEqual(lines));

describe('paths that are open', () => {
  it('carry datagrams both ways, several on one local address', async () => {
    const a = open('a', [path('b', A, B), path('c', A, C)]);
    const b = open('b', [path('a', B, A)]);
    const c = open('c', [path('a', C, A)]);
    await Promise.all([a.opened(), b.opened(), c.opened()]);
    expect(a.isOpen('b') && a.isOpen('c') && b.isOpen('a')).toBe(true);

    a.send('b', bytes('one'));
    await logged(`b a ${A} > ${B} one @42`);
    log = [];
    b.send('a', bytes('two'));
    await logged(`a b ${B} > ${A} two @42`);
    log = [];
    a.sendAll('c', bytes('three'));
    await logged(`c a ${A} > ${C} three @42`);
    log = [];
    a.sendAll(undefined, ({ peerName }) => bytes(`for ${peerName}`));
    await vi.waitFor(() => expect([...log].sort()).toEqual([`b a ${A} > ${B} for b @42`, `c a ${A} > ${C} for c @42`]));
  });

  it.runIf(Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1')))(
    'may be IPv6',
    async () => {
      // One address only, so the socket is its own peer.
      const a = open('a', [path('self', '0:0::1', '::1')]);
      await a.opened();
      a.send('self', bytes('six'));
      await logged('a self ::1 > ::1 six @42');
    },
  );

  it('hear no stranger, neither from another address nor from another port', async () => {
    const a = open('a', [path('b', A, B)]);
    const b = open('b', [path('a', B, A)]);
    await Promise.all([a.opened(), b.opened()]);
    const elsewhere = await plainSocket(STRANGER, port);
    const otherPort = await plainSocket(B, 0);
    elsewhere.send('x', port, A);
    otherPort.send('x', port, A);
    b.send('a', bytes('friend'));
    await logged(`a b ${B} > ${A} friend @42`);
  });

  it('drop, and report, what a stranger queued before they were connected', async () => {
    const elsewhere = await plainSocket(STRANGER, port);
    const otherPort = await plainSocket(B, 0);
    const configureSocket: UdpTransportOptions['configureSocket'] = (_descriptor, stage) => {
      if (stage === 'connected') return;
      elsewhere.send('x', port, A);
      otherPort.send('y', port, A);
    };
    const a = open('a', [path('b', A, B)], { configureSocket });
    await a.opened();
    await logged('a b stranger', 'a b stranger');
  });

  it('hand a datagram that a sibling got before it was connected to the path it belongs to', async () => {
    const b = await plainSocket(B, port);
    const c = await plainSocket(C, port);
    let bound = 0;
    const configureSocket: UdpTransportOptions['configureSocket'] = (_descriptor, stage) => {
      if (stage === 'connected') return;
      bound += 1;
      if (bound < 2) return;
      b.send('early', port, A);
      c.send('early', port, A);
    };
    const a = open('a', [path('b', A, B), path('c', A, C)], { configureSocket });
    await a.opened();
    await vi.waitFor(() => expect([...log].sort()).toEqual([`a b ${B} > ${A} early @42`, `a c ${C} > ${A} early @42`]));
  });
});

describe('a dead peer', () => {
  it('is reported, and eats no second datagram', async () => {
    const a = open('a', [path('b', A, B)]);
    await a.opened();
    const peer = createSocket('udp4');
    sockets.push(peer);
    peer.on('message', (message) => log.push(`peer ${message}`));
    // Node binds in the next tick: the first datagram finds nobody, and its refusal is what the second send gets.
    peer.bind({ address: B, port, exclusive: true });
    a.send('b', bytes('first'));
    a.send('b', bytes('second'));
    await logged('a b refused', 'peer second');
  });

  it('has a datagram sent again only once', async () => {
    const a = open('a', [path('b', A, B)]);
    await a.opened();
    for (const text of ['1', '2', '3']) a.send('b', bytes(text));
    // 1 is refused, 2 reports it, 3 is refused, 2 again reports that; nothing is left to be reported by a receive.
    await logged('a b refused', 'a b refused');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log).toEqual(['a b refused', 'a b refused']);
    expect(a.isOpen('b')).toBe(true);
  });

  it('is also reported by a receive', async () => {
    const a = open('a', [path('b', A, B)]);
    await a.opened();
    a.send('b', bytes('1'));
    await logged('a b refused');
  });
});

describe('a path that cannot open', () => {
  it('does not hold up the others, and is tried again', async () => {
    const a = open('a', [path('gone', MISSING, B), path('b', A, B)], { retryInterval: 10 });
    const b = open('b', [path('a', B, A)]);
    await Promise.all([a.opened(), b.opened()]);
    expect([a.isOpen('gone'), a.isOpen('b'), a.isOpen('nowhere')]).toEqual([false, true, false]);
    a.send('gone', bytes('lost'));
    a.send('nowhere', bytes('lost'));
    a.send('b', bytes('there'));
    await vi.waitFor(() => expect(log.filter((line) => line === 'a gone address-missing').length).toBeGreaterThan(2));
    expect(log).toContain(`b a ${A} > ${B} there @42`);
  });

  it('opens when the port becomes free', async () => {
    const other = createSocket('udp4').bind({ address: A, port, exclusive: true });
    await once(other, 'listening');
    const a = open('a', [path('b', A, B)], { retryInterval: 10 });
    await a.opened();
    expect(a.isOpen('b')).toBe(false);
    expect(log).toEqual(['a b port-taken']);
    other.close();
    await vi.waitFor(() => expect(a.isOpen('b')).toBe(true));
  });

  it('opens at once when told that something changed', async () => {
    const other = createSocket('udp4').bind({ address: A, port, exclusive: true });
    await once(other, 'listening');
    const a = open('a', [path('b', A, B)], { retryInterval: 3_600_000 });
    await a.opened();
    other.close();
    a.rebind();
    await vi.waitFor(() => expect(a.isOpen('b')).toBe(true));
  });

  it('is bound anew with its siblings when its address is named, and works on', async () => {
    const stages: string[] = [];
    const a = open('a', [path('b', A, B), path('c', A, C)], {
      configureSocket: (_descriptor, stage, { id }) => stages.push(`${stage} ${id}`),
    });
    const b = open('b', [path('a', B, A)]);
    await Promise.all([a.opened(), b.opened()]);
    a.rebind(STRANGER);
    expect(a.isOpen('b')).toBe(true);
    stages.length = 0;
    a.rebind(A);
    a.rebind(A);
    expect(a.isOpen('b')).toBe(false);
    await vi.waitFor(() => expect(stages.slice(-2)).toEqual(['connected b', 'connected c']));
    b.send('a', bytes('again'));
    await logged(`a b ${B} > ${A} again @42`);
  });
});

describe('the configuration hook', () => {
  it('hears of all sockets of an address when bound, then of each when connected', async () => {
    const calls: string[] = [];
    const descriptors = new Set<number>();
    const a = open('a', [path('b', A, B), path('c', A, C)], {
      configureSocket: (descriptor, stage, { id }) => {
        descriptors.add(descriptor);
        calls.push(`${stage} ${id}`);
      },
    });
    await a.opened();
    expect(calls).toEqual(['bound b', 'bound c', 'connected b', 'connected c']);
    expect(descriptors.size).toBe(2);
    expect([...descriptors].every((descriptor) => Number.isInteger(descriptor) && descriptor > 2)).toBe(true);
  });

  it('closes a path by failing when it is bound, until it succeeds', async () => {
    const failures = [new Error('no'), Object.assign(new Error('no'), { code: 'ENODEV' })];
    const a = open('a', [path('b', A, B)], {
      retryInterval: 10,
      configureSocket: () => {
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
      },
    });
    await a.opened();
    expect(a.isOpen('b')).toBe(false);
    await vi.waitFor(() => expect(a.isOpen('b')).toBe(true));
    expect(log).toEqual(['a b configuration', 'a b device-missing']);
  });

  it('is only reported when it fails later', async () => {
    const a = open('a', [path('b', A, B)], {
      configureSocket: (_descriptor, stage) => {
        if (stage === 'connected') throw new Error('no');
      },
    });
    await a.opened();
    expect(a.isOpen('b')).toBe(true);
    expect(log).toEqual(['a b configuration']);
  });
});

describe('closing', () => {
  it('ends everything, even what is being opened', async () => {
    const a = open('a', [path('b', A, B), path('gone', MISSING, B)], { retryInterval: 10 });
    await Promise.all([a.close(), a.close()]);
    log = [];
    a.rebind(A);
    a.send('b', bytes('late'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(log).toEqual([]);
    expect(a.isOpen('b')).toBe(false);
    await plainSocket(A, port);
  });

  it('survives being told to bind anew while it opens', async () => {
    const a = open('a', [path('b', A, B)]);
    a.rebind(A);
    a.rebind(A);
    await a.opened();
    await vi.waitFor(() => expect(a.isOpen('b')).toBe(true));
    a.rebind(A);
    await a.close();
    expect(a.isOpen('b')).toBe(false);
  });
});
