/**
 * Datagrams with whatever source address one likes, as a stranger in the VCN would forge them: an IPv4 raw socket, which
 * Node does not have.
 */
import { createInterface } from 'node:readline';
import koffi from 'koffi';

/** A datagram to send as if from `source`. */
export interface Forgery {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly port: number;
  /** Base64. */
  readonly payload: string;
}

const AF_INET = 2;
const SOCK_RAW = 3;
/** Implies IP_HDRINCL: the packet comes with its IP header (raw(7)). */
const IPPROTO_RAW = 255;
const UDP = 17;
const IP_HEADER = 20;
const UDP_HEADER = 8;
const TTL = 64;

const octets = (address: string): Buffer => Buffer.from(address.split('.').map(Number));

/** What the IP header says of a packet. */
export interface IpHeader {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly ttl: number;
}

/** The kernel fills in the header's checksum and identification. */
export function rawPacketOf({ source, destination, protocol, ttl }: IpHeader, body: Uint8Array): Buffer {
  const header = Buffer.alloc(IP_HEADER);
  header[0] = 0x45;
  header.writeUInt16BE(header.length + body.length, 2);
  header[8] = ttl;
  header[9] = protocol;
  octets(source).copy(header, 12);
  octets(destination).copy(header, 16);
  return Buffer.concat([header, body]);
}

/** A UDP checksum of 0 is none (RFC 768). */
export function packetOf({ source, sourcePort, destination, port, payload }: Forgery): Buffer {
  const body = Buffer.from(payload, 'base64');
  const header = Buffer.alloc(UDP_HEADER);
  header.writeUInt16BE(sourcePort, 0);
  header.writeUInt16BE(port, 2);
  header.writeUInt16BE(header.length + body.length, 4);
  return rawPacketOf({ source, destination, protocol: UDP, ttl: TTL }, Buffer.concat([header, body]));
}

/** Reads lines, each a list of forgeries, sends them and answers each line with `sent`. */
export function inject(): void {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)');
  const sendto = libc.func(
    'long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t size)',
  );
  const fd: number = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
  if (fd < 0) throw new Error('no raw socket: this needs root');
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      for (const forgery of JSON.parse(line) as Forgery[]) {
        const address = Buffer.alloc(16);
        address.writeUInt16LE(AF_INET, 0);
        octets(forgery.destination).copy(address, 4);
        const packet = packetOf(forgery);
        const sent: number = sendto(fd, packet, packet.length, 0, address, address.length);
        if (sent !== packet.length) throw new Error(`a datagram to ${forgery.destination} was not sent`);
      }
      process.stdout.write('sent\n');
    })
    .on('close', () => process.exit(0));
  process.stdout.write('ready\n');
}
