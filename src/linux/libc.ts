/**
 * The few libc functions this folder needs, typed. Every descriptor is opened non-blocking and close-on-exec. A failed call
 * throws a LinuxError, except where "nothing there yet" is a normal answer.
 */
import { constants } from 'node:os';
import { errno, load } from 'koffi';
import { errorFromErrno } from './linux-error.ts';

/** From the kernel's uapi headers; the same on x86-64 and arm64. */
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_RCVBUF = 8;
export const SO_PEERCRED = 17;
export const SO_BINDTODEVICE = 25;
export const SO_RCVBUFFORCE = 33;
export const SO_DOMAIN = 39;
export const SO_RXQ_OVFL = 40;

const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const { EAGAIN, EINTR, ENOBUFS } = constants.errno;

type NativeSend = (
  fd: number,
  data: Uint8Array,
  length: number,
  flags: number,
  address: Uint8Array | null,
  addressLength: number,
) => number;

// The process itself: node is linked against libc, glibc or musl.
const libc = load(null);
const native: {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly bind: (fd: number, address: Uint8Array, length: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly close: (fd: number) => number;
  readonly recvfrom: (
    fd: number,
    buffer: Uint8Array,
    length: number,
    flags: number,
    from: Uint8Array,
    fromLength: Uint8Array,
  ) => number;
  readonly recvmsg: (fd: number, header: Uint8Array, flags: number) => number;
  readonly sendto: NativeSend & {
    readonly async: (...args: [...Parameters<NativeSend>, (error: Error | null, sent: number) => void]) => void;
  };
  readonly setsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: number) => number;
  readonly getsockopt: (fd: number, level: number, option: number, value: Uint8Array, length: Uint8Array) => number;
  readonly getsockname: (fd: number, address: Uint8Array, length: Uint8Array) => number;
  readonly if_nametoindex: (name: string) => number;
} = {
  socket: libc.func('int socket(int, int, int)'),
  bind: libc.func('int bind(int, const void *, uint32_t)'),
  connect: libc.func('int connect(int, const void *, uint32_t)'),
  close: libc.func('int close(int)'),
  recvfrom: libc.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)'),
  recvmsg: libc.func('intptr_t recvmsg(int, void *, int)'),
  sendto: libc.func('intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)'),
  setsockopt: libc.func('int setsockopt(int, int, int, const void *, uint32_t)'),
  getsockopt: libc.func('int getsockopt(int, int, int, void *, void *)'),
  getsockname: libc.func('int getsockname(int, void *, void *)'),
  if_nametoindex: libc.func('uint32_t if_nametoindex(const char *)'),
};

function check(result: number, call: string): number {
  if (result < 0) throw errorFromErrno(errno(), call);
  return result;
}

/** socket(2). */
export function openSocket(domain: number, type: number, protocol: number): number {
  return check(native.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol), 'socket');
}

/** bind(2) to a sockaddr in wire form. */
export function bindSocket(fd: number, address: Uint8Array): void {
  check(native.bind(fd, address, address.length), 'bind');
}

/** connect(2) to a sockaddr in wire form; at once, for a socket without a handshake. */
export function connectSocket(fd: number, address: Uint8Array): void {
  check(native.connect(fd, address, address.length), 'connect');
}

/** close(2). An error leaves the descriptor closed all the same, so none is reported. */
export function closeDescriptor(fd: number): void {
  native.close(fd);
}

export type Received =
  /** `length` is the datagram's, and greater than the buffer's if it was cut. */
  | { readonly kind: 'datagram'; readonly length: number }
  | { readonly kind: 'empty' }
  /** Messages were lost (netlink(7): ENOBUFS). The socket stays usable. */
  | { readonly kind: 'overrun' };

/** A sockaddr of any family fits: sizeof(struct sockaddr_storage). */
const SOCKADDR_MAX = 128;

/**
 * recvfrom(2) without waiting.
 *
 * @param from receives the sender's sockaddr; at least 128 bytes
 */
export function receiveFrom(fd: number, buffer: Uint8Array, from: Uint8Array): Received {
  const fromLength = uint32(SOCKADDR_MAX);
  for (;;) {
    const length = native.recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT | MSG_TRUNC, from, fromLength);
    if (length >= 0) return { kind: 'datagram', length };
    const reason = errno();
    if (reason === EAGAIN) return { kind: 'empty' };
    if (reason === ENOBUFS) return { kind: 'overrun' };
    if (reason !== EINTR) throw errorFromErrno(reason, 'recvfrom');
  }
}

/**
 * recvmsg(2) without waiting.
 *
 * @param header a struct msghdr, whose pointers lead to memory that is kept alive by the caller
 * @returns length of what was received, at most the buffer's; undefined: nothing there
 */
export function receiveMessage(fd: number, header: Uint8Array): number | undefined {
  for (;;) {
    const length = native.recvmsg(fd, header, MSG_DONTWAIT);
    if (length >= 0) return length;
    const reason = errno();
    if (reason === EAGAIN) return undefined;
    if (reason !== EINTR) throw errorFromErrno(reason, 'recvmsg');
  }
}

/** sendto(2) without waiting; no SIGPIPE. Throws `busy` when the receiver's queue is full. */
export function sendTo(fd: number, data: Uint8Array, address: Uint8Array | null): void {
  check(native.sendto(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address?.length ?? 0), 'sendto');
}

/**
 * sendto(2) on a thread of libuv's pool. For netlink requests: the kernel carries them out inside sendto and first takes
 * the RTNL lock, which a driver resetting its card may hold for hundreds of milliseconds.
 */
export function sendToOnThread(fd: number, data: Uint8Array, address: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    native.sendto.async(fd, data, data.length, MSG_NOSIGNAL, address, address.length, (error, sent) => {
      // koffi restores the thread's errno for the length of this callback.
      const reason = errno();
      if (error !== null) reject(error);
      else if (sent < 0) reject(errorFromErrno(reason, 'sendto'));
      else resolve();
    });
  });
}

/** setsockopt(2); a number is passed as an int. */
export function setSocketOption(
  fd: number,
  level: number,
  option: number,
  value: number | Uint8Array,
  call: string,
): void {
  const bytes = typeof value === 'number' ? uint32(value) : value;
  check(native.setsockopt(fd, level, option, bytes, bytes.length), call);
}

/** getsockopt(2), for options of up to `size` bytes. */
export function getSocketOption(fd: number, level: number, option: number, size: number, call: string): DataView {
  const value = new Uint8Array(size);
  const length = uint32(size);
  check(native.getsockopt(fd, level, option, value, length), call);
  return new DataView(value.buffer, 0, readUint32(length));
}

/** getsockname(2): the socket's own sockaddr. */
export function socketName(fd: number): DataView {
  const address = new Uint8Array(SOCKADDR_MAX);
  const length = uint32(SOCKADDR_MAX);
  check(native.getsockname(fd, address, length), 'getsockname');
  return new DataView(address.buffer, 0, readUint32(length));
}

/** if_nametoindex(3). Throws `no-such-device`. */
export function interfaceIndex(device: string): number {
  const index = native.if_nametoindex(device);
  if (index === 0) throw errorFromErrno(errno(), `interface ${device}`);
  return index;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function readUint32(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
}
