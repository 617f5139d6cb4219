/**
 * Forged packets by the thousand, as a stranger in the VCN would send them: whole IPv4 packets over a raw socket, many in
 * one sendmmsg(2), for a call from JavaScript for each of them is too slow.
 */
import { createInterface } from 'node:readline';
import koffi from 'koffi';
import { now } from './clock.ts';

/** Sent in turn, at a steady rate for a while. */
export interface FloodOrder {
  /** IPv4 packets with their headers, base64. */
  readonly packets: readonly string[];
  /** Packets a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly duration: number;
}

/** What the kernel took. */
export interface FloodResult {
  readonly sent: number;
}

const AF_INET = 2;
const SOCK_RAW = 3;
/** Implies IP_HDRINCL: the packet comes with its IP header (raw(7)). */
const IPPROTO_RAW = 255;
/** sizeof(struct sockaddr_in), (struct iovec) and (struct mmsghdr) where pointers have 8 bytes. */
const SOCKADDR = 16;
const IOVEC = 16;
const MMSGHDR = 64;
/** Offset of the destination in an IPv4 header. */
const DESTINATION = 16;
/** Messages of one system call. */
const BATCH = 256;
/** Milliseconds between two looks at the clock. */
const PAUSE = 1;
/** A debt that is older than this is not made up for: a burst is another thing than a rate. */
const LONGEST_DEBT = 50;

/** The arguments of sendmmsg for these packets, repeated until a batch is full at any place to begin. */
function messagesOf(packets: readonly Buffer[]): { readonly vector: Buffer; readonly keep: readonly Buffer[] } {
  const count = packets.length + BATCH;
  const vector = Buffer.alloc(count * MMSGHDR);
  const parts = packets.map((packet) => {
    const address = Buffer.alloc(SOCKADDR);
    address.writeUInt16LE(AF_INET, 0);
    packet.copy(address, 4, DESTINATION, DESTINATION + 4);
    const part = Buffer.alloc(IOVEC);
    part.writeBigUInt64LE(koffi.address(packet), 0);
    part.writeBigUInt64LE(BigInt(packet.length), 8);
    return { packet, address, part };
  });
  for (let index = 0; index < count; index += 1) {
    const used = parts[index % parts.length];
    if (used === undefined) continue;
    const at = index * MMSGHDR;
    vector.writeBigUInt64LE(koffi.address(used.address), at);
    vector.writeUInt32LE(SOCKADDR, at + 8);
    vector.writeBigUInt64LE(koffi.address(used.part), at + 16);
    vector.writeBigUInt64LE(1n, at + 24);
  }
  return { vector, keep: parts.flatMap(({ packet, address, part }) => [packet, address, part]) };
}

/** Reads lines, each a FloodOrder, carries them out and answers each with a line, a FloodResult. */
export function flood(): void {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendmmsg = libc.func('int sendmmsg(int fd, uint8_t *messages, unsigned int count, int flags)');
  const fd: number = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) throw new Error('no raw socket: this needs root');
  const pause = new Int32Array(new SharedArrayBuffer(4));

  function carryOut({ packets, rate, duration }: FloodOrder): FloodResult {
    const { vector, keep } = messagesOf(packets.map((packet) => Buffer.from(packet, 'base64')));
    const startedAt = now();
    let sent = 0;
    let due = 0;
    let lookedAt = startedAt;
    for (let time = startedAt; time < startedAt + duration; time = now()) {
      due = Math.min(due + ((time - lookedAt) * rate) / 1000, (LONGEST_DEBT * rate) / 1000);
      lookedAt = time;
      while (due >= 1) {
        const from = sent % packets.length;
        const taken: number = sendmmsg(fd, vector.subarray(from * MMSGHDR), Math.min(BATCH, Math.floor(due)), 0);
        // The kernel has no room: what was due is lost, as on a full line.
        if (taken <= 0) due = 0;
        else {
          due -= taken;
          sent += taken;
        }
      }
      Atomics.wait(pause, 0, 0, PAUSE);
    }
    // Only addresses of these are in the vector: they have to live until here.
    if (keep.length === 0) throw new Error('nothing to send');
    return { sent };
  }

  createInterface({ input: process.stdin })
    .on('line', (line) => process.stdout.write(`${JSON.stringify(carryOut(JSON.parse(line) as FloodOrder))}\n`))
    .on('close', () => process.exit(0));
  process.stdout.write('ready\n');
}
