/** The reads of a discovery, which come all at once: so many at a time, and again when the tenancy throttles them. */
import { backoff } from './deadline.ts';
import { OciFault } from './errors.ts';
import type { Milliseconds } from './types.ts';

/** Runs a read and answers what it answers. Rejects as it rejects. */
export type Read = <T>(work: () => Promise<T>) => Promise<T>;

export interface ReadsOptions {
  /** How many run at a time, so that no read spends its deadline waiting for a connection. */
  readonly count: number;
  /** How long after now a read that was throttled is still tried again. */
  readonly patience: Milliseconds;
  readonly now: () => Milliseconds;
  readonly sleep: (duration: Milliseconds) => Promise<void>;
  /** From 0 to 1. */
  readonly random: () => number;
}

/**
 * A read that is answered 429 keeps its place while it waits, so that the more are throttled, the fewer are sent. To
 * give up on the first 429 would be to ask for everything anew, and to be throttled at the same point again.
 */
export function createReads({ count, patience, now, sleep, random }: ReadsOptions): Read {
  const giveUpAt = now() + patience;
  const queue: (() => void)[] = [];
  let running = 0;

  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const wait = backoff(attempt, random());
        if (!(error instanceof OciFault) || error.code !== 'throttled' || now() + wait > giveUpAt) throw error;
        await sleep(wait);
      }
    }
  }

  return async (work) => {
    if (running >= count) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await persist(work);
    } finally {
      // The place is handed on rather than given up, so that nobody slips in between.
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
