import type { Candidacy } from './election-candidacy.ts';
import type { ArmedTimer, ElectionTimers } from './election-timers.ts';
import type { ElectionConfig, ElectionTimer } from './election-types.ts';
import type { Milliseconds } from './timing.ts';

/** After a stall whatever is queued is read for this long, before anything is sent or taken over. */
const RESUME_DELAY: Milliseconds = 10;

/**
 * Can a timer be believed that fires now? The process or the machine may have stood still, and what was heard meanwhile
 * waits in a socket.
 *
 *  - `stalled`: more than one interval late. Nothing it says counts.
 *  - `read-first`: late enough that something may be queued; timers come before sockets.
 */
type Lateness = 'in-time' | 'read-first' | 'stalled';

/** @param interval what a master's adverts are apart */
function judgeLateness(armed: ArmedTimer, now: Milliseconds, interval: Milliseconds): Lateness {
  const late = now - armed.at;
  if (late > interval) return 'stalled';
  return armed.timer !== 'advert' && late > RESUME_DELAY ? 'read-first' : 'in-time';
}

/** What a timer that rings late is worth, and what is armed in its place. */
export interface Stalls {
  /** False: it fired too late, and another one was armed in its place. */
  believes(armed: ArmedTimer, now: Milliseconds): boolean;
  /** Listens anew, but not for a shorter time than it would have. */
  resumed(late: Milliseconds, now: Milliseconds): void;
}

export function createStalls(election: {
  readonly config: () => ElectionConfig;
  readonly candidacy: Candidacy;
  readonly timers: ElectionTimers;
  readonly arm: (timer: ElectionTimer, wait: () => Milliseconds) => void;
  /** It stood still for so long. */
  readonly tell: (late: Milliseconds) => void;
}): Stalls {
  const { config, candidacy, timers, arm, tell } = election;
  const resume = () => Math.min(RESUME_DELAY, config().interval);
  const isOn = () => config().extensions?.stallRule === true;
  return {
    believes(armed, now) {
      if (!isOn()) return true;
      const { timer } = armed;
      const lateness = judgeLateness(armed, now, timer === 'advert' ? config().interval : candidacy.activeInterval());
      if (lateness === 'in-time' || (lateness === 'read-first' && armed.wait === resume)) return true;
      if (lateness === 'read-first') {
        arm(timer, resume);
        return false;
      }
      tell(now - armed.at);
      if (timer === 'advert') {
        arm('advert', resume);
      } else {
        timers.disarm('preempt');
        arm('master-down', candidacy.masterDown);
      }
      return false;
    },
    resumed(late, now) {
      const armed = timers.get('master-down');
      if (!isOn() || late <= candidacy.activeInterval()) return;
      if (armed === undefined || armed.at >= now + candidacy.masterDown()) return;
      tell(late);
      arm('master-down', candidacy.masterDown);
    },
  };
}
