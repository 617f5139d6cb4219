import type { LogEvent } from '../../src/observe/index.ts';
import type { Fate } from './oci-client.ts';

/** Counts of what was exercised, by name. */
export type Counts = Record<string, number>;

export interface Coverage {
  count(name: string, by?: number): void;
  logged(event: LogEvent): void;
  asked(router: string, fate: Fate): void;
  moved(late: boolean): void;
  counts(): Counts;
}

const MINUTE = 60_000;

export function createCoverage(now: () => number): Coverage {
  const counts: Counts = {};
  const minutes = new Map<string, number>();

  function count(name: string, by = 1): void {
    counts[name] = (counts[name] ?? 0) + by;
  }

  return {
    count,
    logged(event) {
      count(event.event === 'transition' ? `${event.from} → ${event.to}: ${event.reason}` : `log ${event.event}`);
    },
    asked(router, fate) {
      const key = `${router} ${Math.floor(now() / MINUTE)}`;
      const requests = (minutes.get(key) ?? 0) + 1;
      minutes.set(key, requests);
      counts['most requests of a router in a minute'] = Math.max(
        requests,
        counts['most requests of a router in a minute'] ?? 0,
      );
      count('requests');
      if (fate.failure !== undefined) count(`requests answered ${fate.failure}`);
      if (fate.failure !== undefined && fate.carriedOut) count('failures that were carried out');
      if (fate.returns === undefined) count('answers lost');
      if (fate.lag > 0) count('reads that lag');
    },
    moved(late) {
      count('moves');
      if (late) count('late moves');
    },
    counts: () => counts,
  };
}

/** Sums two, but the maxima. */
export function addCounts(into: Counts, more: Counts): void {
  for (const [name, value] of Object.entries(more)) {
    const before = into[name] ?? 0;
    into[name] = name.startsWith('most ') ? Math.max(before, value) : before + value;
  }
}
