import type { Milliseconds, VnicId } from '../oci/types.ts';
import type { OwnershipRule, PlanAction, PlanConfig } from './plan-types.ts';
import { holds, newVip, type Vip } from './vip.ts';

/** What the parts of one plan share: the time of the event being handled, its actions, and who this router is. */
export interface PlanState {
  config: PlanConfig;
  now: Milliseconds;
  actions: PlanAction[];
  vips: Vip[];
  master: boolean;
  masterSince: Milliseconds;
  /** Whose silence or resignation made this router master; null: nobody's. */
  predecessor: string | null;
  /** The lock was held since this router became master. */
  heldLock: boolean;
  /** When the lock was first seen lost, or this router was superseded. */
  disputedSince: Milliseconds | undefined;
  superseded: boolean;
  frozen: boolean;
  /** Every VIP was held, and that was told. */
  allHeldTold: boolean;
  /** At least one VIP had to be claimed since this router became master. */
  claimedAny: boolean;
  /** The API is known to have answered a request that was made then, or later. */
  provenAt: Milliseconds;
  /** When a fresh token was asked for last. */
  tokenAskedAt: Milliseconds;
}

export function newPlanState(config: PlanConfig): PlanState {
  return {
    config,
    now: 0,
    actions: [],
    vips: config.vips.map(newVip),
    master: false,
    masterSince: 0,
    predecessor: null,
    heldLock: false,
    disputedSince: undefined,
    superseded: false,
    frozen: false,
    allHeldTold: false,
    claimedAny: false,
    provenAt: Number.NEGATIVE_INFINITY,
    tokenAskedAt: Number.NEGATIVE_INFINITY,
  };
}

export function emit(state: PlanState, action: PlanAction): void {
  state.actions.push(action);
}

/** Where a fresh token is refused like the old one (a wrong clock, a federation of the past), another is no use at once. */
const TOKEN_INTERVAL: Milliseconds = 2000;

/** Asks for a fresh token. */
export function refreshToken(state: PlanState): void {
  if (state.now - state.tokenAskedAt < TOKEN_INTERVAL) return;
  state.tokenAskedAt = state.now;
  emit(state, { kind: 'refresh-token' });
}

/** The rule is switched off, to show that the simulation misses it. */
export const without = (state: PlanState, rule: OwnershipRule) => state.config.without?.has(rule) ?? false;

/** A VIP whose object was found: it has a record, and a VNIC of ours to move to. */
export type FoundVip = Vip & Required<Pick<Vip, 'target' | 'record'>>;

export const isFound = (vip: Vip): vip is FoundVip => vip.target !== undefined && vip.record !== undefined;

/** The group's first VIP that exists: one whose object is missing must not block the others. */
export const lockOf = (state: PlanState): FoundVip | undefined => state.vips.find(isFound);

/** The holder of the lock, where it is another VNIC. */
export function otherHolder(state: PlanState): VnicId | undefined {
  const vip = lockOf(state);
  return vip === undefined || holds(vip) ? undefined : vip.record.vnicId;
}

/** VNICs of others that hold a VIP of the group. */
export const othersVnics = (state: PlanState): readonly VnicId[] =>
  state.vips.flatMap((vip) => (holds(vip) ? [] : (vip.record?.vnicId ?? [])));
