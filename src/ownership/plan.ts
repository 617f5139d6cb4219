/**
 * Which VIP to claim next (DESIGN §4, ownership; one plan per group).
 *
 * OCI's record of a private IP is the truth, guarded by its etag. A claim is one `UpdatePrivateIp(vnicId)` with
 * `if-match` on the etag last read; nothing is ever deleted, unassigned or created.
 *
 *  1. Claims (claims.ts). Only a master claims; on becoming master every VIP at once, in parallel, from the cached
 *     etags. Each is retried on its own for as long as this router is master:
 *       429, 5xx, timeout, network   exponential backoff with jitter; a write that did happen shows as 412
 *       409                          the same, and from then on that VNIC's claims go one by one
 *       401, no token                a fresh token first
 *       412                          read, then decide again
 *       404                          look for the object again
 *  2. The first VIP is the lock: whether anything may be claimed is decided by its holder (lock.ts).
 *  3. Superseded (supersession.ts): the lock is with somebody unheard. Nothing is claimed, the holder's lease is
 *     watched, and it is over when the holder is heard or its lease expired.
 *  4. The lease that others read is stamped by the agent (agent/lease.ts), not by the plan.
 *  5. Reads (reads.ts; when, rounds.ts). A read that started before our own write was acknowledged says nothing, nor
 *     does one that brings the record which that write replaced, nor one to which the answer came later than that to a
 *     later one; a loss counts after two reads.
 *
 * Pure: time is an argument, answers are events, chance is injected.
 */

import { createClaims } from './claims.ts';
import { lockOf, newPlanState } from './plan-state.ts';
import type { Plan, PlanConfig, PlanEvent, VipView } from './plan-types.ts';
import { createReads } from './reads.ts';
import { createRounds } from './rounds.ts';
import { createSupersession } from './supersession.ts';
import { forgetMastership, holds, isOvertaken, newVip, store, viewOf } from './vip.ts';

