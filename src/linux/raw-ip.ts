/**
 * A raw IP socket between two addresses (raw(7), ipv6(7)): datagrams of one protocol, without the IP header. The kernel
 * makes the header and no checksum; what it received of it is told with each datagram.
 *
 * The socket is bound to the own address and connected to the peer's, so the kernel drops strangers. Until then it takes
 * everything of its protocol, which stays queued: the caller checks source and destination of every datagram.
 */
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import {
  AF_INET,
  AF_INET6,
  bindSocket,
  closeDescriptor,
  connectSocket,
  interfaceIndex,
  openSocket,
  SO_RXQ_OVFL,
  SOCK_RAW,
  SOL_SOCKET,
  sendTo,
  setSocketOption,
} from './libc.ts';
import { LinuxError } from './linux-error.ts';
import { watchReadable } from './poll.ts';
import { createMessageReceiver, type Message } from './receive-message.ts';
import { bindToDevice, IPPROTO_IP, IPPROTO_IPV6, setTypeOfService } from './sockets.ts';

const IP_TTL = 2;
const IP_MTU_DISCOVER = 10;
const IPV6_UNICAST_HOPS = 16;
const IPV6_MTU_DISCOVER = 23;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_PKTINFO = 50;
const IPV6_RECVHOPLIMIT = 51;
const IPV6_HOPLIMIT = 52;
/** IP_PMTUDISC_DONT, the same for both families: no "don't fragment". */
const PMTUDISC_DONT = 0;

const IPV4_HEADER_MIN = 20;
/** VRRP's longest message is 4 KiB (255 IPv6 addresses); an IP header of up to 60 bytes comes before an IPv4 one. */
const PACKET_BYTES = 8192;
/** Read in one turn of the event loop, so that a flood leaves room for timers: 0.5 ms of one core. */
const PACKETS_PER_TURN = 64;

export interface RawIpPacket {
  /** Addresses in canonical text form (RFC 5952). */
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** A copy. */
  readonly payload: Uint8Array;
}

export interface RawIpOptions {
  /** IP protocol number. */
  readonly protocol: number;
  readonly local: string;
  readonly peer: string;
  /** SO_BINDTODEVICE; needed for link-local addresses. */
  readonly device?: string | undefined;
  /** TTL or hop limit of what is sent. */
  readonly ttl: number;
  /** DSCP and ECN of what is sent. */
  readonly typeOfService: number;
  readonly onPacket: (packet: RawIpPacket) => void;
  /** The receive buffer was full and so many datagrams were lost since the last call. */
  readonly onOverrun: (lost: number) => void;
  /** An error that was pending on the socket, from ICMP for one. The socket stays open. */
  readonly onError: (error: LinuxError) => void;
}

export interface RawIpSocket {
  /** One datagram to the peer, without waiting. @throws LinuxError; an error that was pending eats the datagram. */
  send(payload: Uint8Array): void;
  /** May be called twice. */
  close(): void;
}

