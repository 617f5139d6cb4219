/**
 * What the results of a tracker mean. Pure.
 *
 *                 success                         `fall` failures in a row
 *   unknown ──────────────────▶ up ◀─────────────────────────────────────────▶ down
 *      │                                `rise` successes in a row               ▲
 *      └────────────────────────────────────────────────────────────────────────┘
 *          failure, unless it was added by a reload: that must not drop a mastership
 *
 * As keepalived does it, the first result decides at once. Until then a tracker changes nothing: neither a fault at each
 * start, nor points that a router does not have.
 */

import type { TrackerWeight } from '../../config/index.ts';

export type TrackerState = 'unknown' | 'up' | 'down';

export interface TrackerCount {
  readonly state: TrackerState;
  /** Results in a row that say the opposite of `state`. */
  readonly against: number;
}

export const NO_RESULT: TrackerCount = { state: 'unknown', against: 0 };

export interface CountRule {
  readonly fall: number;
  readonly rise: number;
  /** Added by a reload: down only after it was up once. */
  readonly lenient: boolean;
}

/** One more result. */
export function countResult({ state, against }: TrackerCount, succeeded: boolean, rule: CountRule): TrackerCount {
  if (state === 'unknown') {
    if (succeeded) return { state: 'up', against: 0 };
    return rule.lenient ? NO_RESULT : { state: 'down', against: 0 };
  }
  if (succeeded === (state === 'up')) return { state, against: 0 };
  const row = against + 1;
  if (row < (succeeded ? rule.rise : rule.fall)) return { state, against: row };
  return { state: succeeded ? 'up' : 'down', against: 0 };
}

interface Weighed {
  readonly state: TrackerState;
  readonly weight: TrackerWeight;
}

/** True if one of them keeps its group in fault. */
export function meansFault(trackers: readonly Weighed[]): boolean {
  return trackers.some(({ state, weight }) => weight === 'fault' && state === 'down');
}

/** What they add to the priority together: a positive weight while up, a negative one while down. */
export function pointsOf(trackers: readonly Weighed[]): number {
  const points = trackers.map(({ state, weight }) => {
    if (weight === 'fault') return 0;
    return state === (weight > 0 ? 'up' : 'down') ? weight : 0;
  });
  return points.reduce((sum, each) => sum + each, 0);
}

/** 0 is reserved for resigning and 255 for the owner of the addresses (RFC 9568 §5.2.4). */
const LEAST_PRIORITY = 1;
const MOST_PRIORITY = 254;

export function clampPriority(priority: number): number {
  return Math.min(MOST_PRIORITY, Math.max(LEAST_PRIORITY, priority));
}
