import type { Clock } from '../../src/agent/clock.ts';

/** A clock that stands still until it is told to go on, and the alarms on it. */
export interface VirtualTime extends Clock {
  /** Calls back after so many milliseconds. */
  readonly after: (delay: number, run: () => void) => void;
  /** Goes on to this time, ringing whatever is due on the way, in order. */
  readonly advanceTo: (time: number) => Promise<void>;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/** Wall clock at virtual time zero. */
const EPOCH = Date.UTC(2026, 0, 1);

/**
 * @param settle runs after each alarm, before the next one: lets promises settle and a network deliver.
 */
export function createVirtualTime(settle: () => Promise<void>): VirtualTime {
  const entries = new Set<Entry>();
  let now = 0;
  let order = 0;

  function add(at: number, run: () => void): Entry {
    order += 1;
    const entry = { at, order, run };
    entries.add(entry);
    return entry;
  }

  function nextDue(limit: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of entries) {
      if (entry.at > limit) continue;
      if (next === undefined || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry;
    }
    return next;
  }

  return {
    now: () => now,
    wall: () => EPOCH + now,
    after: (delay, run) => {
      add(now + delay, run);
    },
    createAlarm(ring) {
      let entry: Entry | undefined;
      return {
        set(at) {
          if (entry !== undefined) entries.delete(entry);
          entry = at === undefined ? undefined : add(at, ring);
        },
        close() {
          if (entry !== undefined) entries.delete(entry);
        },
      };
    },
    async advanceTo(time) {
      await settle();
      for (let entry = nextDue(time); entry !== undefined; entry = nextDue(time)) {
        entries.delete(entry);
        now = Math.max(now, entry.at);
        entry.run();
        await settle();
      }
      now = time;
    },
  };
}
