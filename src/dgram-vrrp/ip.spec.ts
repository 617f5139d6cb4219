import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createIpTransport, type IpSocketListener } from './ip.ts';
import type { SocketTransport, TransportPath } from './transport.ts';

const LOCAL = '10.0.0.2';
const PEER = '10.0.0.3';
const path: TransportPath = { id: 'b/0', local: LOCAL, peer: PEER, peerName: 'b' };
const path6: TransportPath = { id: 'b/1', local: 'fd00:0::2', peer: 'FD00::3', peerName: 'b' };
const payload = Uint8Array.of(1, 2);

/** A machine that has the addresses in `present`, and what is done to its sockets, in order. */
let present: Set<string>;
let log: string[];
let listeners: Map<string, IpSocketListener>;
let sendErrors: string[];
let transport: SocketTransport;

const failure = (errnoName: string) => Object.assign(new Error(errnoName), { code: 'unknown', errnoName });

function create(paths: readonly TransportPath[] = [path]): SocketTransport {
  transport = createIpTransport({
    paths,
    now: () => 42,
    retryInterval: 1000,
    onDatagram: ({ pathId, source, destination, ttl, bytes, receivedAt }) =>
      log.push(`${pathId} ${source} > ${destination} ttl ${ttl} [${bytes}] @${receivedAt}`),
    onError: ({ code, pathId }) => log.push(`${pathId} ${code}`),
    openSocket({ id, local }, listener) {
      if (!present.has(local)) throw failure('EADDRNOTAVAIL');
      listeners.set(id, listener);
      log.push(`open ${id}`);
      return {
        send(bytes) {
          const error = sendErrors.shift();
          log.push(`send ${id} [${bytes}]${error === undefined ? '' : ` ${error}`}`);
          if (error !== undefined) throw failure(error);
        },
        close: () => log.push(`close ${id}`),
      };
    },
  });
  return transport;
}

const receive = (id: string, source: string, destination: string) =>
  listeners.get(id)?.onDatagram({ source, destination, ttl: 255, payload });

/** What was done since the last call. */
function took(): string[] {
  const done = log;
  log = [];
  return done;
}

beforeEach(() => {
  vi.useFakeTimers();
  present = new Set([path.local, path6.local]);
  log = [];
  listeners = new Map();
  sendErrors = [];
});
afterEach(async () => {
  await transport.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('receiving', () => {
  it("hands over what comes from the path's peer to the path's own address, with its TTL", () => {
    create([path, path6]);
    took();
    receive('b/0', PEER, LOCAL);
    receive('b/1', 'fd00::3', 'fd00::2');
    expect(took()).toEqual(['b/0 10.0.0.3 > 10.0.0.2 ttl 255 [1,2] @42', 'b/1 fd00::3 > fd00::2 ttl 255 [1,2] @42']);
  });

  it.each([
    ['another source', '10.0.0.9', LOCAL],
    ['a multicast group (RX-02)', PEER, '224.0.0.18'],
    ['another address of this machine', PEER, '10.0.0.4'],
  ])('drops and reports %s', (_, source, destination) => {
    create();
    took();
    receive('b/0', source, destination);
    expect(took()).toEqual(['b/0 stranger']);
  });

  it('ignores what it sent itself (RX-06)', () => {
    create();
    took();
    receive('b/0', LOCAL, PEER);
    receive('b/0', LOCAL, '224.0.0.18');
    expect(took()).toEqual([]);
  });

  it('reports lost datagrams and pending errors, and keeps the socket', () => {
    create();
    took();
    listeners.get('b/0')?.onOverrun(7);
    listeners.get('b/0')?.onError(failure('EHOSTUNREACH'));
    expect(took()).toEqual(['b/0 overrun', 'b/0 unreachable']);
    expect(transport.isOpen('b/0')).toBe(true);
  });
});

describe('sending', () => {
  it('sends on one path or on all of a peer', () => {
    create([path, path6]);
    took();
    transport.send('b/1', payload);
    transport.sendAll('b', (each) => Uint8Array.of(each.id.length));
    transport.sendAll('c', payload);
    transport.send('nowhere', payload);
    expect(took()).toEqual(['send b/1 [1,2]', 'send b/0 [3]', 'send b/1 [3]']);
  });

  it.each([
    ['ECONNREFUSED', 'refused'],
    ['ENOPROTOOPT', 'unreachable'],
    ['ENETUNREACH', 'unreachable'],
  ])('sends again, once, what %s ate', (errno, code) => {
    create();
    took();
    sendErrors = [errno];
    transport.send('b/0', payload);
    expect(took()).toEqual([`send b/0 [1,2] ${errno}`, `b/0 ${code}`, 'send b/0 [1,2]']);
    sendErrors = [errno, errno];
    transport.send('b/0', payload);
    expect(took()).toEqual([`send b/0 [1,2] ${errno}`, `b/0 ${code}`, `send b/0 [1,2] ${errno}`, `b/0 ${code}`]);
  });

  it.each([
    ['ENOBUFS', 'no-buffer'],
    ['EPERM', 'permission'],
    ['EMSGSIZE', 'too-large'],
  ])('reports %s and loses the datagram', (errno, code) => {
    create();
    took();
    sendErrors = [errno];
    transport.send('b/0', payload);
    expect(took()).toEqual([`send b/0 [1,2] ${errno}`, `b/0 ${code}`]);
    expect(transport.isOpen('b/0')).toBe(true);
  });
});

describe('addresses and devices that come and go', () => {
  it('tries a path that cannot open each interval, and at once when told', () => {
    present.clear();
    create();
    expect(took()).toEqual(['b/0 address-missing']);
    expect(transport.isOpen('b/0')).toBe(false);
    transport.send('b/0', payload);
    vi.advanceTimersByTime(1000);
    expect(took()).toEqual(['b/0 address-missing']);
    present.add(LOCAL);
    transport.rebind();
    expect(took()).toEqual(['open b/0']);
    vi.advanceTimersByTime(5000);
    expect(took()).toEqual([]);
  });

  it('opens anew, an interval later, a socket whose device is gone', () => {
    create();
    took();
    sendErrors = ['ENODEV'];
    transport.send('b/0', payload);
    expect(took()).toEqual(['send b/0 [1,2] ENODEV', 'b/0 device-missing', 'close b/0']);
    vi.advanceTimersByTime(1000);
    expect(took()).toEqual(['open b/0']);
    listeners.get('b/0')?.onError(failure('ENXIO'));
    expect(took()).toEqual(['b/0 device-missing', 'close b/0']);
    vi.advanceTimersByTime(1000);
    expect(took()).toEqual(['open b/0']);
  });

  it('opens every path of an address anew when it came back', () => {
    create([path, path6]);
    took();
    transport.rebind('FD00::2');
    expect(took()).toEqual(['close b/1', 'open b/1']);
    transport.rebind();
    expect(took()).toEqual([]);
  });

  it('does nothing any more once closed', async () => {
    present.clear();
    create();
    await transport.close();
    took();
    present.add(LOCAL);
    transport.rebind();
    vi.advanceTimersByTime(5000);
    transport.send('b/0', payload);
    await transport.close();
    expect(took()).toEqual([]);
  });
});