/** Nothing is received before this function has returned. @throws LinuxError `permission-denied` without CAP_NET_RAW, … */
export function openRawIp(options: RawIpOptions): RawIpSocket {
  const isIpv6 = isIP(options.local) === 6;
  const fd = openSocket(isIpv6 ? AF_INET6 : AF_INET, SOCK_RAW, options.protocol);
  try {
    if (options.device !== undefined) bindToDevice(fd, options.device);
    setTypeOfService(fd, options.typeOfService);
    setSocketOption(fd, SOL_SOCKET, SO_RXQ_OVFL, 1, 'SO_RXQ_OVFL');
    if (isIpv6) {
      setSocketOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, options.ttl, 'IPV6_UNICAST_HOPS');
      setSocketOption(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT, 'IPV6_MTU_DISCOVER');
      setSocketOption(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1, 'IPV6_RECVHOPLIMIT');
      setSocketOption(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, 'IPV6_RECVPKTINFO');
      // Or a bound socket hears of every group that anybody on the machine has joined.
      setSocketOption(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0, 'IPV6_MULTICAST_ALL');
    } else {
      setSocketOption(fd, IPPROTO_IP, IP_TTL, options.ttl, 'IP_TTL');
      setSocketOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT, 'IP_MTU_DISCOVER');
    }
    bindSocket(fd, socketAddress(options.local, options.device));
    connectSocket(fd, socketAddress(options.peer, options.device));
    return rawIpSocket(fd, isIpv6, options);
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function rawIpSocket(fd: number, isIpv6: boolean, options: RawIpOptions): RawIpSocket {
  let open = true;
  let lost = 0;

  function drain(): void {
    for (let read = 0; open && read < PACKETS_PER_TURN; read += 1) {
      let message: Message | undefined;
      try {
        message = receiver.receive(fd);
      } catch (error) {
        if (!(error instanceof LinuxError)) throw error;
        options.onError(error);
        continue;
      }
      if (message === undefined) return;
      tellOverrun(message);
      const packet = isIpv6 ? ipv6Packet(message) : ipv4Packet(message);
      if (packet !== undefined && open) options.onPacket(packet);
    }
  }

  /** The kernel counts from the socket's beginning. */
  function tellOverrun({ control }: Message): void {
    const counted = control.find(({ level, type }) => level === SOL_SOCKET && type === SO_RXQ_OVFL);
    const total = counted?.data.getUint32(0, true) ?? lost;
    if (total === lost) return;
    options.onOverrun((total - lost) >>> 0);
    lost = total;
  }

  const readiness = watchReadable(fd, drain);
  return {
    send: (payload) => sendTo(fd, payload, null),
    close() {
      if (!open) return;
      open = false;
      readiness.close();
      closeDescriptor(fd);
    },
  };
}

/** Shared: what is received is copied before anything else can be. */
const receiver = createMessageReceiver(PACKET_BYTES);

/**
 * What follows the IPv4 header (RFC 791 §3.1: length in words at 0, TTL at 8, source at 12, destination at 16), which a raw
 * socket hands over. undefined: cut, or shorter than it says.
 */
export function ipv4Packet({ payload: packet, isCut }: Pick<Message, 'payload' | 'isCut'>): RawIpPacket | undefined {
  const headerLength = ((packet[0] ?? 0) & 0x0f) * 4;
  if (isCut || headerLength < IPV4_HEADER_MIN || packet.length < headerLength) return undefined;
  return {
    source: packet.subarray(12, 16).join('.'),
    destination: packet.subarray(16, 20).join('.'),
    ttl: packet[8] ?? 0,
    payload: packet.slice(headerLength),
  };
}

/** IPv6 hands over no header: its fields come beside the datagram. Without them it cannot be judged, and is dropped. */
function ipv6Packet({ payload, sender, control, isCut }: Message): RawIpPacket | undefined {
  const part = (wanted: number) => control.find(({ level, type }) => level === IPPROTO_IPV6 && type === wanted)?.data;
  const hopLimit = part(IPV6_HOPLIMIT);
  const destination = part(IPV6_PKTINFO);
  if (isCut || hopLimit === undefined || destination === undefined) return undefined;
  return {
    source: ipv6Text(sender, 8),
    destination: ipv6Text(destination, 0),
    ttl: hopLimit.getInt32(0, true),
    payload: payload.slice(),
  };
}

function ipv6Text(view: DataView, offset: number): string {
  return new ipaddr.IPv6([...new Uint8Array(view.buffer, view.byteOffset + offset, 16)]).toRFC5952String();
}

/** struct sockaddr_in or sockaddr_in6, without a port. A link-local address means something only together with a device. */
function socketAddress(text: string, device: string | undefined): Uint8Array {
  if (isIP(text) === 0) throw new LinuxError('invalid-argument', `raw socket ${text}`, 'not an IP address');
  const parsed = ipaddr.parse(text);
  const bytes = parsed.toByteArray();
  const isIpv6 = bytes.length === 16;
  const address = new Uint8Array(isIpv6 ? 28 : 16);
  const view = new DataView(address.buffer);
  view.setUint16(0, isIpv6 ? AF_INET6 : AF_INET, true);
  address.set(bytes, isIpv6 ? 8 : 4);
  if (device !== undefined && parsed.range() === 'linkLocal' && isIpv6)
    view.setUint32(24, interfaceIndex(device), true);
  return address;
}
