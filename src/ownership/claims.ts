import type { Milliseconds, OciErrorCode, VnicId } from '../oci/types.ts';
import { emit, lockOf, type PlanState, refreshToken, without } from './plan-state.ts';
import type { ReadResult } from './plan-types.ts';
import type { Supersession } from './supersession.ts';
import { holds, store, type Vip } from './vip.ts';

/** First wait of the backoff; doubled by each failure up to the longest. */
const FIRST_BACKOFF: Milliseconds = 100;
const LONGEST_BACKOFF: Milliseconds = 2000;
/** Failed claims of every VIP, with none held, that make a mastership hopeless; told at most so often. */
const HOPELESS_FAILURES = 3;
const HOPELESS_INTERVAL: Milliseconds = 60_000;

/** Failures of a write that may have been carried out all the same. */
const MAY_HAVE_HAPPENED: ReadonlySet<OciErrorCode> = new Set(['timeout', 'network', 'server-error']);

type Failure = Extract<ReadResult, { ok: false }>;

/** The claims of one group: when each VIP is claimed, and what follows a failure (rule 1 of plan.ts). */
export interface Claims {
  /** Claims this VIP, if it may be claimed now. */
  claim(vip: Vip): void;
  /** Claims whatever may be claimed and is not waiting for something. */
  claimDue(): void;
  /** A claim was answered. */
  answered(number: number, answer: ReadResult): void;
  /** There is a fresh token: what waits for one goes out now. */
  tokenFound(): void;
  /** A claim, or the read before it, failed: again after a while. */
  retryLater(vip: Vip, failure: Failure): void;
  /** The record may name us: then nothing is left to do for this VIP. `claimed`: by our own write. */
  settle(vip: Vip, claimed: boolean): void;
  /** Gets this VIP with its etag, before the next decision on it. */
  get(vip: Vip): void;
  /** The record of this VIP moved on: it is claimed only on a record of the lock that is as new. */
  doubtLock(vip: Vip): void;
  /** Claims that waited too long in the worker to be sent. */
  lateWritesDropped(): number;
  /** Another mastership begins: no VNIC is known to answer 409. */
  forgetConflicts(): void;
  /** When the first retry is due that nothing but time stands in the way of. */
  due(): Milliseconds | undefined;
}

