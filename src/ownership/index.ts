/**
 * Who holds the VIPs: the plan (pure, one per group) that decides which VIP to claim next, and the runner that carries
 * it out through the OCI side. The rules stand in plan.ts.
 */

export { LEASE_INTERVALS } from './lock.ts';
export type { Decision, Knowledge, LockView, PeerStanding, VnicIdentity } from './lock-types.ts';
export type { OwnershipRule, Plan, PlanAction, PlanConfig, PlanEvent, Target, VipView } from './plan-types.ts';
export { type Alarm, createOwnership, LEASE_TAG, type Ownership, type OwnershipOptions } from './runner.ts';
