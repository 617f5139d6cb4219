import { AF_UNIX, closeDescriptor, openSocket, SOCK_DGRAM, sendTo } from './libc.ts';

/**
 * Tells systemd how the service is doing (sd_notify(3)). Each method returns whether the message was handed over; none
 * blocks or throws. Without NOTIFY_SOCKET all are no-ops.
 */
export interface Notifier {
  ready(): boolean;
  /** One line for `systemctl status`. */
  status(text: string): boolean;
  /** To be called every `watchdogInterval`. */
  watchdog(): boolean;
  /** A reload begins; `ready` ends it (Type=notify-reload). */
  reloading(): boolean;
  stopping(): boolean;
  /** Milliseconds between two calls of `watchdog`: half the unit's WatchdogSec, as sd_watchdog_enabled(3) advises. */
  readonly watchdogInterval: number | undefined;
  close(): void;
}

export interface NotifierEnvironment {
  readonly NOTIFY_SOCKET?: string | undefined;
  /** Microseconds. */
  readonly WATCHDOG_USEC?: string | undefined;
  /** The process meant; absent: whoever reads it. */
  readonly WATCHDOG_PID?: string | undefined;
}

/** sizeof(sun_path), unix(7). */
const PATH_MAX = 108;

export function createNotifier(env: NotifierEnvironment, pid = process.pid): Notifier {
  const address = env.NOTIFY_SOCKET === undefined ? undefined : socketAddress(env.NOTIFY_SOCKET);
  let fd: number | undefined;

  function send(...fields: readonly string[]): boolean {
    if (address === undefined) return false;
    try {
      fd ??= openSocket(AF_UNIX, SOCK_DGRAM, 0);
      sendTo(fd, Buffer.from(fields.join('\n')), address);
      return true;
    } catch {
      // systemd is busy or re-executing itself. Nothing here may depend on it.
      return false;
    }
  }

  return {
    ready: () => send('READY=1'),
    // A line break would start the next field.
    status: (text) => send(`STATUS=${text.replace(/\s*[\r\n]+\s*/g, ' ')}`),
    watchdog: () => send('WATCHDOG=1'),
    // CLOCK_MONOTONIC, which is what Node's high-resolution time reads on Linux.
    reloading: () => send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => send('STOPPING=1'),
    watchdogInterval: watchdogInterval(env, pid),
    close() {
      if (fd !== undefined) closeDescriptor(fd);
      fd = undefined;
    },
  };
}

function watchdogInterval({ WATCHDOG_USEC, WATCHDOG_PID }: NotifierEnvironment, pid: number): number | undefined {
  if (WATCHDOG_USEC === undefined || !/^[1-9]\d*$/.test(WATCHDOG_USEC)) return undefined;
  if (WATCHDOG_PID !== undefined && WATCHDOG_PID !== '' && WATCHDOG_PID !== String(pid)) return undefined;
  return Number(WATCHDOG_USEC) / 1000 / 2;
}

/** struct sockaddr_un: the family, then a path, or a NUL and an abstract name (written `@name`). */
function socketAddress(name: string): Uint8Array | undefined {
  const path = Buffer.from(name);
  const abstract = name.startsWith('@');
  if (!(abstract || name.startsWith('/')) || path.length >= PATH_MAX) return undefined;
  if (abstract) path[0] = 0;
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  // A path ends with its NUL; an abstract name ends with the address.
  return Buffer.concat([family, path, Buffer.alloc(abstract ? 0 : 1)]);
}
