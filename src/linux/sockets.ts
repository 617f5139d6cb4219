/** Options of a socket that Node has no call for. Each throws LinuxError; `fd` is an open socket's descriptor. */
import {
  AF_INET6,
  getSocketOption,
  SO_BINDTODEVICE,
  SO_DOMAIN,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_REUSEADDR,
  SOL_SOCKET,
  setSocketOption,
} from './libc.ts';
import { LinuxError } from './linux-error.ts';

export const IPPROTO_IP = 0;
const IP_TOS = 1;
export const IPPROTO_IPV6 = 41;
const IPV6_TCLASS = 67;
/** IFNAMSIZ of linux/if.h, less the NUL. */
const DEVICE_NAME_MAX = 15;

/**
 * SO_BINDTODEVICE (socket(7)): only datagrams of this device are received, and all leave through it.
 *
 * @throws LinuxError `no-such-device`; `permission-denied` without CAP_NET_RAW if already bound to another device
 */
export function bindToDevice(fd: number, device: string): void {
  const call = `SO_BINDTODEVICE ${device}`;
  // The kernel would cut a longer name and may find another device; an empty one unbinds.
  const length = Buffer.byteLength(device);
  if (length === 0 || length > DEVICE_NAME_MAX) {
    throw new LinuxError('no-such-device', call, `a device name has 1 to ${DEVICE_NAME_MAX} bytes`);
  }
  setSocketOption(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${device}\0`), call);
}

/** Clears SO_REUSEADDR (socket(7)): from now on no further socket can bind to the same address and port. */
export function clearReuseAddress(fd: number): void {
  setSocketOption(fd, SOL_SOCKET, SO_REUSEADDR, 0, 'SO_REUSEADDR');
}

/**
 * The DSCP and ECN byte of what is sent: IP_TOS (ip(7)) or IPV6_TCLASS (ipv6(7)), by the socket's family.
 *
 * @param tos 0 … 255; 0xc0 is CS6, network control (RFC 4594)
 */
export function setTypeOfService(fd: number, tos: number): void {
  const family = getSocketOption(fd, SOL_SOCKET, SO_DOMAIN, 4, 'SO_DOMAIN').getInt32(0, true);
  if (family === AF_INET6) setSocketOption(fd, IPPROTO_IPV6, IPV6_TCLASS, tos, 'IPV6_TCLASS');
  else setSocketOption(fd, IPPROTO_IP, IP_TOS, tos, 'IP_TOS');
}

/**
 * The receive buffer's size; beyond net.core.rmem_max where CAP_NET_ADMIN allows it (SO_RCVBUFFORCE, socket(7)).
 *
 * @param bytes of payload; the kernel doubles it for its own bookkeeping
 * @returns the bytes the kernel granted, bookkeeping included
 */
export function setReceiveBuffer(fd: number, bytes: number): number {
  try {
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes, 'SO_RCVBUFFORCE');
  } catch (error) {
    if (!(error instanceof LinuxError && error.code === 'permission-denied')) throw error;
    setSocketOption(fd, SOL_SOCKET, SO_RCVBUF, bytes, 'SO_RCVBUF');
  }
  return getSocketOption(fd, SOL_SOCKET, SO_RCVBUF, 4, 'SO_RCVBUF').getInt32(0, true);
}
