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
const TEN_SECONDS = 10_000;

export function createCoverage(now: () => number): Coverage {
  const counts: Counts = {};
  const perMinute = createMost('most requests of a router in a minute', MINUTE);
  const perTenSeconds = createMost('most requests of a router in ten seconds', TEN_SECONDS);

  function count(name: string, by = 1): void {
    counts[name] = (counts[name] ?? 0) + by;
  }

  /** The most of one router in a span of this length. */
  function createMost(name: string, length: number): (router: string) => void {
    const spans = new Map<string, { span: number; count: number }>();
    let most = 0;
    return (router) => {
      const span = Math.floor(now() / length);
      const counted = spans.get(router) ?? { span, count: 0 };
      spans.set(router, counted);
      counted.count = counted.span === span ? counted.count + 1 : 1;
      counted.span = span;
      if (counted.count <= most) return;
      most = counted.count;
      counts[name] = most;
    };
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
      perMinute(router);
      perTenSeconds(router);
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
