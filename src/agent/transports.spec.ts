import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AF_INET, bindSocket, closeDescriptor, openSocket, SOCK_RAW, sendTo } from '../linux/libc.ts';
import { createMessageReceiver } from '../linux/receive-message.ts';
import type { PathTransport } from './router-types.ts';
import { openTransport } from './transports.ts';

/* Protocol 112 on this machine's sockets, and what others can put on the wire: the IP headers are forged byte by byte. */

// All of 127/8 is on the loopback device.
const OWN = '127.83.112.1';
const PEER = '127.83.112.2';
const OTHER = '127.83.112.3';
const VRRP = 112;
/** raw(7): what is sent on it begins with the IP header. */
const IPPROTO_RAW = 255;
const MORE_FRAGMENTS = 0x2000;
const isRoot = process.getuid?.() === 0;

const bytesOf = (address: string): number[] => address.split('.').map(Number);

/** struct sockaddr_in, without a port. */
const socketAddress = (address: string): Uint8Array =>
  Uint8Array.from([AF_INET, 0, 0, 0, ...bytesOf(address), ...new Array<number>(8).fill(0)]);

interface Forged {
  readonly source?: string;
  readonly destination?: string;
  readonly ttl?: number;
  readonly protocol?: number;
  readonly options?: readonly number[];
  /** Flags and offset, in units of 8 bytes. */
  readonly fragment?: number;
  readonly payload?: Uint8Array;
}

describe.skipIf(!isRoot)('protocol 112 (needs CAP_NET_RAW)', () => {
  let log: string[];
  let device: string;
  let transport: PathTransport;
  let descriptors: number[];

  function raw(protocol: number): number {
    const fd = openSocket(AF_INET, SOCK_RAW, protocol);
    descriptors.push(fd);
    return fd;
  }

  function open(): void {
    transport = openTransport({
      heartbeat: { transport: 'ip', port: 8112 },
      paths: [{ id: 'b/0', local: OWN, peer: PEER, peerName: 'b' }],
      now: () => 0,
      deviceOfAddress: () => device,
      onDatagram: ({ source, destination, ttl, bytes }) =>
        log.push(`${source} > ${destination} ttl ${ttl} ${new TextDecoder().decode(bytes)}`),
      onError: ({ code }) => log.push(code),
    });
  }

  beforeEach(() => {
    log = [];
    device = 'lo';
    descriptors = [];
    open();
  });
  afterEach(async () => {
    await transport.close();
    for (const fd of descriptors) closeDescriptor(fd);
  });

  /** The kernel fills in total length and checksum (raw(7)). */
  function forge(fd: number, id: number, forged: Forged): void {
    const { source = PEER, destination = OWN, ttl = 255, protocol = VRRP, options = [], fragment = 0 } = forged;
    const { payload = new Uint8Array(0) } = forged;
    const words = 5 + options.length / 4;
    const header = [
      0x40 | words,
      0xc0,
      0,
      0,
      id >>> 8,
      id & 0xff,
      fragment >>> 8,
      fragment & 0xff,
      ttl,
      protocol,
      0,
      0,
    ];
    const packet = Uint8Array.from([...header, ...bytesOf(source), ...bytesOf(destination), ...options, ...payload]);
    sendTo(fd, packet, socketAddress(destination));
  }

  /** What the transport hands over of it, and of an honest datagram after it. */
  async function heard(...all: readonly Forged[]): Promise<string[]> {
    const fd = raw(IPPROTO_RAW);
    // Fragments belong together by it, also with those that an earlier test left waiting.
    const id = randomInt(1, 0xffff);
    for (const forged of all) forge(fd, id, forged);
    forge(fd, id, { payload: text('honest') });
    await vi.waitFor(() => expect(log.at(-1)).toBe(`${PEER} > ${OWN} ttl 255 honest`));
    return log.slice(0, -1);
  }

  const text = (content: string) => new TextEncoder().encode(content);
  const from = (ttl: number, content: string) => `${PEER} > ${OWN} ttl ${ttl} ${content}`;

  it.each<[string, Forged[]]>([
    ["a stranger's", [{ source: OTHER, payload: text('x') }]],
    ['one to another address of this machine', [{ destination: OTHER, payload: text('x') }]],
    ['one of another protocol', [{ protocol: 253, payload: text('x') }]],
    ['a first fragment alone', [{ fragment: MORE_FRAGMENTS, payload: text('8 bytes.') }]],
    ['a last fragment alone', [{ fragment: 1, payload: text('x') }]],
    ['one that is longer than any advert', [{ payload: new Uint8Array(8173).fill(120) }]],
  ])('hears nothing of %s', async (_, forged) => {
    expect(await heard(...forged)).toEqual([]);
  });

  it.each<[string, Forged[], string]>([
    ['tells the TTL of what was forwarded', [{ ttl: 254, payload: text('far') }], from(254, 'far')],
    [
      'takes the options off (RFC 791 §3.1: two of no operation, end of list)',
      [{ options: [1, 1, 0, 0], payload: text('plain') }],
      from(255, 'plain'),
    ],
    [
      'hears whole what came in fragments',
      [
        { fragment: MORE_FRAGMENTS, payload: text('8 bytes ') },
        { fragment: 1, payload: text('and more') },
      ],
      from(255, '8 bytes and more'),
    ],
    ['hands over what is empty, which is counted as truncated', [{}], from(255, '')],
    [
      'has room for 255 addresses of IPv6 and an HMAC',
      [{ payload: text('x'.repeat(8 + 255 * 16 + 64)) }],
      from(255, 'x'.repeat(8 + 255 * 16 + 64)),
    ],
  ])('%s', async (_, forged, expected) => {
    expect(await heard(...forged)).toEqual([expected]);
  });

  it('is bound to the device that carries the address', async () => {
    await transport.close();
    device = 'nosuchdev';
    open();
    expect(log).toEqual(['device-missing']);
  });

  it('tells of a flood that was not read in time', async () => {
    const fd = raw(IPPROTO_RAW);
    // Nothing is read before this turn is over. The next datagram after the loss tells of it.
    for (let index = 0; index < 2000; index += 1) forge(fd, 1, { payload: new Uint8Array(1000) });
    await vi.waitFor(() => {
      forge(fd, 1, {});
      expect(log).toContain('overrun');
    });
  });

  it("sends from the path's address to its peer as keepalived does: TTL 255, CS6, not told not to fragment", async () => {
    const fd = raw(VRRP);
    bindSocket(fd, socketAddress(PEER));
    const receiver = createMessageReceiver(1500);
    transport.send('b/0', text('advert'));
    const packet = await vi.waitFor(() => {
      const payload = receiver.receive(fd)?.payload.slice();
      if (payload === undefined) throw new Error('nothing received yet');
      return payload;
    });
    expect([...packet.subarray(0, 2)]).toEqual([0x45, 0xc0]);
    expect([...packet.subarray(6, 10)]).toEqual([0, 0, 255, VRRP]);
    expect([...packet.subarray(12, 20)]).toEqual([...bytesOf(OWN), ...bytesOf(PEER)]);
    expect(new TextDecoder().decode(packet.subarray(20))).toBe('advert');
  });
});
