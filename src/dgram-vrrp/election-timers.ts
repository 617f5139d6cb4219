import type { ElectionAction, ElectionTimer } from './election-types.ts';
import type { Milliseconds } from './timing.ts';

/** A timer that runs. */
export interface ArmedTimer {
  readonly timer: ElectionTimer;
  /** An expiry that names another generation was overtaken and does nothing. */
  readonly generation: number;
  readonly armedAt: Milliseconds;
  readonly at: Milliseconds;
  /** What it waits for, from the configuration and priority of the moment it is asked. */
  readonly wait: () => Milliseconds;
}

type ArmAction = Extract<ElectionAction, { kind: 'arm' }>;

/** The timers of one election. They ring nowhere: whoever runs the election asks for the next one. */
export interface ElectionTimers {
  /** Arms a timer, or arms it anew. `since`: from when its wait counts. */
  arm(timer: ElectionTimer, wait: () => Milliseconds, since: Milliseconds): ArmAction;
  /**
   * What a timer that runs waits for became another time: what it has waited already counts. One that was due before is
   * left as it is: how late it rings tells whether the process or the machine stood still.
   */
  rearm(timer: ElectionTimer, now: Milliseconds): ArmAction | undefined;
  /** True if it was armed. */
  disarm(timer: ElectionTimer): boolean;
  get(timer: ElectionTimer): ArmedTimer | undefined;
  next(): ArmedTimer | undefined;
}

export function createElectionTimers(): ElectionTimers {
  const timers = new Map<ElectionTimer, ArmedTimer>();
  let generation = 0;

  function arm(timer: ElectionTimer, wait: () => Milliseconds, since: Milliseconds, least: Milliseconds): ArmAction {
    generation += 1;
    const after = Math.max(least, wait());
    timers.set(timer, { timer, generation, armedAt: since, at: since + after, wait });
    return { kind: 'arm', timer, generation, after };
  }

  return {
    arm: (timer, wait, since) => arm(timer, wait, since, 0),
    rearm(timer, now) {
      const armed = timers.get(timer);
      if (armed === undefined || armed.at < now) return undefined;
      // Due at once, if it has waited longer already. An instant in the past would look like a stall.
      return arm(timer, armed.wait, armed.armedAt, now - armed.armedAt);
    },
    disarm: (timer) => timers.delete(timer),
    get: (timer) => timers.get(timer),
    next() {
      let next: ArmedTimer | undefined;
      for (const armed of timers.values()) if (next === undefined || armed.at < next.at) next = armed;
      return next;
    },
  };
}
