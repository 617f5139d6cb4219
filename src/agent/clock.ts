import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { Alarm } from '../ownership/index.ts';

/** The two clocks of a router, injected everywhere so that a simulation can run whole routers. */
export interface Clock {
  /** Monotonic; never steps. All timers are on it. */
  readonly now: () => Milliseconds;
  /** Unix time in milliseconds, for signatures and for people. */
  readonly wall: () => Milliseconds;
  readonly createAlarm: (ring: () => void) => Alarm;
}

/** Wall clock time of a monotonic instant, ISO 8601. */
export function wallTimeOf(clock: Clock, at: Milliseconds): string {
  return new Date(clock.wall() - (clock.now() - at)).toISOString();
}

/** The machine's clocks. `now` is CLOCK_MONOTONIC, so that the log lines of two processes can be laid side by side. */
export const systemClock: Clock = {
  now: monotonic,
  wall: Date.now,
  createAlarm,
};

function monotonic(): Milliseconds {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * setTimeout takes whole milliseconds and may fire early by a part of one: never ring before the time. And ring after the
 * sockets were read: when a process goes on after a stall, Node runs timers first, and an advert that waits in a socket
 * must count before the timer that says there was none. Sockets that are watched through koffi (netlink, protocol 112) are
 * read by an immediate of that same turn (linux/poll.ts), so it is the next turn's that rings.
 */
function createAlarm(ring: () => void): Alarm {
  let timeout: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  let due: Milliseconds | undefined;
  let closed = false;

  function check(): void {
    timeout = undefined;
    if (due === undefined) return;
    if (due > monotonic()) return wait(due);
    immediate = setImmediate(() => {
      immediate = setImmediate(() => {
        immediate = undefined;
        due = undefined;
        ring();
      });
    });
  }

  function wait(at: Milliseconds): void {
    timeout = setTimeout(check, Math.max(1, Math.ceil(at - monotonic())));
  }

  return {
    set(at) {
      if (closed || at === due) return;
      due = at;
      clearTimeout(timeout);
      clearImmediate(immediate);
      immediate = undefined;
      timeout = undefined;
      if (at !== undefined) wait(at);
    },
    close() {
      closed = true;
      due = undefined;
      clearTimeout(timeout);
      clearImmediate(immediate);
    },
  };
}
