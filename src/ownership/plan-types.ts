import type { Milliseconds, OciErrorCode, PrivateIpId, PrivateIpRecord, SubnetId, VnicId } from '../oci/types.ts';
import type { Knowledge, LockView, VnicReading } from './lock-types.ts';

/** What goes into the ownership plan and what comes out. The rules themselves stand in plan.ts. */

/** One VIP of the group as the inventory found it. */
export interface Target {
  readonly address: string;
  readonly privateIpId: PrivateIpId;
  readonly subnetId: SubnetId;
  /** This router's VNIC in the VIP's subnet: where a claim moves the VIP to. */
  readonly vnicId: VnicId;
}

export interface PlanConfig {
  /** The group's VIPs in the configuration's order; the first is its lock (DESIGN §4 rule 2). */
  readonly vips: readonly string[];
  readonly verifyInterval: Milliseconds;
  /** What the agent knows of the other routers. */
  readonly knowledge: Knowledge;
  readonly requestTimeout: Milliseconds;
  /** Decide everything, claim nothing (`mode: observe`). */
  readonly observe?: boolean;
  /** Distance of the stamps on a lease. */
  readonly leaseInterval: Milliseconds;
  /** Rules that are switched off, to show that the simulation misses them. */
  readonly without?: Pick<ReadonlySet<OwnershipRule>, 'has'>;
  /** 0 ≤ x < 1, for the jitter of the backoff. Injected so that one seed is one run. */
  readonly random: () => number;
}

/** Rules a mutation check can switch off. */
export type OwnershipRule = 'etag' | 'lock' | 'superseded' | 'lease' | 'verification';

export type ReadResult =
  | { readonly ok: true; readonly record: PrivateIpRecord }
  | { readonly ok: false; readonly code: OciErrorCode; readonly message: string };

export type PlanEvent =
  /**
   * The election made this router master, or took it away. `predecessor`: whose silence or resignation led to it.
   * `cutOff`: of everybody's silence it is this router's own that is the likeliest, so that what was heard before counts
   * for nothing. `untold`: the predecessor tells nobody what it claims.
   */
  | {
      readonly kind: 'master';
      readonly on: boolean;
      readonly predecessor?: string | null;
      readonly cutOff?: boolean;
      readonly untold?: boolean;
    }
  /** This router is backup and has never heard a master: it may start superseded. */
  | { readonly kind: 'unled'; readonly on: boolean }
  /** A peer was heard, fell silent, or told another state. */
  | { readonly kind: 'peers' }
  /** It is: superseded without becoming master first. */
  | { readonly kind: 'supersede' }
  /** The election is no longer superseded, for a reason of its own. */
  | { readonly kind: 'superseded-over' }
  | { readonly kind: 'vnic-answer'; readonly vnicId: VnicId; readonly answer: VnicReading }
  /** The inventory (again): targets that are found; the others cannot be claimed yet. */
  | {
      readonly kind: 'inventory';
      readonly targets: readonly (Target & { readonly record: PrivateIpRecord; readonly startedAt: Milliseconds })[];
    }
  | { readonly kind: 'claim-answer'; readonly claim: number; readonly answer: ReadResult }
  | {
      readonly kind: 'read-answer';
      readonly address: string;
      /** When the read was asked for: it may show anything that was true from then on. */
      readonly startedAt: Milliseconds;
      readonly answer: ReadResult;
    }
  /** A whole round of reads is over. */
  | { readonly kind: 'read-done' }
  /** There is a fresh token: what waits for one goes out now. */
  | { readonly kind: 'token' }
  /** While on, nothing is claimed in the whole cluster: an admin works in the console. */
  | { readonly kind: 'freeze'; readonly on: boolean }
  /** Somebody may have claimed: another master was heard, a peer fell silent or says that VIPs moved. */
  | { readonly kind: 'conflict' }
  /** A peer says that it holds these now. */
  | { readonly kind: 'taken'; readonly addresses: readonly string[] }
  /** An admin asks who holds what. */
  | { readonly kind: 'verify' }
  /** A new configuration. */
  | { readonly kind: 'reconfigure'; readonly config: PlanConfig }
  | { readonly kind: 'timer' };

