import type { Clock } from '../../src/agent/clock.ts';
import type { Alarm } from '../../src/ownership/index.ts';
import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * One run of a daemon on its machine. What is due while it stands still (SIGSTOP, a hypervisor that took the processor
 * away) waits: timers ring late, datagrams queue in the socket, answers of the API are read afterwards.
 */
export interface Process {
  readonly clock: Clock;
  isAlive(): boolean;
  isStalled(): boolean;
  /** Runs something in it after a while; later where it stands still, never once it is gone. */
  after(delay: number, run: () => void): void;
  /** A datagram arrived on a path: run this when it is read. False: the socket's buffer is full. */
  datagram(path: string, run: () => void): boolean;
  /** `paused`: the machine as a whole, so that nothing waits in its sockets. */
  stall(paused: boolean): void;
  resume(chance: Chance): void;
  kill(): void;
}

/** Datagrams that a socket keeps: net.core.rmem_default over the true size of a small one. The oldest stay. */
const SOCKET_BUFFER = 166;
/** A timer never rings early, and hardly ever at once. */
const LATENESS = { least: 0.001, most: 1.5 };
/** Between two things that waited. */
const CATCH_UP = 0.02;

interface Waiting {
  readonly kind: 'timer' | 'datagram' | 'answer';
  readonly run: () => void;
}

export function createProcess(options: {
  readonly time: VirtualTime;
  readonly chance: Chance;
  /** The machine's monotonic clock: how much faster than true time it runs, and what it showed at true time zero. */
  readonly monotonic: { readonly rate: number; readonly offset: number };
  readonly wall: () => number;
  /** Wraps whatever runs in the process. `resolves`: it may resolve promises. */
  readonly guard: (run: () => void, resolves: boolean) => void;
}): Process {
  const { time, chance, guard } = options;
  const { rate, offset } = options.monotonic;
  const now = () => offset + time.now() * rate;
  /** True time at which the machine's clock will show this. */
  const whenShown = (at: number) => (at - offset) / rate;
  const buffered = new Map<string, number>();
  let waiting: Waiting[] = [];
  let alive = true;
  let stalled = false;
  let isPaused = false;

  function enter(kind: Waiting['kind'], run: () => void): void {
    if (!alive) return;
    if (stalled) waiting.push({ kind, run });
    else guard(run, kind === 'answer');
  }

  function createAlarm(ring: () => void): Alarm {
    let due: number | undefined;
    const rung = () => {
      const wanted = due;
      if (wanted === undefined) return;
      enter('timer', () => {
        if (due !== wanted) return;
        due = undefined;
        ring();
      });
    };
    const alarm = time.createAlarm(rung);
    return {
      set(at) {
        if (at === due) return;
        due = at;
        alarm.set(at === undefined ? undefined : whenShown(at) + chance.between(LATENESS.least, LATENESS.most));
      },
      close() {
        due = undefined;
        alarm.close();
      },
    };
  }

  return {
    clock: { now, wall: options.wall, createAlarm },
    isAlive: () => alive,
    isStalled: () => stalled,
    after: (delay, run) => time.after(delay, () => enter('answer', run)),
    datagram(path, run) {
      if (stalled) {
        if (isPaused) return false;
        const count = buffered.get(path) ?? 0;
        if (count >= SOCKET_BUFFER) return false;
        buffered.set(path, count + 1);
      }
      enter('datagram', run);
      return true;
    },
    stall(paused) {
      stalled = true;
      isPaused = paused;
    },
    resume(order) {
      if (!alive || !stalled) return;
      stalled = false;
      buffered.clear();
      const caughtUp = inSomeOrder(waiting, order);
      waiting = [];
      caughtUp.forEach(({ kind, run }, index) => {
        time.after(index * CATCH_UP, () => enter(kind, run));
      });
    },
    kill() {
      alive = false;
      waiting = [];
    },
  };
}

/** Datagrams of one socket that libuv reads in one turn of the event loop. */
const READ_AT_ONCE = 32;

/** Alarms ring after the sockets were read (agent/clock.ts), but one turn of the event loop reads only so much. */
function inSomeOrder(waiting: readonly Waiting[], chance: Chance): readonly Waiting[] {
  const timers = waiting.filter(({ kind }) => kind === 'timer');
  const datagrams = waiting.filter(({ kind }) => kind === 'datagram');
  const answers = waiting.filter(({ kind }) => kind === 'answer');
  const read = [...datagrams.slice(0, READ_AT_ONCE), ...(chance.below(2) === 0 ? answers : [])];
  return [...read, ...timers, ...waiting.filter((each) => each.kind !== 'timer' && !read.includes(each))];
}
