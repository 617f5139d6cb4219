/**
 * What the routers say to each other, as the VCN sees it: tcpdump writes every datagram of the heartbeat's port that
 * comes in from a router, and this module reads its capture (libpcap's file format, cooked link layer).
 */
import { spawn } from 'node:child_process';
import { wallClockOffset } from './clock.ts';
import { VCN } from './namespaces.ts';

const GLOBAL_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC_NANOSECONDS = 0xa1b23c4d;
const MAGIC_MICROSECONDS = 0xa1b2c3d4;
/** Bytes before the IP header, by link type: LINUX_SLL and LINUX_SLL2. */
const LINK_HEADERS: Readonly<Record<number, number>> = { 113: 16, 276: 20 };
const UDP_HEADER = 8;
/** Enough for the headers and the longest presence. */
const SNAPSHOT_LENGTH = 1300;
const ADVERTISEMENT = 1;

/** A VRRP advertisement on the wire. */
export interface Advert {
  readonly at: number;
  readonly source: string;
  readonly destination: string;
  readonly virtualRouterId: number;
  readonly priority: number;
}

/** Reads captured bytes as they come. Calls `listener` with the seconds and the IP packet of each record. */
export function createCaptureReader(listener: (wallClockMs: number, packet: Buffer) => void): (chunk: Buffer) => void {
  let pending = Buffer.alloc(0);
  let linkHeader: number | null = null;
  let fraction = 1e3;
  return (chunk) => {
    pending = Buffer.concat([pending, chunk]);
    if (linkHeader === null) {
      if (pending.length < GLOBAL_HEADER) return;
      const magic = pending.readUInt32LE(0);
      if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) throw new Error('not a packet capture');
      fraction = magic === MAGIC_NANOSECONDS ? 1e6 : 1e3;
      const linkType = pending.readUInt32LE(20);
      linkHeader = LINK_HEADERS[linkType] ?? null;
      if (linkHeader === null) throw new Error(`unknown link type ${linkType} in the packet capture`);
      pending = pending.subarray(GLOBAL_HEADER);
    }
    while (pending.length >= RECORD_HEADER) {
      const end = RECORD_HEADER + pending.readUInt32LE(8);
      if (pending.length < end) return;
      const time = pending.readUInt32LE(0) * 1e3 + pending.readUInt32LE(4) / fraction;
      listener(time, pending.subarray(RECORD_HEADER + linkHeader, end));
      pending = pending.subarray(end);
    }
  };
}

/** The advertisement in an IPv4/UDP packet; undefined for anything else (presence, strangers). */
export function advertIn(packet: Buffer): Omit<Advert, 'at'> | undefined {
  const start = payloadOffset(packet);
  const [first = 0, virtualRouterId = 0, priority = 0] = packet.subarray(start, start + 3);
  const version = first >> 4;
  if ((first & 0x0f) !== ADVERTISEMENT || (version !== 2 && version !== 3)) return undefined;
  return { ...addressesOf(packet), virtualRouterId, priority };
}

function payloadOffset(packet: Buffer): number {
  return ((packet[0] ?? 0) & 0x0f) * 4 + UDP_HEADER;
}

function addressesOf(packet: Buffer): { readonly source: string; readonly destination: string } {
  const address = (offset: number): string => packet.subarray(offset, offset + 4).join('.');
  return { source: address(12), destination: address(16) };
}

/** Any datagram of the heartbeat's port, whole. */
export interface CapturedDatagram {
  readonly at: number;
  readonly source: string;
  readonly destination: string;
  readonly bytes: Uint8Array;
}

export interface Capture {
  readonly adverts: readonly Advert[];
  readonly datagrams: readonly CapturedDatagram[];
  stop(): void;
}

/** Captures advertisements of the heartbeat's port; waits until tcpdump listens. */
export async function startCapture(port: number): Promise<Capture> {
  const adverts: Advert[] = [];
  const datagrams: CapturedDatagram[] = [];
  const offset = wallClockOffset();
  // In immediate mode every slot of the kernel's 2 MB ring is as long as the longest packet: with tcpdump's default of
  // 256 KB there are eight, and a takeover's burst of datagrams is more.
  const options = ['-i', 'any', '-Q', 'in', '-n', '-U', '--immediate-mode', '-s', String(SNAPSHOT_LENGTH), '-w', '-'];
  const child = spawn('ip', ['netns', 'exec', VCN, 'tcpdump', ...options, `udp port ${port}`]);
  const read = createCaptureReader((time, packet) => {
    const at = time - offset;
    const advert = advertIn(packet);
    if (advert !== undefined) adverts.push({ at, ...advert });
    datagrams.push({ at, ...addressesOf(packet), bytes: Uint8Array.from(packet.subarray(payloadOffset(packet))) });
  });
  child.stdout.on('data', read);
  await new Promise<void>((resolve, reject) => {
    let complaint = '';
    child.stderr.on('data', (text: Buffer) => {
      complaint += text.toString();
      if (complaint.includes('listening on')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`tcpdump ended with ${code}: ${complaint}`)));
  });
  return { adverts, datagrams, stop: () => void child.kill('SIGTERM') };
}
