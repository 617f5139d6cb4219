/**
 * Which VIP to claim next (DESIGN §4, ownership; one plan per group).
 *
 * OCI's record of a private IP is the truth, guarded by its etag. A claim is one `UpdatePrivateIp(vnicId)` with
 * `if-match` on the etag last read; nothing is ever deleted, unassigned or created.
 *
 *  1. Only a master claims; on becoming master every VIP at once, in parallel, from the cached etags. Each is retried
 *     on its own for as long as this router is master:
 *       429, 5xx, timeout, network   exponential backoff with jitter; a write that did happen shows as 412
 *       409                          the same, and from then on that VNIC's claims go one by one
 *       401, no token                a fresh token first
 *       412                          read, then decide again
 *       404                          look for the object again
 *  2. Whether a VIP may be claimed is decided in `mayClaim` alone, on the record read last.
 *  5. Every router reads every VIP each `verifyInterval`, which keeps the etags true. A master reads at once after a
 *     conflict and then each second until two clean rounds lie later than `requestTimeout` after it. A read that
 *     started before our own write was acknowledged says nothing; a loss counts after two reads.
 *
 * Pure: time is an argument, answers are events, chance is injected.
 */

import type { Milliseconds, PrivateIpRecord, VnicId } from '../oci/types.ts';
import type { Plan, PlanAction, PlanConfig, PlanEvent, ReadResult, Target, VipView } from './plan-types.ts';

/** First wait of the backoff; doubled by each failure up to the longest. */
const FIRST_BACKOFF: Milliseconds = 100;
const LONGEST_BACKOFF: Milliseconds = 2000;
/** Distance of the reads after a conflict. */
const CONFLICT_READ_INTERVAL: Milliseconds = 1000;
/** Reads that must show a loss before it is believed. */
const READS_THAT_PROVE_LOSS = 2;
/** Clean rounds that end the reads after a conflict. */
const CLEAN_ROUNDS = 2;

interface Vip {
  readonly address: string;
  target?: Target;
  record?: PrivateIpRecord;
  verifiedAt?: Milliseconds;
  sinceAt?: Milliseconds;
  /** When our last write was acknowledged. */
  acknowledgedAt: Milliseconds;
  /** Number of the claim under way. */
  claim?: number;
  /** A `get` is under way; the next decision waits for it. */
  reading: boolean;
  retryAt?: Milliseconds;
  /** The retry goes out with the next token, whatever `retryAt` says. */
  waitsForToken: boolean;
  failures: number;
  /** Held since the election made us master. */
  wasHeld: boolean;
  lossReads: number;
  error?: string;
}