export function createClaims(state: PlanState, supersession: Supersession): Claims {
  /** VNICs that answered 409: their claims go one by one. */
  const serialVnics = new Set<VnicId>();
  let claims = 0;
  let lateWritesDropped = 0;
  let hopelessAt = Number.NEGATIVE_INFINITY;

  function mayClaim(vip: Vip): boolean {
    if (!state.master || state.superseded || state.frozen || state.config.observe) return false;
    if (vip.record === undefined || holds(vip) || !lockIsNewEnoughFor(vip)) return false;
    return supersession.allowsClaims();
  }

  /**
   * Whoever wrote a VIP may be writing the lock as well, in parallel, and its request may be the slower one: a VIP that
   * was lost is claimed back when the lock was still ours after the time a request can take.
   */
  function lockIsNewEnoughFor(vip: Vip): boolean {
    const lock = lockOf(state);
    if (vip.needsLockFrom === undefined || lock === vip || without(state, 'lock')) return true;
    return lock !== undefined && lock.recordFrom >= vip.needsLockFrom;
  }

  function vnicIsBusy(vnicId: VnicId): boolean {
    return (
      serialVnics.has(vnicId) && state.vips.some((vip) => vip.claim !== undefined && vip.target?.vnicId === vnicId)
    );
  }

  /** Nothing but the clock stands between this VIP and its next claim. */
  function waitsForTime(vip: Vip): boolean {
    if (vip.target === undefined || vip.claim !== undefined || vip.reading) return false;
    return mayClaim(vip) && !vnicIsBusy(vip.target.vnicId);
  }

  function claim(vip: Vip): void {
    if (!waitsForTime(vip) || vip.target === undefined || vip.record === undefined) return;
    claims += 1;
    vip.claim = claims;
    vip.waitsForToken = false;
    delete vip.retryAt;
    const etag = without(state, 'etag') ? '*' : vip.record.etag;
    vip.claimedWith = etag;
    emit(state, { kind: 'claim', claim: claims, target: vip.target, etag });
  }

  function claimDue(): void {
    for (const vip of state.vips) if (vip.retryAt === undefined || vip.retryAt <= state.now) claim(vip);
  }

  function answered(number: number, answer: ReadResult): void {
    const vip = state.vips.find((candidate) => candidate.claim === number);
    if (vip === undefined) return;
    delete vip.claim;
    if (answer.ok) {
      vip.acknowledgedAt = state.now;
      if (vip.claimedWith !== undefined) vip.replaced = vip.claimedWith;
      state.provenAt = state.now;
      store(vip, answer.record, state.now, state.now);
      settle(vip, true);
    } else failed(vip, answer);
    supersession.heed();
    claimDue();
  }

  function failed(vip: Vip, failure: Failure): void {
    if (failure.code === 'expired-unsent') return dropped(vip, failure);
    if (!state.master) return;
    retryLater(vip, failure);
    if (MAY_HAVE_HAPPENED.has(failure.code)) notSure(vip);
    switch (failure.code) {
      case 'precondition-failed':
        // The first time the record just moved on: decide again on the fresh one at once.
        if (vip.failures === 1) delete vip.retryAt;
        doubtLock(vip);
        return get(vip);
      case 'conflict':
        if (vip.target) serialVnics.add(vip.target.vnicId);
        return;
      case 'unauthenticated':
        // With a fresh token at once; if that was refused as well, after the backoff.
        vip.waitsForToken = vip.failures === 1;
        return refreshToken(state);
      case 'no-token':
        vip.waitsForToken = true;
        return;
      case 'not-found':
        return emit(state, { kind: 'rediscover' });
      default:
        return;
    }
  }

  /** It was too old to be sent: what is known now decides anew, at once. */
  function dropped(vip: Vip, { code, message }: Failure): void {
    lateWritesDropped += 1;
    emit(state, { kind: 'claim-failed', address: vip.address, code, message, retryIn: 0 });
    claim(vip);
  }

  function retryLater(vip: Vip, failure: Failure): void {
    const ceiling = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** vip.failures);
    const retryIn = ceiling * (0.5 + state.config.random() / 2);
    vip.failures += 1;
    vip.retryAt = state.now + retryIn;
    vip.error = failure.message;
    emit(state, { kind: 'claim-failed', address: vip.address, code: failure.code, message: failure.message, retryIn });
    const hopeless = state.vips.every((each) => !holds(each) && each.failures >= HOPELESS_FAILURES);
    if (!hopeless || state.now - hopelessAt < HOPELESS_INTERVAL) return;
    hopelessAt = state.now;
    emit(state, { kind: 'hopeless' });
  }

  /**
   * The first time it is just sent again. Then the lock is read along, which nothing waits for: where no write is
   * answered, reads are all that tells of another router that writes, too.
   */
  function notSure(vip: Vip): void {
    if (vip.claimedWith !== undefined) vip.unsureOf ??= vip.claimedWith;
    const lock = lockOf(state);
    if (vip.failures > 1 && vip === lock && !vip.reading) emit(state, { kind: 'get', target: lock.target });
  }

  /** The record of this VIP moved on, so that of the lock may have, too. */
  function doubtLock(vip: Vip): void {
    const lock = lockOf(state);
    if (lock === undefined || lock === vip) return;
    vip.needsLockFrom = Math.max(state.now, vip.needsLockFrom ?? state.now);
    get(lock);
  }

  function get(vip: Vip): void {
    if (vip.target === undefined || vip.reading) return;
    vip.reading = true;
    emit(state, { kind: 'get', target: vip.target });
  }

  function settle(vip: Vip, claimed: boolean): void {
    if (!holds(vip) || vip.doubtfulSince !== undefined) return;
    vip.failures = 0;
    vip.lossReads = 0;
    vip.waitsForToken = false;
    delete vip.retryAt;
    delete vip.needsLockFrom;
    delete vip.error;
    if (!state.master) return;
    const isLock = vip === lockOf(state);
    if (isLock) {
      state.heldLock = true;
      state.disputedSince = undefined;
    }
    state.claimedAny ||= claimed;
    const after = state.now - state.masterSince;
    if (!vip.wasHeld) emit(state, { kind: 'held', address: vip.address, after, claimed, isLock });
    vip.wasHeld = true;
    if (state.allHeldTold || !state.vips.every((each) => each.wasHeld && holds(each))) return;
    state.allHeldTold = true;
    emit(state, { kind: 'all-held', after, claimed: state.claimedAny });
  }

  return {
    claim,
    claimDue,
    answered,
    tokenFound() {
      for (const vip of state.vips) if (vip.waitsForToken) claim(vip);
    },
    retryLater,
    settle,
    get,
    doubtLock,
    lateWritesDropped: () => lateWritesDropped,
    forgetConflicts: () => serialVnics.clear(),
    due() {
      const times = state.vips.flatMap((vip) => (vip.retryAt !== undefined && waitsForTime(vip) ? [vip.retryAt] : []));
      return times.length === 0 ? undefined : Math.min(...times);
    },
  };
}
