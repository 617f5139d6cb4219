import type { Clock } from '../../src/agent/clock.ts';

/** A clock that stands still until it is told to go on, and the alarms on it. */
export interface VirtualTime extends Clock {
  /** Calls back after so many milliseconds. */
  readonly after: (delay: number, run: () => void) => void;
  /** Goes on to this time, ringing whatever is due on the way, in order. */
  readonly advanceTo: (time: number) => Promise<void>;
  /** Of everything that happened so far, and when, in its order: equal for equal runs, 8 hex digits. */
  readonly fingerprint: () => string;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Wall clock at virtual time zero. */
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * @param settle runs after each alarm, before the next one: lets promises settle and a network deliver. Answers
 *   nothing where there is nothing to wait for, which is much faster.
 */
export function createVirtualTime(settle: () => Promise<void> | undefined): VirtualTime {
  const queue = createQueue();
  let now = 0;
  let order = 0;
  let digest = 0;

  function add(at: number, run: () => void): Entry {
    order += 1;
    const entry = { at: Math.max(at, now), order, run };
    queue.push(entry);
    return entry;
  }

  return {
    fingerprint: () => (digest >>> 0).toString(16).padStart(8, '0'),
    now: () => now,
    wall: () => EPOCH + now,
    after: (delay, run) => {
      add(now + delay, run);
    },
    createAlarm(ring) {
      let entry: Entry | undefined;
      let due: number | undefined;
      const rung = () => {
        entry = undefined;
        if (due === undefined) return;
        if (due > now) {
          entry = add(due, rung);
          return;
        }
        due = undefined;
        ring();
      };
      return {
        set(at) {
          due = at;
          // One that is put off again and again, as adverts do it, stays in the queue and looks when it is rung.
          if (at === undefined || (entry !== undefined && entry.at <= at)) return;
          if (entry !== undefined) entry.run = undefined;
          entry = add(at, rung);
        },
        close() {
          due = undefined;
          if (entry !== undefined) entry.run = undefined;
          entry = undefined;
        },
      };
    },
    async advanceTo(time) {
      let standstill = 0;
      await settle();
      for (let entry = queue.first(); entry !== undefined && entry.at <= time; entry = queue.first()) {
        queue.shift();
        const { run } = entry;
        if (run === undefined) continue;
        standstill = entry.at === now ? standstill + 1 : 0;
        if (standstill > STANDSTILL) throw new Error(`the clock stands still at ${now} ms: something rings for ever`);
        now = entry.at;
        digest = mix(digest, entry);
        entry.run = undefined;
        run();
        const settled = settle();
        if (settled !== undefined) await settled;
      }
      now = time;
    },
  };
}

/** A step of FNV-1a over the instant, to a microsecond, and over when it was arranged. */
function mix(digest: number, { at, order }: Entry): number {
  return Math.imul(digest ^ Math.floor((at * 1000) % 0xffff_ffff) ^ order, 0x01000193);
}

/** Alarms at one instant that no honest run needs. */
const STANDSTILL = 20_000;

/** A binary heap by time, then by order. Entries that were called off stay in it without their `run`. */
function createQueue() {
  const heap: Entry[] = [];
  const isBefore = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order);

  function push(entry: Entry): void {
    let index = heap.length;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || isBefore(parent, entry)) break;
      heap[index] = parent;
      index = above;
    }
    heap[index] = entry;
  }

  function shift(): void {
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let below = 2 * index + 1;
      let child = heap[below];
      if (child === undefined) break;
      const right = heap[below + 1];
      if (right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (isBefore(last, child)) break;
      heap[index] = child;
      index = below;
    }
    heap[index] = last;
  }

  return { push, shift, first: () => heap[0] };
}
