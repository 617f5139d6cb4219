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
 *  2. The first VIP is the lock: whether anything may be claimed is decided by its holder (lock.ts).
 *  3. Superseded: the lock is with somebody unheard. Nothing is claimed, the holder's lease is watched, and it is over
 *     when the holder is heard or its lease expired.
 *  5. Reading is rounds.ts. A read that started before our own write was acknowledged says nothing; a loss counts after
 *     two reads.
 *
 * Pure: time is an argument, answers are events, chance is injected.
 */

import type { Milliseconds, VnicId } from '../oci/types.ts';
import { createLock, type Decision } from './lock.ts';
import type { OwnershipRule, Plan, PlanAction, PlanConfig, PlanEvent, ReadResult } from './plan-types.ts';
import { createRounds } from './rounds.ts';
import { forgetMastership, holds, newVip, store, type Vip, viewOf } from './vip.ts';

/** First wait of the backoff; doubled by each failure up to the longest. */
const FIRST_BACKOFF: Milliseconds = 100;
const LONGEST_BACKOFF: Milliseconds = 2000;
/** Reads that must show a loss before it is believed. */
const READS_THAT_PROVE_LOSS = 2;
/** Failed claims of every VIP, with none held, that make a mastership hopeless; told at most so often. */
const HOPELESS_FAILURES = 3;
const HOPELESS_INTERVAL: Milliseconds = 60_000;

type Failure = Extract<ReadResult, { ok: false }>;

