import type { ArmedTimer } from './election-timers.ts';
import type { Milliseconds } from './timing.ts';

/** After a stall whatever is queued is read for this long, before anything is sent or taken over. */
export const RESUME_DELAY: Milliseconds = 10;

/**
 * Can a timer be believed that fires now? The process or the machine may have stood still, and what was heard meanwhile
 * waits in a socket.
 *
 *  - `stalled`: more than one interval late. Nothing it says counts.
 *  - `read-first`: late enough that something may be queued; timers come before sockets.
 */
export type Lateness = 'in-time' | 'read-first' | 'stalled';

/** @param interval what a master's adverts are apart */
export function judgeLateness(armed: ArmedTimer, now: Milliseconds, interval: Milliseconds): Lateness {
  const late = now - armed.at;
  if (late > interval) return 'stalled';
  return armed.timer !== 'advert' && late > RESUME_DELAY ? 'read-first' : 'in-time';
}
