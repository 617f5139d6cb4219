import type { VnicId } from '../oci/types.ts';
import { createLock, type Decision, type VnicIdentity } from './lock.ts';
import { emit, lockOf, otherHolder, othersVnics, type PlanState, without } from './plan-state.ts';
import type { Rounds } from './rounds.ts';
import { holds, mayHaveHeld } from './vip.ts';

/**
 * Whether this router may claim at all (rules 2 to 4 of plan.ts): the lock's holder decides, and while somebody who is
 * not heard holds it, this router is superseded.
 */
export interface Supersession {
  decision(): Decision;
  /** Looks at the lock again, after anything it depends on has changed. */
  heed(): void;
  /** Would this router, as the follower of that one, be superseded at once? */
  forbidsMastership(predecessor: string | null): boolean;
  /** A router that never heard a master may start superseded. */
  setUnled(on: boolean): void;
  supersede(): void;
  /** Over, for a reason of the election's own. */
  forget(): void;
  /** A VNIC was read; undefined: it could not be. */
  vnicAnswered(vnicId: VnicId, identity: VnicIdentity | undefined): void;
  /** Asks whose the VNICs are that hold the VIPs, and whether the lock's holder still lives: with each round of reads. */
  readHolders(): void;
}

export function createSupersession(state: PlanState, rounds: Rounds): Supersession {
  const lock = createLock(
    (vnicId, identity) => state.config.standingOf(vnicId, identity),
    () => state.config.leaseInterval,
  );
  const vnicsBeingRead = new Set<VnicId>();
  let unled = false;

  function decision(): Decision {
    const vip = lockOf(state);
    if (vip === undefined || without(state, 'lock')) return 'claim';
    // Whoever wrote over any claim of ours lives, and writes the lock as well.
    const heldLock = state.heldLock || state.vips.some((each) => !holds(each) && mayHaveHeld(each));
    return lock.decide(state.now, vip.record, vip.target.vnicId, { ...state, heldLock });
  }

  /** The holder was heard after it came into question. */
  function hearsHolder(vnicId: VnicId | undefined): boolean {
    if (vnicId === undefined) return false;
    const { heardAt } = state.config.standingOf(vnicId, lock.identity(vnicId));
    return heardAt !== undefined && heardAt > (state.disputedSince ?? Number.NEGATIVE_INFINITY);
  }

  function heed(): void {
    for (const vnicId of othersVnics(state)) if (lock.identity(vnicId) === undefined) readVnic(vnicId);
    const holder = otherHolder(state);
    if (state.config.observe || without(state, 'superseded')) return;
    const decided = decision();
    const free = decided === 'keep' || decided === 'claim';
    if (decided === 'wait' && state.master) emit(state, { kind: 'ask-peers' });
    if (decided === 'look' && holder !== undefined) readVnic(holder);
    if (state.superseded) {
      if (free || hearsHolder(holder)) setSuperseded(false);
      return;
    }
    const concerned = state.master || (unled && !hearsHolder(holder));
    if (decided === 'superseded' && !state.frozen && concerned) supersede();
  }

  function supersede(): void {
    if (state.superseded) return;
    setSuperseded(true);
    rounds.plan(state.now, state.config.leaseInterval);
  }

  function setSuperseded(on: boolean): void {
    state.superseded = on;
    state.disputedSince = on ? state.now : undefined;
    emit(state, { kind: 'superseded', on, vnicId: otherHolder(state) });
  }

  function readVnic(vnicId: VnicId): void {
    if (vnicsBeingRead.has(vnicId)) return;
    vnicsBeingRead.add(vnicId);
    emit(state, { kind: 'read-vnic', vnicId });
  }

  return {
    decision,
    heed,
    forbidsMastership(predecessor) {
      const vip = lockOf(state);
      if (vip === undefined || state.frozen || state.config.observe) return false;
      if (without(state, 'lock') || without(state, 'superseded')) return false;
      const { disputedSince } = state;
      const mastership = { predecessor, heldLock: false, disputedSince };
      return lock.decide(state.now, vip.record, vip.target.vnicId, mastership) === 'superseded';
    },
    setUnled(on) {
      unled = on;
    },
    supersede,
    forget() {
      state.superseded = false;
      state.disputedSince = undefined;
    },
    vnicAnswered(vnicId, identity) {
      vnicsBeingRead.delete(vnicId);
      lock.vnicRead(state.now, vnicId, identity);
    },
    readHolders() {
      const holder = otherHolder(state);
      // A router may be known by another's word only, until it has stamped its VNIC.
      for (const vnicId of othersVnics(state)) if (lock.identity(vnicId)?.lease === undefined) readVnic(vnicId);
      if (state.superseded && holder !== undefined && !without(state, 'lease')) readVnic(holder);
    },
  };
}
