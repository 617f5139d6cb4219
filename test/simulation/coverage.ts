import type { LogEvent } from '../../src/observe/index.ts';
import type { Fate } from './oci-client.ts';
import type { Scenario } from './scenario.ts';

/** Counts of what was exercised, by name. */
export type Counts = Record<string, number>;

export interface Coverage {
  count(name: string, by?: number): void;
  scenario(scenario: Scenario): void;
  logged(event: LogEvent): void;
  asked(router: string, fate: Fate): void;
  moved(late: boolean): void;
  counts(): Counts;
}

const MINUTE = 60_000;

export function createCoverage(now: () => number): Coverage {
  const counts: Counts = {};
  const spans = new Map<string, { span: number; count: number }>();

  function count(name: string, by = 1): void {
    counts[name] = (counts[name] ?? 0) + by;
  }

  function noteMost(name: string, router: string, length: number): void {
    const span = Math.floor(now() / length);
    const key = name + router;
    const counted = spans.get(key);
    const so = counted?.span === span ? counted.count + 1 : 1;
    spans.set(key, { span, count: so });
    counts[name] = Math.max(so, counts[name] ?? 0);
  }

  return {
    count,
    scenario({ routers, groups, clocks, faults, ...rest }) {
      count(`seeds with ${routers} routers`);
      count(`seeds with ${groups.length} ${groups.length === 1 ? 'group' : 'groups'}`);
      const priorities = groups.map(({ priority }) => Object.values(priority));
      const features: Record<string, boolean> = {
        'equal priorities': priorities.some((values) => new Set(values).size < values.length),
        'preempt: false': groups.some(({ preempt }) => !preempt),
        'a preempt delay': groups.some(({ preemptDelay }) => preemptDelay > 0),
        'clocks at different speeds': Object.values(clocks).some(({ rate }) => rate !== 0),
        'wall clocks apart': Object.values(clocks).some(({ ahead }) => ahead !== 0),
        'a router of an older release': rest.older.length > 0,
        'no fault': faults.length === 0,
        'a tenancy that throttles': rest.throttle > 0,
        signatures: rest.signed,
        'datagrams lost all the time': rest.loss > 0,
      };
      for (const [name, has] of Object.entries(features)) if (has) count(`seeds with ${name}`);
    },
    logged(event) {
      count(event.event === 'transition' ? `${event.from} → ${event.to}: ${event.reason}` : `log ${event.event}`);
    },
    asked(router, fate) {
      noteMost('most requests of a router in a minute', router, MINUTE);
      noteMost('most requests of a router in ten seconds', router, 10_000);
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
