import { constants as osConstants } from 'node:os';
import { getSystemErrorName } from 'node:util';

const constants = osConstants.errno;

/** Why a call into the kernel failed, as far as a caller has to tell the cases apart. */
export type LinuxErrorCode =
  | 'permission-denied'
  | 'no-such-device'
  | 'already-exists'
  | 'address-not-available'
  | 'address-in-use'
  | 'overrun'
  | 'busy'
  | 'bad-descriptor'
  | 'invalid-argument'
  | 'not-supported'
  | 'no-receiver'
  | 'out-of-resources'
  | 'bad-reply'
  | 'timed-out'
  | 'unknown';

/** A call into the kernel that failed. The one error class of this folder. */
export class LinuxError extends Error {
  override readonly name = 'LinuxError';
  readonly code: LinuxErrorCode;
  /** The call and its object, for example `RTM_NEWADDR 10.0.0.4/32 on ens5`. */
  readonly call: string;
  /** As in errno(3), positive. Absent where the kernel reported none (`bad-reply`, `timed-out`). */
  readonly errno: number | undefined;
  /** `ENODEV`, where the kernel reported one. */
  readonly errnoName: string | undefined;

  constructor(code: LinuxErrorCode, call: string, reason: string, errno?: number, cause?: unknown) {
    super(`${call}: ${reason}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.call = call;
    this.errno = errno;
    this.errnoName = errno === undefined ? undefined : errnoName(errno);
  }
}

/**
 * A LinuxError for an errno value.
 *
 * @param errno positive, as errno(3) lists them
 * @param detail the kernel's own words, where it gave some (netlink extended acknowledgement)
 */
export function errorFromErrno(errno: number, call: string, detail?: string): LinuxError {
  const code = codeOf(errno);
  const words = detail ?? (code === 'unknown' ? 'failed' : code.replaceAll('-', ' '));
  return new LinuxError(code, call, `${words} (${errnoName(errno)})`, errno);
}

function codeOf(errno: number): LinuxErrorCode {
  switch (errno) {
    // CAP_NET_ADMIN or CAP_NET_RAW is missing, or a file's mode forbids it.
    case constants.EPERM:
    case constants.EACCES:
      return 'permission-denied';
    // The interface went away, or never had that name or index.
    case constants.ENODEV:
    case constants.ENXIO:
      return 'no-such-device';
    // The address or route is already there.
    case constants.EEXIST:
      return 'already-exists';
    // Removing or binding an address that the interface does not carry.
    case constants.EADDRNOTAVAIL:
      return 'address-not-available';
    // Another socket is bound there.
    case constants.EADDRINUSE:
      return 'address-in-use';
    // netlink(7): messages were dropped because the receive buffer was full.
    case constants.ENOBUFS:
      return 'overrun';
    // A dump is already under way on that netlink socket; or the kernel asks to try again.
    case constants.EBUSY:
    case constants.EAGAIN:
    case constants.EINTR:
      return 'busy';
    // The descriptor was closed, or is no socket.
    case constants.EBADF:
    case constants.ENOTSOCK:
      return 'bad-descriptor';
    // The kernel does not take these bytes or this option value.
    case constants.EINVAL:
    case constants.EMSGSIZE:
    case constants.ERANGE:
      return 'invalid-argument';
    // The kernel was built without it (IPv6 off, for example), or it is no option of this socket.
    case constants.EOPNOTSUPP:
    case constants.EAFNOSUPPORT:
    case constants.EPROTONOSUPPORT:
    case constants.ENOPROTOOPT:
    case constants.ENOSYS:
      return 'not-supported';
    // unix(7): no socket at that path, or nobody reads it.
    case constants.ENOENT:
    case constants.ECONNREFUSED:
    case constants.ENOTCONN:
      return 'no-receiver';
    // Descriptors or memory ran out.
    case constants.ENOMEM:
    case constants.EMFILE:
    case constants.ENFILE:
      return 'out-of-resources';
    default:
      return 'unknown';
  }
}

/** `ENODEV` for 19. Node throws for a value it has no name for, such as 0. */
function errnoName(errno: number): string {
  return errno > 0 ? getSystemErrorName(-errno) : `errno ${errno}`;
}