/** Creates the plan of one group. */
export function createPlan(initial: PlanConfig): Plan {
  const state = newPlanState(initial);
  const rounds = createRounds(() => state.config.requestTimeout);
  const supersession = createSupersession(state, rounds);
  const claims = createClaims(state, supersession);
  const reads = createReads(state, { rounds, supersession, claims });
  /** Asked for many times between two events. */
  let views: readonly VipView[] | undefined;

  /** Something changed that the lock's decision depends on: look at it again, claim what may be claimed now. */
  function decideAgain(): void {
    supersession.heed();
    claims.claimDue();
  }

  function masterChanged(event: Extract<PlanEvent, { kind: 'master' }>): void {
    const { on, predecessor = null } = event;
    if (on === state.master) return;
    state.master = on;
    state.masterSince = state.now;
    state.predecessor = on ? predecessor : null;
    state.heldLock = false;
    if (!state.superseded) state.disputedSince = undefined;
    state.allHeldTold = false;
    state.claimedAny = false;
    claims.forgetConflicts();
    rounds.forgetConflict();
    for (const vip of state.vips) forgetMastership(vip);
    if (on) becomeMaster(event);
  }

  function becomeMaster({ cutOff = false, untold = false }: Extract<PlanEvent, { kind: 'master' }>): void {
    supersession.forget();
    if (cutOff) doubtKnowledge();
    // Its claim script may have run at any time since the last read, and holding what it took would look like a loss.
    if (untold) for (const vip of state.vips) if (holds(vip)) vip.doubtfulSince = state.now;
    for (const vip of state.vips) {
      if (vip.doubtfulSince !== undefined) claims.get(vip);
      else claims.settle(vip, false);
    }
    const missing = state.vips.filter((vip) => !holds(vip)).map(({ address }) => address);
    if (state.config.observe && missing.length > 0) state.actions.push({ kind: 'would-claim', addresses: missing });
    decideAgain();
    // The cache may be older than another router's claim. Where it had to be claimed, the etag tells; what the cache
    // calls ours already is read now. Otherwise the claims have the connections to themselves first.
    if (state.vips.some(holds)) reads.verify();
    else rounds.conflict(state.now);
  }

  /** Whoever cannot be heard may have done anything a moment ago. */
  function doubtKnowledge(): void {
    // A holder may be taken for one that is heard for as long as it takes to be silent: its next word counts.
    state.disputedSince = state.now;
    const lock = lockOf(state);
    if (lock === undefined || !holds(lock)) return;
    // The record that names this router may be old, too: the rest is claimed when the lock is ours by a later one.
    for (const vip of state.vips) vip.needsLockFrom = state.now + state.config.requestTimeout;
  }

  function inventoryFound(targets: Extract<PlanEvent, { kind: 'inventory' }>['targets']): void {
    for (const { record, startedAt, ...target } of targets) {
      const vip = state.vips.find(({ address }) => address === target.address);
      if (vip === undefined) continue;
      state.provenAt = Math.max(state.provenAt, startedAt);
      vip.target = target;
      if (!isOvertaken(vip, record, startedAt) && vip.claim === undefined) store(vip, record, state.now, startedAt);
      claims.settle(vip, false);
    }
    decideAgain();
    if (!rounds.underWay()) rounds.plan(state.now, state.config.verifyInterval);
  }

  function freezeChanged(on: boolean): void {
    if (on === state.frozen) return;
    state.frozen = on;
    if (on) return;
    decideAgain();
    reads.verify();
  }

  function reconfigured(next: PlanConfig): void {
    state.config = next;
    state.vips = next.vips.map((address) => state.vips.find((vip) => vip.address === address) ?? newVip(address));
    if (!state.vips.every(holds)) state.allHeldTold = false;
    decideAgain();
  }

  function timerFired(): void {
    claims.claimDue();
    const due = rounds.due();
    if (due !== undefined && due <= state.now) reads.readAll();
  }

  function dispatch(event: PlanEvent): void {
    switch (event.kind) {
      case 'master':
        return masterChanged(event);
      case 'unled':
        supersession.setUnled(event.on);
        return supersession.heed();
      case 'peers':
        return decideAgain();
      case 'supersede':
        return supersession.supersede();
      case 'superseded-over':
        return supersession.forget();
      case 'inventory':
        return inventoryFound(event.targets);
      case 'claim-answer':
        return claims.answered(event.claim, event.answer);
      case 'read-answer':
        return reads.answered(event.address, event.startedAt, event.answer);
      case 'vnic-answer':
        supersession.vnicAnswered(event.vnicId, event.answer);
        return decideAgain();
      case 'read-done':
        return reads.roundDone();
      case 'token':
        return claims.tokenFound();
      case 'freeze':
        return freezeChanged(event.on);
      case 'verify':
        return reads.verify();
      case 'conflict':
        return reads.conflictTold();
      case 'taken':
        return reads.takenTold(event.addresses);
      case 'reconfigure':
        return reconfigured(event.config);
      case 'timer':
        return timerFired();
    }
  }

  return {
    handle(at, event) {
      state.now = at;
      state.actions = [];
      views = undefined;
      dispatch(event);
      return state.actions;
    },
    nextDeadline() {
      const deadlines = [claims.due(), rounds.due()].filter((at) => at !== undefined);
      return deadlines.length === 0 ? undefined : Math.min(...deadlines);
    },
    vips() {
      views ??= state.vips.map((vip) => viewOf(vip, state.master));
      return views;
    },
    forbidsMastership: supersession.forbidsMastership,
    holdsLock() {
      const lock = lockOf(state);
      return lock !== undefined && holds(lock);
    },
    reading: rounds.underWay,
    superseded: () => state.superseded,
    lock(at) {
      state.now = at;
      return supersession.view();
    },
    verifying: () => state.master && rounds.inConflict(),
    lateWritesDropped: claims.lateWritesDropped,
    disputed: () => state.disputedSince !== undefined,
    provenAt: () => state.provenAt,
    failedRounds: rounds.failed,
  };
}
