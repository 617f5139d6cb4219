import type { Clock } from './clock.ts';
import { type Hold, nextHold, supersedes } from './hold.ts';
import type { StateStore } from './state-store.ts';

/** The holds of all groups, saved whenever one changes. */
export interface HoldBook {
  /** The last command known, ended ones included: they must not come back through a peer that missed the end. */
  get(group: string): Hold | null;
  /** Gives a command here; answers its record. */
  command(group: string, target: string | null): Hold;
  /** Hears of a command from a peer. True if it is news. */
  merge(group: string, hold: Hold): boolean;
}

export function createHoldBook(store: StateStore, self: string, wall: Clock['wall']): HoldBook {
  const holds = new Map<string, Hold>(Object.entries(store.load().holds));

  function keep(group: string, hold: Hold): void {
    holds.set(group, hold);
    store.save({ holds: Object.fromEntries(holds) });
  }

  return {
    get: (group) => holds.get(group) ?? null,
    command(group, target) {
      const hold = nextHold(target, self, wall(), holds.get(group) ?? null);
      keep(group, hold);
      return hold;
    },
    merge(group, hold) {
      if (!supersedes(hold, holds.get(group) ?? null)) return false;
      keep(group, hold);
      return true;
    },
  };
}