/** Creates the plan of one group. */
export function createPlan(initial: PlanConfig): Plan {
  let config = initial;
  let now: Milliseconds = 0;
  let actions: PlanAction[] = [];
  let vips: Vip[] = initial.vips.map(newVip);
  const rounds = createRounds(() => config.requestTimeout);
  const lock = createLock(
    (vnicId, identity) => config.standingOf(vnicId, identity),
    () => config.leaseInterval,
  );

  let master = false;
  let unled = false;
  let superseded = false;
  let frozen = false;
  let masterSince: Milliseconds = 0;
  let predecessor: string | null = null;
  let heldLock = false;
  /** When the lock was first seen lost, or this router was superseded. */
  let disputedSince: Milliseconds | undefined;
  let allHeldTold = false;
  /** At least one VIP had to be claimed since this router became master. */
  let claimedAny = false;
  let claims = 0;
  /** Something moved while a round was under way. */
  let readAgain = false;
  let hopelessAt = Number.NEGATIVE_INFINITY;
  let provenAt: Milliseconds = Number.NEGATIVE_INFINITY;
  const serialVnics = new Set<VnicId>();
  const vnicsBeingRead = new Set<VnicId>();

  const emit = (action: PlanAction) => actions.push(action);
  const without = (rule: OwnershipRule) => config.without?.has(rule) ?? false;

  // Deciding

  /** The first VIP that exists: one whose object is missing must not block the others. */
  const lockVip = () => vips.find((vip) => vip.target !== undefined && vip.record !== undefined);

  function decision(): Decision {
    const vip = lockVip();
    if (vip?.record === undefined || vip.target === undefined || without('lock')) return 'claim';
    return lock.decide(now, vip.record, vip.target.vnicId, { predecessor, heldLock, disputedSince });
  }

  /** The holder of the lock, where it is another VNIC. */
  function otherHolder(): VnicId | undefined {
    const vip = lockVip();
    return vip === undefined || holds(vip) ? undefined : vip.record?.vnicId;
  }

  /** VNICs of others that hold a VIP of the group. */
  const othersVnics = () => vips.flatMap((vip) => (holds(vip) ? [] : (vip.record?.vnicId ?? [])));

  /** The holder was heard after it came into question. */
  function hearsHolder(vnicId: VnicId | undefined): boolean {
    if (vnicId === undefined) return false;
    const { heardAt } = config.standingOf(vnicId, lock.identity(vnicId));
    return heardAt !== undefined && heardAt > (disputedSince ?? Number.NEGATIVE_INFINITY);
  }

  /** Looks at the lock again, after anything it depends on has changed. */
  function heed(): void {
    for (const vnicId of othersVnics()) if (lock.identity(vnicId) === undefined) readVnic(vnicId);
    const holder = otherHolder();
    if (config.observe || without('superseded')) return;
    const decided = decision();
    const free = decided === 'keep' || decided === 'claim';
    if (decided === 'wait' && master) emit({ kind: 'ask-peers' });
    if (decided === 'look' && holder !== undefined) readVnic(holder);
    if (superseded && (free || hearsHolder(holder))) setSuperseded(false, holder);
    else if (!superseded && !frozen && decided === 'superseded' && (master || (unled && !hearsHolder(holder)))) {
      setSuperseded(true, holder);
      rounds.plan(now, config.leaseInterval);
    }
  }

  function forbidsMastership(whom: string | null): boolean {
    const vip = lockVip();
    if (vip?.record === undefined || vip.target === undefined || frozen || config.observe) return false;
    if (without('lock') || without('superseded')) return false;
    const mastership = { predecessor: whom, heldLock: false, disputedSince };
    return lock.decide(now, vip.record, vip.target.vnicId, mastership) === 'superseded';
  }

  function setSuperseded(on: boolean, vnicId: VnicId | undefined): void {
    superseded = on;
    disputedSince = on ? now : undefined;
    emit({ kind: 'superseded', on, vnicId });
  }

  function readVnic(vnicId: VnicId): void {
    if (vnicsBeingRead.has(vnicId)) return;
    vnicsBeingRead.add(vnicId);
    emit({ kind: 'read-vnic', vnicId });
  }

  // Claiming

  function mayClaim(vip: Vip): boolean {
    if (!master || superseded || frozen || config.observe || vip.record === undefined || holds(vip)) return false;
    if (!lockIsNewEnoughFor(vip)) return false;
    const decided = decision();
    return decided === 'keep' || decided === 'claim';
  }

  /**
   * Whoever wrote a VIP may be writing the lock as well, in parallel, and its request may be the slower one: a VIP that
   * was lost is claimed back when the lock was still ours after the time a request can take.
   */
  function lockIsNewEnoughFor(vip: Vip): boolean {
    const first = lockVip();
    if (vip.needsLockFrom === undefined || first === vip || without('lock')) return true;
    return first !== undefined && first.recordFrom >= vip.needsLockFrom;
  }

  function vnicIsBusy(vnicId: VnicId): boolean {
    return serialVnics.has(vnicId) && vips.some((vip) => vip.claim !== undefined && vip.target?.vnicId === vnicId);
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
    emit({ kind: 'claim', claim: claims, target: vip.target, etag: without('etag') ? '*' : vip.record.etag });
  }

  /** Claims whatever may be claimed and is not waiting for something. */
  function claimDue(): void {
    for (const vip of vips) if (vip.retryAt === undefined || vip.retryAt <= now) claim(vip);
  }

  function retryLater(vip: Vip, failure: Failure): void {
    const ceiling = Math.min(LONGEST_BACKOFF, FIRST_BACKOFF * 2 ** vip.failures);
    const retryIn = ceiling * (0.5 + config.random() / 2);
    vip.failures += 1;
    vip.retryAt = now + retryIn;
    vip.error = failure.message;
    emit({ kind: 'claim-failed', address: vip.address, code: failure.code, message: failure.message, retryIn });
    const hopeless = vips.every((each) => !holds(each) && each.failures >= HOPELESS_FAILURES);
    if (!hopeless || now - hopelessAt < HOPELESS_INTERVAL) return;
    hopelessAt = now;
    emit({ kind: 'hopeless' });
  }

  function get(vip: Vip): void {
    if (vip.target === undefined || vip.reading) return;
    vip.reading = true;
    emit({ kind: 'get', target: vip.target });
  }

  function claimFailed(vip: Vip, failure: Failure): void {
    if (!master) return;
    if (failure.code === 'expired-unsent') return claim(vip);
    retryLater(vip, failure);
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

  /** The record of this VIP moved on, so that of the lock may have, too. */
  function doubtLock(vip: Vip): void {
    const first = lockVip();
    if (first === undefined || first === vip) return;
    vip.needsLockFrom = Math.max(now, vip.needsLockFrom ?? now);
    get(first);
  }

  function claimAnswered(number: number, answer: ReadResult): void {
    const vip = vips.find((candidate) => candidate.claim === number);
    if (vip === undefined) return;
    delete vip.claim;
    if (answer.ok) {
      vip.acknowledgedAt = now;
      provenAt = now;
      store(vip, answer.record, now, now);
      settle(vip, true);
    } else claimFailed(vip, answer);
    heed();
    claimDue();
  }

  /** The record names us: nothing is left to do for this VIP. */
  function settle(vip: Vip, claimed: boolean): void {
    if (!holds(vip) || vip.doubtful) return;
    vip.failures = 0;
    vip.lossReads = 0;
    vip.waitsForToken = false;
    delete vip.retryAt;
    delete vip.needsLockFrom;
    delete vip.error;
    if (!master) return;
    if (vip === lockVip()) {
      heldLock = true;
      disputedSince = undefined;
    }
    claimedAny ||= claimed;
    if (!vip.wasHeld) emit({ kind: 'held', address: vip.address, after: now - masterSince, claimed });
    vip.wasHeld = true;
    if (!allHeldTold && vips.every((each) => each.wasHeld && holds(each))) {
      allHeldTold = true;
      emit({ kind: 'all-held', after: now - masterSince, claimed: claimedAny });
    }
  }

  // Reading

  function readAnswered(address: string, startedAt: Milliseconds, answer: ReadResult): void {
    const vip = vips.find((candidate) => candidate.address === address);
    if (vip === undefined) return;
    vip.reading = false;
    if (!answer.ok) {
      rounds.answered(false, false);
      if (answer.code === 'unauthenticated') emit({ kind: 'refresh-token' });
      if (answer.code === 'not-found') emit({ kind: 'rediscover' });
      if (master && !holds(vip) && vip.retryAt === undefined) retryLater(vip, answer);
      return;
    }
    provenAt = Math.max(provenAt, startedAt);
    const late = startedAt < vip.acknowledgedAt || vip.claim !== undefined;
    const lost = !late && master && vip.wasHeld && answer.record.vnicId !== vip.target?.vnicId;
    rounds.answered(true, lost);
    if (late) return;
    if (lost && !without('verification')) {
      vip.lossReads += 1;
      vip.needsLockFrom ??= now + config.requestTimeout;
      if (vip === lockVip()) disputedSince ??= now;
      if (vip.lossReads < READS_THAT_PROVE_LOSS) return rounds.conflict(now);
    }
    store(vip, answer.record, now, startedAt);
    settle(vip, false);
    if (lost) lostForSure(vip, answer.record.vnicId);
    heed();
    if (vip === lockVip()) claimDue();
    else if (vip.retryAt === undefined || vip.retryAt <= now) claim(vip);
  }

  function lostForSure(vip: Vip, vnicId: VnicId | undefined): void {
    vip.wasHeld = false;
    vip.lossReads = 0;
    allHeldTold = false;
    rounds.conflict(now);
    const decided = decision();
    if (!config.observe && decided !== 'superseded') emit({ kind: 'drift', address: vip.address, vnicId });
  }

  function readAll(): void {
    const targets = vips.flatMap((vip) => vip.target ?? []);
    const holder = otherHolder();
    if (targets.length === 0) return rounds.skip(now, config.verifyInterval);
    // A router may be known by another's word only, until it has stamped its VNIC.
    for (const vnicId of othersVnics()) if (lock.identity(vnicId)?.lease === undefined) readVnic(vnicId);
    if (superseded && holder !== undefined && !without('lease')) readVnic(holder);
    rounds.begin(now);
    emit({ kind: 'read', targets });
  }

  function readDone(): void {
    const interval = superseded ? Math.min(config.leaseInterval, config.verifyInterval) : config.verifyInterval;
    rounds.end(now, { interval, heedConflict: master && !without('verification') });
    if (!readAgain) return;
    readAgain = false;
    readAll();
  }

  function verifyNow(): void {
    rounds.conflict(now);
    if (!rounds.underWay()) readAll();
  }

  /** Somebody may have written: at once, but not more often than each second, however often it is told. */
  function conflictTold(): void {
    rounds.conflict(now);
    if (!rounds.underWay() && rounds.restedAt(now)) readAll();
  }

  /** A backup's record that still names itself is older than the peer's word: it is got before it is believed again. */
  function takenTold(addresses: readonly string[]): void {
    for (const vip of vips) if (!master && holds(vip) && addresses.includes(vip.address)) vip.doubtful = true;
    rounds.conflict(now);
    if (rounds.underWay()) readAgain = true;
    else readAll();
  }

  // Events

  function masterChanged(on: boolean, whom: string | null): void {
    if (on === master) return;
    master = on;
    masterSince = now;
    predecessor = on ? whom : null;
    heldLock = false;
    if (!superseded) disputedSince = undefined;
    allHeldTold = false;
    claimedAny = false;
    serialVnics.clear();
    rounds.forgetConflict();
    for (const vip of vips) forgetMastership(vip);
    if (!master) return;
    superseded = false;
    disputedSince = undefined;
    for (const vip of vips) {
      if (vip.doubtful) get(vip);
      else settle(vip, false);
    }
    const missing = vips.filter((vip) => !holds(vip)).map(({ address }) => address);
    if (config.observe && missing.length > 0) emit({ kind: 'would-claim', addresses: missing });
    heed();
    claimDue();
    // The cache may be older than another router's claim. Where it had to be claimed, the etag tells; what the cache
    // calls ours already is read now. Otherwise the claims have the connections to themselves first.
    if (vips.some(holds)) verifyNow();
    else rounds.conflict(now);
  }

  function inventoryFound(targets: Extract<PlanEvent, { kind: 'inventory' }>['targets']): void {
    for (const { record, startedAt, ...target } of targets) {
      const vip = vips.find(({ address }) => address === target.address);
      if (vip === undefined) continue;
      provenAt = Math.max(provenAt, startedAt);
      vip.target = target;
      if (startedAt >= vip.acknowledgedAt && vip.claim === undefined) store(vip, record, now, startedAt);
      settle(vip, false);
    }
    heed();
    claimDue();
    if (!rounds.underWay()) rounds.plan(now, config.verifyInterval);
  }

  function freezeChanged(on: boolean): void {
    if (on === frozen) return;
    frozen = on;
    if (frozen) return;
    heed();
    claimDue();
    verifyNow();
  }

  function reconfigured(next: PlanConfig): void {
    config = next;
    vips = next.vips.map((address) => vips.find((vip) => vip.address === address) ?? newVip(address));
    if (!vips.every(holds)) allHeldTold = false;
    heed();
    claimDue();
  }

  function timerFired(): void {
    claimDue();
    const due = rounds.due();
    if (due !== undefined && due <= now) readAll();
  }

  function dispatch(event: PlanEvent): void {
    switch (event.kind) {
      case 'master':
        return masterChanged(event.on, event.predecessor ?? null);
      case 'unled':
        unled = event.on;
        return heed();
      case 'peers':
        heed();
        return claimDue();
      case 'supersede':
        if (superseded) return;
        setSuperseded(true, otherHolder());
        rounds.plan(now, config.leaseInterval);
        return;
      case 'superseded-over':
        superseded = false;
        disputedSince = undefined;
        return;
      case 'inventory':
        return inventoryFound(event.targets);
      case 'claim-answer':
        return claimAnswered(event.claim, event.answer);
      case 'read-answer':
        return readAnswered(event.address, event.startedAt, event.answer);
      case 'vnic-answer':
        vnicsBeingRead.delete(event.vnicId);
        lock.vnicRead(now, event.vnicId, event.identity);
        if (event.identity === undefined) return;
        heed();
        return claimDue();
      case 'read-done':
        return readDone();
      case 'token':
        for (const vip of vips) if (vip.waitsForToken) claim(vip);
        return;
      case 'freeze':
        return freezeChanged(event.on);
      case 'verify':
        return verifyNow();
      case 'conflict':
        return conflictTold();
      case 'taken':
        return takenTold(event.addresses);
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
      const due = rounds.due();
      const deadlines = due === undefined ? retries : [...retries, due];
      return deadlines.length === 0 ? undefined : Math.min(...deadlines);
    },
    vips: () => vips.map((vip) => viewOf(vip, master)),
    forbidsMastership,
    holdsLock() {
      const vip = lockVip();
      return master && vip !== undefined && holds(vip);
    },
    reading: rounds.underWay,
    superseded: () => superseded,
    disputed: () => disputedSince !== undefined,
    provenAt: () => provenAt,
    failedRounds: rounds.failed,
  };
}
