import type { Milliseconds } from '../oci/types.ts';

/** Distance of the rounds after a conflict, and after a round without any answer. */
const SHORT_INTERVAL: Milliseconds = 1000;
/** Clean rounds that end the short intervals after a conflict. */
const CLEAN_ROUNDS = 2;

/** When the VIPs are read (DESIGN §4 rule 5): each `verifyInterval`, each second after a conflict until it is over. */
export interface Rounds {
  /** When the next round is due; undefined while one is under way, or nothing is planned. */
  due(): Milliseconds | undefined;
  underWay(): boolean;
  /** The last round began long enough ago for another one. */
  restedAt(now: Milliseconds): boolean;
  /** Plans a round after so long, unless one is due sooner. */
  plan(now: Milliseconds, after: Milliseconds): void;
  /** There is nothing to read now: look again after so long. */
  skip(now: Milliseconds, after: Milliseconds): void;
  begin(now: Milliseconds): void;
  /** One VIP was answered, or not; `dirty`: it was not where it should be. */
  answered(ok: boolean, dirty: boolean): void;
  end(now: Milliseconds, options: { readonly interval: Milliseconds; readonly heedConflict: boolean }): void;
  /** Somebody else may write: read until that is over. */
  conflict(now: Milliseconds): void;
  forgetConflict(): void;
  /** The last conflict is not over yet. */
  inConflict(): boolean;
  /** Rounds in a row without one answer. */
  failed(): number;
}

/** @param requestTimeout a write that was sent before the conflict was seen may land as late as this after it. */
export function createRounds(requestTimeout: () => Milliseconds): Rounds {
  let dueAt: Milliseconds | undefined;
  let underWay = false;
  let startedAt: Milliseconds = Number.NEGATIVE_INFINITY;
  let answers = 0;
  let clean = true;
  let failed = 0;
  let conflictAt: Milliseconds | undefined;
  let cleanRounds = 0;

  function plan(now: Milliseconds, after: Milliseconds): void {
    const at = now + after;
    if (dueAt === undefined || at < dueAt) dueAt = at;
  }

  return {
    due: () => (underWay ? undefined : dueAt),
    underWay: () => underWay,
    restedAt: (now) => now - startedAt >= SHORT_INTERVAL,
    plan,
    skip(now, after) {
      dueAt = now + after;
    },
    begin(now) {
      dueAt = undefined;
      underWay = true;
      startedAt = now;
      answers = 0;
      clean = true;
    },
    answered(ok, dirty) {
      if (ok) answers += 1;
      if (!ok || dirty) clean = false;
    },
    end(now, { interval, heedConflict }) {
      underWay = false;
      failed = answers > 0 ? 0 : failed + 1;
      if (conflictAt !== undefined && clean && answers > 0 && startedAt > conflictAt + requestTimeout()) {
        cleanRounds += 1;
        if (cleanRounds >= CLEAN_ROUNDS) conflictAt = undefined;
      }
      const often = failed > 0 || (conflictAt !== undefined && heedConflict);
      plan(now, often ? Math.min(SHORT_INTERVAL, interval) : interval);
    },
    conflict(now) {
      conflictAt = now;
      cleanRounds = 0;
      plan(now, SHORT_INTERVAL);
    },
    forgetConflict() {
      conflictAt = undefined;
    },
    inConflict: () => conflictAt !== undefined,
    failed: () => failed,
  };
}