export type PlanAction =
  | { readonly kind: 'claim'; readonly claim: number; readonly target: Target; readonly etag: string }
  /** Read these: one list per subnet, etags of what changed. */
  | { readonly kind: 'read'; readonly targets: readonly Target[] }
  /** Get this one with its etag, before the next decision on it. */
  | { readonly kind: 'get'; readonly target: Target }
  /** `mode: observe`: these would be claimed now. */
  | { readonly kind: 'would-claim'; readonly addresses: readonly string[] }
  /** Whose is it, and does its lease still change? */
  | { readonly kind: 'read-vnic'; readonly vnicId: VnicId }
  /** Somebody who is not heard holds the lock: no claim and no mastership until `on` is false again. */
  | {
      readonly kind: 'superseded';
      readonly on: boolean;
      readonly vnicId: VnicId | undefined;
      /** What is known of the lock; undefined: not one VIP was found yet. */
      readonly lock: LockView | undefined;
    }
  | { readonly kind: 'refresh-token' }
  /** The object is gone or not visible: look again by subnet and address. */
  | { readonly kind: 'rediscover' }
  /** Ask the peers for their state: the decision waits for one of them. */
  | { readonly kind: 'ask-peers' }
  /** OCI's record names this router's VNIC now. `after`: since this router became master. */
  | {
      readonly kind: 'held';
      readonly address: string;
      readonly after: Milliseconds;
      readonly claimed: boolean;
      /** It is the group's lock. */
      readonly isLock: boolean;
    }
  /** Every VIP of the group is held. */
  | {
      readonly kind: 'all-held';
      readonly after: Milliseconds;
      /** At least one of them had to be claimed. */
      readonly claimed: boolean;
    }
  | {
      readonly kind: 'claim-failed';
      readonly address: string;
      readonly code: OciErrorCode;
      readonly message: string;
      readonly retryIn: Milliseconds;
    }
  /** None of the VIPs is held after three failed rounds: somebody else had better try. At most once a minute. */
  | { readonly kind: 'hopeless' }
  /** A VIP this router held as master is elsewhere, by two reads. */
  | { readonly kind: 'drift'; readonly address: string; readonly vnicId: VnicId | undefined };

/** One VIP as the plan knows it, for status and presence. */
export interface VipView {
  readonly address: string;
  readonly target?: Target;
  readonly record?: PrivateIpRecord;
  /** Monotonic time of the last successful read or write. */
  readonly verifiedAt?: Milliseconds;
  /** Monotonic time since which the record names the same VNIC, as far as seen. */
  readonly sinceAt?: Milliseconds;
  readonly held: boolean;
  readonly claiming: boolean;
  /** One read showed it elsewhere; the next one decides. */
  readonly suspect: boolean;
  readonly error?: string;
}

export interface Plan {
  handle(now: Milliseconds, event: PlanEvent): readonly PlanAction[];
  /** When `timer` is due, on the same clock as `now`. */
  nextDeadline(): Milliseconds | undefined;
  vips(): readonly VipView[];
  /** Would this router, as the follower of that one, be superseded at once? */
  forbidsMastership(predecessor: string | null): boolean;
  /** OCI's record of the lock names this router, which is master. */
  holdsLock(): boolean;
  /** A round of reads is under way. */
  reading(): boolean;
  /** Somebody who is not heard holds the lock. */
  superseded(): boolean;
  /** The lock, its holder, and what that means here; undefined: not one VIP was found yet. */
  lock(now: Milliseconds): LockView | undefined;
  /** Somebody else may have claimed: as master it reads each second until that is over. */
  verifying(): boolean;
  /** Claims that waited too long in the worker to be sent. */
  lateWritesDropped(): number;
  /** The holder of the lock is in question: whatever is heard of it counts. */
  disputed(): boolean;
  /** The API is known to have answered a request that was made then, or later; -Infinity before the first. */
  provenAt(): Milliseconds;
  /** Rounds of reads in a row without one answer: 2 and more means that the API is not reachable. */
  failedRounds(): number;
}
