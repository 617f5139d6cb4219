import {
  AF_NETLINK,
  bindSocket,
  closeDescriptor,
  openSocket,
  receiveFrom,
  SOCK_RAW,
  sendTo,
  sendToOnThread,
  setSocketOption,
  socketName,
} from './libc.ts';
import { LinuxError } from './linux-error.ts';
import { decodeMessages, type NetlinkMessage } from './netlink-decode.ts';
import { setReceiveBuffer } from './sockets.ts';

/** Multicast groups of rtnetlink(7), for `bind`. */
export const RTMGRP_LINK = 0x1;
export const RTMGRP_IPV4_IFADDR = 0x10;
export const RTMGRP_IPV6_IFADDR = 0x100;

export type NetlinkReceived =
  | { readonly kind: 'messages'; readonly messages: readonly NetlinkMessage[] }
  | { readonly kind: 'empty' }
  /** Messages were lost. The kernel drops further ones until the socket has been read empty. */
  | { readonly kind: 'overrun' };

export interface NetlinkSocket {
  readonly fd: number;
  /** The kernel's name for this socket: answers to its requests carry it. */
  readonly portId: number;
  receive(): NetlinkReceived;
  /** Carried out by the kernel before this returns. */
  send(message: Uint8Array): void;
  /** The same on a thread of libuv's pool. */
  sendOnThread(message: Uint8Array): Promise<void>;
  close(): void;
}

const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
/** netlink_dump() in the kernel fills at most 32 KiB at a time. */
const BUFFER_BYTES = 65_536;
/** Shared: what is decoded from it is copied before anything else can be received. */
const buffer = new Uint8Array(BUFFER_BYTES);

/** struct sockaddr_nl: family, padding, port id (0: the kernel), groups. */
function socketAddress(groups: number): Uint8Array {
  const address = new Uint8Array(12);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  return address;
}

const kernel = socketAddress(0);

/**
 * Opens an RTNETLINK socket (netlink(7)).
 *
 * @param groups RTMGRP_… bits; notifications are queued from now on
 * @param receiveBufferBytes beyond net.core.rmem_max where CAP_NET_ADMIN allows it
 */
export function openNetlink(groups: number, receiveBufferBytes?: number): NetlinkSocket {
  const fd = openSocket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  try {
    setSocketOption(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1, 'NETLINK_EXT_ACK');
    if (receiveBufferBytes !== undefined) setReceiveBuffer(fd, receiveBufferBytes);
    bindSocket(fd, socketAddress(groups));
    const portId = socketName(fd).getUint32(4, true);
    return netlinkSocket(fd, portId);
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function netlinkSocket(fd: number, portId: number): NetlinkSocket {
  const from = new Uint8Array(128);
  const sender = new DataView(from.buffer);
  let open = true;
  return {
    fd,
    portId,
    receive() {
      for (;;) {
        const received = receiveFrom(fd, buffer, from);
        if (received.kind !== 'datagram') return received;
        // Any process may send to a netlink socket it knows the port id of.
        if (sender.getUint32(4, true) !== 0) continue;
        if (received.length > buffer.length) return { kind: 'overrun' };
        return { kind: 'messages', messages: decodeMessages(buffer.subarray(0, received.length)) };
      }
    },
    send: (message) => sendTo(fd, message, kernel),
    sendOnThread: (message) => sendToOnThread(fd, message, kernel),
    close() {
      // A second close would hit whatever got the number since.
      if (open) closeDescriptor(fd);
      open = false;
    },
  };
}

/** A reply of the kernel that makes no sense. */
export function badReply(call: string, what: string): LinuxError {
  return new LinuxError('bad-reply', call, what);
}
