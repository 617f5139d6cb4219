import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ipv4Packet, openRawIp, type RawIpOptions, type RawIpSocket } from './raw-ip.ts';

// All of 127/8 is on the loopback device.
const A = '127.81.112.1';
const B = '127.81.112.2';
const C = '127.81.112.3';
/** For experiments (RFC 3692). */
const PROTOCOL = 253;
const isRoot = process.getuid?.() === 0;

const bytes = (text: string) => new TextEncoder().encode(text);

describe.skipIf(!isRoot)('a raw socket (needs CAP_NET_RAW)', () => {
  let log: string[];
  let sockets: RawIpSocket[];
  beforeEach(() => {
    log = [];
    sockets = [];
  });
  afterEach(() => {
    for (const socket of sockets) socket.close();
  });

  function open(local: string, peer: string, options: Partial<RawIpOptions> = {}): RawIpSocket {
    const socket = openRawIp({
      protocol: PROTOCOL,
      local,
      peer,
      ttl: 255,
      typeOfService: 0xc0,
      onPacket: ({ source, destination, ttl, payload }) =>
        log.push(`${source} > ${destination} ttl ${ttl} ${new TextDecoder().decode(payload)}`),
      onOverrun: () => log.push('overrun'),
      onError: ({ code }) => log.push(code),
      ...options,
    });
    sockets.push(socket);
    return socket;
  }

  it('carries datagrams without the IP header, with the TTL they arrived with', async () => {
    open(A, B);
    open(B, A, { ttl: 7, device: 'lo' }).send(bytes('one'));
    await vi.waitFor(() => expect(log).toEqual([`${B} > ${A} ttl 7 one`]));
  });

  it('hears nobody but its peer', async () => {
    open(A, B);
    // Its answer is "protocol unreachable".
    open(C, A, { onError: () => {} }).send(bytes('stranger'));
    open(B, A).send(bytes('peer'));
    await vi.waitFor(() => expect(log).toEqual([`${B} > ${A} ttl 255 peer`]));
  });

  it('has hop limit and destination over IPv6 as well', async () => {
    const socket = open('::1', '::1', { ttl: 254 });
    socket.send(bytes('six'));
    await vi.waitFor(() => expect(log).toEqual(['::1 > ::1 ttl 254 six']));
  });

  it('reads a burst of more than one turn in order', async () => {
    open(A, B);
    const sender = open(B, A);
    const sent = Array.from({ length: 150 }, (_, index) => `${index}`);
    for (const text of sent) sender.send(bytes(text));
    await vi.waitFor(() => expect(log.length).toBe(sent.length));
    expect(log.map((line) => line.split(' ').at(-1))).toEqual(sent);
  });

  it('tells what a full receive buffer lost', async () => {
    const lost: number[] = [];
    let received = 0;
    open(A, B, { onPacket: () => (received += 1), onOverrun: (count) => lost.push(count) });
    const sender = open(B, A);
    // Nothing is read before this turn is over. The next datagram after the loss tells of it.
    for (let index = 0; index < 2000; index += 1) sender.send(new Uint8Array(1000));
    await vi.waitFor(() => expect(received).toBeGreaterThan(0));
    await vi.waitFor(async () => {
      sender.send(new Uint8Array(1));
      expect(lost.length).toBeGreaterThan(0);
    });
    const total = lost.reduce((sum, count) => sum + count, 0);
    expect(total).toBeGreaterThan(100);
    await vi.waitFor(() => expect(received + total).toBeGreaterThanOrEqual(2001));
  });

  it('hears nothing after it was closed, be it by what it received', async () => {
    const socket = open(A, B, {
      onPacket: ({ payload }) => {
        log.push(new TextDecoder().decode(payload));
        socket.close();
      },
    });
    const sender = open(B, A);
    for (const text of ['one', 'two', 'three']) sender.send(bytes(text));
    await vi.waitFor(() => expect(log).toEqual(['one']));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(log).toEqual(['one']);
    socket.close();
  });

  it('tells of an ICMP error and works on', async () => {
    // Nobody has protocol 253 on B: the kernel answers "protocol unreachable", and looks whom to tell of it only where the
    // answer quotes 8 bytes.
    const socket = open(A, B);
    socket.send(bytes('to nobody'));
    await vi.waitFor(() => expect(log).toEqual(['not-supported']));
    open(B, A);
    socket.send(bytes('again'));
    await vi.waitFor(() => expect(log.at(-1)).toBe(`${A} > ${B} ttl 255 again`));
  });

  it.each([
    [{ local: '192.0.2.1' }, 'address-not-available', 'EADDRNOTAVAIL'],
    [{ device: 'a-name-longer-than-15' }, 'no-such-device', undefined],
    [{ device: 'nosuchdev' }, 'no-such-device', 'ENODEV'],
    [{ local: 'nonsense' }, 'invalid-argument', undefined],
  ] as const)('refuses %o', (options, code, errnoName) => {
    expect(() => open(A, B, options)).toThrow(expect.objectContaining({ code, errnoName }));
  });
});

describe('the IPv4 header before a datagram', () => {
  const header = (first: number, length = 20) => {
    const packet = new Uint8Array(length + 2);
    packet.set([first, 0xc0, 0, 0, 0, 0, 0, 0, 200, 112, 0, 0, 10, 0, 0, 2, 10, 0, 0, 3]);
    packet.set([7, 8], length);
    return packet;
  };

  it('is taken off, with its options', () => {
    const fields = { source: '10.0.0.2', destination: '10.0.0.3', ttl: 200, payload: Uint8Array.of(7, 8) };
    expect(ipv4Packet({ payload: header(0x45), isCut: false })).toEqual(fields);
    expect(ipv4Packet({ payload: header(0x46, 24), isCut: false })).toEqual(fields);
  });

  it.each([
    ['empty', new Uint8Array(0), false],
    ['a length below the least', header(0x44), false],
    ['shorter than it says', header(0x4f), false],
    ['cut', header(0x45), true],
  ])('is refused when %s', (_, payload, isCut) => {
    expect(ipv4Packet({ payload, isCut })).toBeUndefined();
  });
});
