/** What can go wrong on a path. None of it stops the transport; each is reported as it happens. */
export type TransportErrorCode =
  /** The local address is not on this machine (yet, or any more). The path is tried again. */
  | 'address-missing'
  /** The device the path is tied to is gone. The path is tried again. */
  | 'device-missing'
  /** Another process has the port. The path is tried again. */
  | 'port-taken'
  /** Not allowed: a packet filter that rejects what we send, or a missing capability. */
  | 'permission'
  /** The peer's machine answers, its daemon does not. */
  | 'refused'
  /** No route, or a router or firewall on the way says so. */
  | 'unreachable'
  /** The kernel has no room; the datagram is lost. */
  | 'no-buffer'
  /** Datagrams came faster than they were read; the newest are lost. */
  | 'overrun'
  /** The datagram is larger than the path takes. */
  | 'too-large'
  /** A datagram that is not from the path's peer (and port), or not to the path's own address; dropped. */
  | 'stranger'
  /** The caller's `configureSocket` failed, or the socket has no descriptor to give to it. */
  | 'configuration'
  | 'other';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;
  readonly pathId: string;

  constructor(code: TransportErrorCode, pathId: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.pathId = pathId;
  }
}

/**
 * The code of an errno that a UDP or raw socket reports on Linux: udp(7), raw(7), ip(7), and icmp_err_convert for what
 * ICMP makes.
 */
export function transportErrorCode(cause: unknown): TransportErrorCode {
  switch (errnoOf(cause)) {
    case 'EADDRNOTAVAIL':
      return 'address-missing';
    // ENXIO: a device that is being removed.
    case 'ENODEV':
    case 'ENXIO':
      return 'device-missing';
    case 'EADDRINUSE':
      return 'port-taken';
    case 'EACCES':
    case 'EPERM':
      return 'permission';
    case 'ECONNREFUSED':
      return 'refused';
    // ENETUNREACH is also what a socket gets whose own address was removed; it works on when the address returns.
    // ENOPROTOOPT: ICMP protocol unreachable, a machine on which nobody speaks VRRP. ENETDOWN, EHOSTDOWN: the link or the neighbour is down.
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENOPROTOOPT':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return 'unreachable';
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EAGAIN':
      return 'no-buffer';
    case 'EMSGSIZE':
      return 'too-large';
    default:
      return 'other';
  }
}

/** The socket's own end is gone; one bound anew may find it back. */
export function needsNewSocket(code: TransportErrorCode): boolean {
  return code === 'address-missing' || code === 'device-missing';
}

/** The name of the errno: `errnoName`, for errors with codes of their own, or `code`, as Node has it. */
function errnoOf(cause: unknown): unknown {
  if (typeof cause !== 'object' || cause === null) return undefined;
  if ('errnoName' in cause) return cause.errnoName;
  return 'code' in cause ? cause.code : undefined;
}
