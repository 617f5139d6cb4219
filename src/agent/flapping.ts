import type { Milliseconds } from '../dgram-vrrp/index.ts';

/** Faults older than this are forgotten. */
const MEMORY: Milliseconds = 600_000;
/** So many faults within the memory are nothing special. */
const TOLERATED = 2;
/** Preempt delay after the first fault beyond that; doubled by each further one. */
const FIRST_DELAY: Milliseconds = 10_000;
const LONGEST_DELAY: Milliseconds = 300_000;

/**
 * A link that comes and goes must not move the VIPs each time it comes: after the third fault within ten minutes this
 * router pre-empts only after a while, and later with each further one.
 */
export interface Flapping {
  faulted(now: Milliseconds): void;
  /** 0: pre-empt as configured. */
  preemptDelay(now: Milliseconds): Milliseconds;
}

export function createFlapping(): Flapping {
  let faults: Milliseconds[] = [];
  return {
    faulted(now) {
      faults = [...faults.filter((at) => now - at < MEMORY), now];
    },
    preemptDelay(now) {
      const beyond = faults.filter((at) => now - at < MEMORY).length - TOLERATED;
      return beyond <= 0 ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (beyond - 1));
    },
  };
}