/** Creates the plan of one group. */
export function createPlan(initial: PlanConfig): Plan {
  let config = initial;
  let now: Milliseconds = 0;
  let actions: PlanAction[] = [];
  let vips: Vip[] = initial.vips.map(newVip);

  let master = false;
  let frozen = false;
  let masterSince: Milliseconds = 0;
  let allHeldTold = false;
  /** At least one VIP had to be claimed since this router became master. */
  let claimedAny = false;
  let claims = 0;
  const serialVnics = new Set<VnicId>();

  let readAt: Milliseconds | undefined;
  let reading = false;
  let readsStartedAt: Milliseconds = 0;
  let readsAnswered = 0;
  let readsClean = true;
  let failedRounds = 0;
  let provenAt: Milliseconds = Number.NEGATIVE_INFINITY;
  let conflictAt: Milliseconds | undefined;
  let cleanRounds = 0;

  const emit = (action: PlanAction) => actions.push(action);
  const holds = (vip: Vip) => vip.target !== undefined && vip.record?.vnicId === vip.target.vnicId;

  // Claiming

  /**
   * Rule 2, the decision by holder, has its place here: the record that was read last, and who holds it, decide
   * whether this master may take the VIP. A master that nobody disputes may.
   */
  const mayClaim = (vip: Vip) =>
    master && !frozen && !config.observe && vip.target !== undefined && vip.record !== undefined && !holds(vip);

  function vnicIsBusy(vnicId: VnicId): boolean {
    return serialVnics.has(vnicId) && vips.some((vip) => vip.claim !== undefined && vip.target?.vnicId === vnicId);
  }

  /** Nothing but the clock stands between this VIP and its next claim. */
  function waitsForTime(vip: Vip): boolean {
    if (!mayClaim(vip) || vip.claim !== undefined || vip.reading) return false;
    return vip.target !== undefined && !vnicIsBusy(vip.target.vnicId);
  }

  function claim(vip: Vip): void {
    if (!waitsForTime(vip) || vip.target === undefined || vip.record === undefined) return;
    claims += 1;
    vip.claim = claims;
    vip.waitsForToken = false;
    delete vip.retryAt;
    emit({ kind: 'claim', claim: claims, target: vip.target, etag: vip.record.etag });
  }

  /** Claims whatever may be claimed and is not waiting for something. */
  function claimDue(): void {
    for (const vip of vips) if (vip.retryAt === undefined || vip.retryAt <= now) claim(vip);
  }

  function retryLater(vip: Vip, failure: Extract<ReadResult, { ok: false }>): void {
    const ceiling = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** vip.failures);
    const retryIn = ceiling * (0.5 + config.random() / 2);
    vip.failures += 1;
    vip.retryAt = now + retryIn;
    vip.error = failure.message;
    emit({ kind: 'claim-failed', address: vip.address, code: failure.code, message: failure.message, retryIn });
  }

  function get(vip: Vip): void {
    if (vip.target === undefined || vip.reading) return;
    vip.reading = true;
    emit({ kind: 'get', target: vip.target });
  }

  function claimFailed(vip: Vip, failure: Extract<ReadResult, { ok: false }>): void {
    if (!master) return;
    if (failure.code === 'expired-unsent') return claim(vip);
    retryLater(vip, failure);
    switch (failure.code) {
      case 'precondition-failed':
        // The first time the record just moved on: decide again on the fresh one at once.
        if (vip.failures === 1) delete vip.retryAt;
        return get(vip);
      case 'conflict':
        if (vip.target) serialVnics.add(vip.target.vnicId);
        return;
      case 'unauthenticated':
        vip.waitsForToken = true;
        emit({ kind: 'refresh-token' });
        return;
      case 'no-token':
        vip.waitsForToken = true;
        return;
      case 'not-found':
        emit({ kind: 'rediscover' });
        return;
      default:
        return;
    }
  }

  function claimAnswered(number: number, answer: ReadResult): void {
    const vip = vips.find((candidate) => candidate.claim === number);
    if (vip === undefined) return;
    delete vip.claim;
    if (answer.ok) {
      vip.acknowledgedAt = now;
      store(vip, answer.record);
      settle(vip, true);
    } else claimFailed(vip, answer);
    claimDue();
  }

  // Records

  function store(vip: Vip, record: PrivateIpRecord): void {
    if (vip.record === undefined || vip.record.vnicId !== record.vnicId) vip.sinceAt = now;
    vip.record = record;
    vip.verifiedAt = now;
  }

  /** The record names us: nothing is left to do for this VIP. */
  function settle(vip: Vip, claimed: boolean): void {
    if (!holds(vip)) return;
    vip.failures = 0;
    vip.lossReads = 0;
    vip.waitsForToken = false;
    delete vip.retryAt;
    delete vip.error;
    if (!master) return;
    claimedAny ||= claimed;
    if (!vip.wasHeld) emit({ kind: 'held', address: vip.address, after: now - masterSince, claimed });
    vip.wasHeld = true;
    if (!allHeldTold && vips.every((each) => each.wasHeld && holds(each))) {
      allHeldTold = true;
      emit({ kind: 'all-held', after: now - masterSince, claimed: claimedAny });
    }
  }

  function readAnswered(address: string, startedAt: Milliseconds, answer: ReadResult): void {
    const vip = vips.find((candidate) => candidate.address === address);
    if (vip === undefined) return;
    vip.reading = false;
    if (!answer.ok) {
      readsClean = false;
      if (answer.code === 'unauthenticated') emit({ kind: 'refresh-token' });
      if (answer.code === 'not-found') emit({ kind: 'rediscover' });
      if (master && !holds(vip) && vip.retryAt === undefined) retryLater(vip, answer);
      return;
    }
    readsAnswered += 1;
    provenAt = Math.max(provenAt, startedAt);
    if (startedAt < vip.acknowledgedAt || vip.claim !== undefined) return;
    const lost = master && vip.wasHeld && answer.record.vnicId !== vip.target?.vnicId;
    if (lost) {
      readsClean = false;
      vip.lossReads += 1;
      if (vip.lossReads < READS_THAT_PROVE_LOSS) return conflict();
    }
    store(vip, answer.record);
    settle(vip, false);
    if (lost) {
      vip.wasHeld = false;
      vip.lossReads = 0;
      allHeldTold = false;
      if (!config.observe) emit({ kind: 'drift', address, vnicId: answer.record.vnicId });
      conflict();
    }
    if (vip.retryAt === undefined || vip.retryAt <= now) claim(vip);
  }

  // Reading

  function scheduleRead(after: Milliseconds): void {
    const at = now + after;
    if (readAt === undefined || at < readAt) readAt = at;
  }

  /** Somebody else may write: read until that is over. */
  function conflict(): void {
    conflictAt = now;
    cleanRounds = 0;
    scheduleRead(CONFLICT_READ_INTERVAL);
  }

  function readAll(): void {
    const targets = vips.flatMap((vip) => vip.target ?? []);
    readAt = undefined;
    if (targets.length === 0) return scheduleRead(config.verifyInterval);
    reading = true;
    readsStartedAt = now;
    readsAnswered = 0;
    readsClean = true;
    emit({ kind: 'read', targets });
  }

  function readDone(): void {
    reading = false;
    failedRounds = readsAnswered > 0 ? 0 : failedRounds + 1;
    const clean = readsClean && readsAnswered > 0;
    if (conflictAt !== undefined && clean && readsStartedAt > conflictAt + config.requestTimeout) {
      cleanRounds += 1;
      if (cleanRounds >= CLEAN_ROUNDS) conflictAt = undefined;
    }
    const often = failedRounds > 0 || (conflictAt !== undefined && master);
    scheduleRead(often ? Math.min(CONFLICT_READ_INTERVAL, config.verifyInterval) : config.verifyInterval);
  }

  function verifyNow(): void {
    conflict();
    if (reading) return;
    readAll();
  }

  // Events

  function masterChanged(on: boolean): void {
    if (on === master) return;
    master = on;
    masterSince = now;
    allHeldTold = false;
    claimedAny = false;
    serialVnics.clear();
    conflictAt = undefined;
    for (const vip of vips) {
      vip.failures = 0;
      vip.lossReads = 0;
      vip.wasHeld = false;
      vip.waitsForToken = false;
      delete vip.retryAt;
      delete vip.error;
    }
    if (!master) return;
    for (const vip of vips) settle(vip, false);
    const missing = vips.filter((vip) => !holds(vip)).map(({ address }) => address);
    if (config.observe && missing.length > 0) emit({ kind: 'would-claim', addresses: missing });
    claimDue();
    // The cache may be older than another router's claim. Where it had to be claimed, the etag tells; what the cache
    // calls ours already is read now. Otherwise the claims have the connections to themselves first.
    if (vips.some(holds)) verifyNow();
    else conflict();
  }

  function freezeChanged(on: boolean): void {
    if (on === frozen) return;
    frozen = on;
    if (frozen) return;
    claimDue();
    verifyNow();
  }

  function inventoryFound(targets: Extract<PlanEvent, { kind: 'inventory' }>['targets']): void {
    for (const { record, startedAt, ...target } of targets) {
      const vip = vips.find(({ address }) => address === target.address);
      if (vip === undefined) continue;
      provenAt = Math.max(provenAt, startedAt);
      vip.target = target;
      if (startedAt >= vip.acknowledgedAt && vip.claim === undefined) store(vip, record);
      settle(vip, false);
      claim(vip);
    }
    if (readAt === undefined && !reading) scheduleRead(config.verifyInterval);
  }

  function reconfigured(next: PlanConfig): void {
    config = next;
    vips = next.vips.map((address) => vips.find((vip) => vip.address === address) ?? newVip(address));
    if (!vips.every(holds)) allHeldTold = false;
    claimDue();
  }

  function timerFired(): void {
    claimDue();
    if (readAt !== undefined && readAt <= now && !reading) readAll();
  }

  function dispatch(event: PlanEvent): void {
    switch (event.kind) {
      case 'master':
        return masterChanged(event.on);
      case 'inventory':
        return inventoryFound(event.targets);
      case 'claim-answer':
        return claimAnswered(event.claim, event.answer);
      case 'read-answer':
        return readAnswered(event.address, event.startedAt, event.answer);
      case 'read-done':
        return readDone();
      case 'token':
        for (const vip of vips) if (vip.waitsForToken) claim(vip);
        return;
      case 'freeze':
        return freezeChanged(event.on);
      case 'verify':
        return verifyNow();
      case 'reconfigure':
        return reconfigured(event.config);
      case 'timer':
        return timerFired();
    }
  }

  return {
    handle(at, event) {
      now = at;
      actions = [];
      dispatch(event);
      return actions;
    },
    nextDeadline() {
      const retries = vips.flatMap((vip) => (vip.retryAt !== undefined && waitsForTime(vip) ? [vip.retryAt] : []));
      const deadlines = reading || readAt === undefined ? retries : [...retries, readAt];
      return deadlines.length === 0 ? undefined : Math.min(...deadlines);
    },
    vips: () => vips.map(view),
    provenAt: () => provenAt,
    failedRounds: () => failedRounds,
  };

  function view(vip: Vip): VipView {
    const { address, target, record, verifiedAt, sinceAt, error } = vip;
    return {
      address,
      ...(target && { target }),
      ...(record && { record }),
      ...(verifiedAt !== undefined && { verifiedAt }),
      ...(sinceAt !== undefined && { sinceAt }),
      held: holds(vip),
      claiming: master && (vip.claim !== undefined || vip.retryAt !== undefined || vip.reading),
      suspect: vip.lossReads > 0,
      ...(error !== undefined && { error }),
    };
  }
}

function newVip(address: string): Vip {
  return {
    address,
    acknowledgedAt: Number.NEGATIVE_INFINITY,
    reading: false,
    waitsForToken: false,
    failures: 0,
    wasHeld: false,
    lossReads: 0,
  };
}
