import type { GroupState, HistoryEntry } from '../control/api.ts';

/** Entries kept; older ones are forgotten. */
const KEPT = 500;

interface Entry extends Omit<HistoryEntry, 'claims'> {
  readonly claims: Map<string, number | null>;
}

/** Past transitions of all groups with the claims they led to. */
export interface History {
  transition(entry: {
    readonly time: number;
    readonly group: string;
    readonly from: GroupState;
    readonly to: GroupState;
    readonly reason: string;
    /** As they are now: what is held already needs no claim. */
    readonly vips: readonly { readonly address: string; readonly held: boolean }[];
  }): void;
  /** A VIP was held, so many milliseconds after the group's last transition to master. */
  held(group: string, address: string, after: number): void;
  /** Oldest first, the last `limit`. */
  entries(limit?: number): readonly HistoryEntry[];
}

/** Keeps the history in memory: it starts anew with the daemon. */
export function createHistory(): History {
  const entries: Entry[] = [];
  return {
    transition({ time, group, from, to, reason, vips }) {
      const claims = new Map<string, number | null>();
      if (to === 'master') for (const { address, held } of vips) claims.set(address, held ? 0 : null);
      entries.push({ time: new Date(time).toISOString(), group, from, to, reason, claims });
      if (entries.length > KEPT) entries.shift();
    },
    held(group, address, after) {
      const last = entries.findLast((entry) => entry.group === group && entry.to === 'master');
      if (last?.claims.get(address) === null) last.claims.set(address, after);
    },
    entries(limit = KEPT) {
      return entries.slice(-limit).map((entry) => ({
        ...entry,
        claims: [...entry.claims].map(([address, heldAfter]) => ({ address, heldAfter })),
      }));
    },
  };
}
