import type { Milliseconds, VnicId } from '../oci/types.ts';
import { createLock } from './lock.ts';
import type { Decision, LockView, PeerStanding, VnicReading } from './lock-types.ts';
import { emit, lockOf, otherHolder, othersVnics, type PlanState, without } from './plan-state.ts';
import type { Rounds } from './rounds.ts';
import { holds, mayHaveHeld, type Vip } from './vip.ts';

/** A VNIC whose read failed is read again with the next round, or for another reason after so long. */
const READ_AGAIN_AFTER: Milliseconds = 1000;

/**
 * Whether this router may claim at all (rules 2 to 4 of plan.ts): the lock's holder decides, and while somebody who is
 * not heard holds it, this router is superseded.
 */
export interface Supersession {
  /** The lock's holder lets this router claim. */
  allowsClaims(): boolean;
  /** The lock as it is seen now; undefined: not one VIP was found yet. */
  view(): LockView | undefined;
  /** Looks at the lock again, after anything it depends on has changed. */
  heed(): void;
  /** Would this router, as the follower of that one, be superseded at once? */
  forbidsMastership(predecessor: string | null): boolean;
  /** A router that never heard a master may start superseded. */
  setUnled(on: boolean): void;
  supersede(): void;
  /** Over, for a reason of the election's own. */
  forget(): void;
  /** A VNIC was read, or could not be. */
  vnicAnswered(vnicId: VnicId, answer: VnicReading): void;
  /** Asks whose the VNICs are that hold the VIPs, and whether the lock's holder still lives: with each round of reads. */
  readHolders(): void;
}

export function createSupersession(state: PlanState, rounds: Rounds): Supersession {
  const locks = createLock(
    () => state.config.knowledge,
    () => state.config.leaseInterval,
  );
  const vnicsBeingRead = new Set<VnicId>();
  /** When each VNIC was asked for last. */
  const askedAt = new Map<VnicId, Milliseconds>();
  let unled = false;

  function decision(): Decision {
    const vip = lockOf(state);
    if (vip === undefined || without(state, 'lock')) return { verdict: 'claim', because: 'unassigned' };
    if (tookOver(vip)?.prevails) return { verdict: 'superseded', because: 'prevails' };
    // Whoever wrote over any claim of ours lives, and writes the lock as well.
    const heldLock = state.heldLock || state.vips.some((each) => !holds(each) && mayHaveHeld(each));
    // What its holder said before the lock was seen with it says nothing of how it came to hold it.
    const disputedSince = state.disputedSince ?? vip.sinceAt;
    const since = state.master ? state.masterSince : undefined;
    const { predecessor } = state;
    return locks.decide(state.now, vip.record, vip.target.vnicId, { predecessor, heldLock, since, disputedSince });
  }

  /** Where nothing can be read here, the record that names this router may be old: whose word is newer than it? */
  function tookOver(vip: Vip): PeerStanding | null {
    if (!holds(vip) || rounds.failed() === 0 || !(state.master || state.superseded)) return null;
    return state.config.knowledge.toldHolder(vip.address);
  }

  /** The holder was heard after it came into question. */
  function hearsHolder(vnicId: VnicId | undefined): boolean {
    if (vnicId === undefined) return false;
    const heardAt = state.config.knowledge.standingOf(vnicId, locks.identity(vnicId))?.heardAt;
    return heardAt !== undefined && heardAt > (state.disputedSince ?? Number.NEGATIVE_INFINITY);
  }

  function allowsClaims(): boolean {
    const { verdict } = decision();
    return verdict === 'keep' || verdict === 'claim';
  }

  function heed(): void {
    for (const vnicId of othersVnics(state)) if (locks.identity(vnicId) === undefined) readSoon(vnicId);
    const holder = otherHolder(state);
    if (state.config.observe || without(state, 'superseded')) return;
    const { verdict } = decision();
    if (verdict === 'wait' && state.master) {
      state.disputedSince ??= lockOf(state)?.sinceAt;
      emit(state, { kind: 'ask-peers' });
    }
    if (verdict === 'look' && holder !== undefined) readSoon(holder);
    if (state.superseded) {
      if (verdict === 'keep' || verdict === 'claim' || hearsHolder(holder)) setSuperseded(false);
      return;
    }
    const concerned = state.master || (unled && !hearsHolder(holder));
    if (verdict === 'superseded' && !state.frozen && concerned) supersede();
  }

  function supersede(): void {
    if (state.superseded) return;
    setSuperseded(true);
    rounds.plan(state.now, state.config.leaseInterval);
  }

  function setSuperseded(on: boolean): void {
    const lock = view();
    state.superseded = on;
    state.disputedSince = on ? state.now : undefined;
    emit(state, { kind: 'superseded', on, vnicId: otherHolder(state), lock });
  }

  function view(): LockView | undefined {
    const vip = lockOf(state);
    if (vip === undefined) return undefined;
    const view = locks.view(vip.record, decision(), state.disputedSince);
    return { ...view, holder: tookOver(vip)?.router ?? view.holder };
  }

  /** At once, but not again and again where that fails. */
  function readSoon(vnicId: VnicId): void {
    const last = askedAt.get(vnicId);
    if (last === undefined || state.now - last >= READ_AGAIN_AFTER) readVnic(vnicId);
  }

  function readVnic(vnicId: VnicId): void {
    if (vnicsBeingRead.has(vnicId)) return;
    vnicsBeingRead.add(vnicId);
    askedAt.set(vnicId, state.now);
    emit(state, { kind: 'read-vnic', vnicId });
  }

  return {
    allowsClaims,
    view,
    heed,
    forbidsMastership(predecessor) {
      const vip = lockOf(state);
      if (vip === undefined || state.frozen || state.config.observe) return false;
      if (without(state, 'lock') || without(state, 'superseded')) return false;
      const { disputedSince } = state;
      const mastership = { predecessor, heldLock: false, since: undefined, disputedSince };
      return locks.decide(state.now, vip.record, vip.target.vnicId, mastership).verdict === 'superseded';
    },
    setUnled(on) {
      unled = on;
    },
    supersede,
    forget() {
      state.superseded = false;
      state.disputedSince = undefined;
    },
    vnicAnswered(vnicId, answer) {
      vnicsBeingRead.delete(vnicId);
      locks.vnicRead(state.now, vnicId, answer);
    },
    readHolders() {
      const holder = otherHolder(state);
      // A router may be known by another's word only, until it has stamped its VNIC.
      for (const vnicId of othersVnics(state)) if (locks.identity(vnicId)?.lease === undefined) readVnic(vnicId);
      if (state.superseded && holder !== undefined && !without(state, 'lease')) readVnic(holder);
    },
  };
}
