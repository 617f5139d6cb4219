/**
 * Whether a master may claim: decided by the holder of the group's first VIP, its lock (DESIGN §4 rules 2 and 4). The
 * other VIPs follow it. In this order:
 *
 *   held by this router                                               → keep, claim the rest
 *   unassigned, or on a VNIC of no router                             → claim
 *   the master whose silence or resignation made this router master,
 *     unless it already held the lock in this mastership, or may have → claim
 *   a peer that is heard, and is not master or loses to this router   → claim
 *   a peer whose lease expired                                        → claim
 *   anyone else                                                       → superseded: stop claiming
 *
 * A lease is a tag on the holder's VNIC that its router stamps again and again while a peer does not hear it. It has
 * expired when it did not change across three intervals between successful reads, on the reader's clock; a failed read
 * begins the count anew. A router that never stamped has no lease: unheard for as long, it is gone.
 *
 * Pure: time is an argument, what was read is told.
 */

import type { Milliseconds, PrivateIpRecord, VnicId } from '../oci/types.ts';

/** Intervals without a change after which a lease has expired. */
export const LEASE_INTERVALS = 3;

/** What a VNIC says of the router it belongs to. */
export interface VnicIdentity {
  /** Value of the lease tag; undefined: it was never stamped. */
  readonly lease: string | undefined;
  /** The VNIC's primary address. */
  readonly privateIp: string | undefined;
}

/** What this router knows of the router behind a VNIC. */
export interface Standing {
  /** null: no router of the cluster, as far as can be known. */
  readonly router: string | null;
  /** When it was heard last; undefined: it is silent. */
  readonly heardAt: Milliseconds | undefined;
  /** It is master, and does not lose to this router. */
  readonly prevails: boolean;
  /** Since when nothing was heard of it: its last datagram, or our start. */
  readonly unheardSince: Milliseconds;
  /** This router could not stamp its own lease: that another one has none says nothing then. */
  readonly leasesFail?: boolean;
}

export type StandingOf = (vnicId: VnicId, identity: VnicIdentity | undefined) => Standing;

export type Decision =
  | 'keep'
  | 'claim'
  /** Nothing is known of the holder's VNIC, or only something old: read it first. */
  | 'look'
  /** The holder is not silent, but has not said a word since the lock was seen with it: hear it first. */
  | 'wait'
  | 'superseded';

interface Lease extends VnicIdentity {
  /** Since when it is known not to have changed, and until when; undefined after a failed read. */
  unchanged: { readonly from: Milliseconds; readonly to: Milliseconds } | undefined;
}

export interface Lock {
  decide(now: Milliseconds, record: PrivateIpRecord, own: VnicId, mastership: Mastership): Decision;
  /** A VNIC was read at `now`; undefined: it could not be. */
  vnicRead(now: Milliseconds, vnicId: VnicId, identity: VnicIdentity | undefined): void;
  /** What was read of a VNIC last; undefined: nothing ever was. */
  identity(vnicId: VnicId): VnicIdentity | undefined;
}

export interface Mastership {
  /** The router whose silence or resignation led to it; null: none. */
  readonly predecessor: string | null;
  /** The lock was held since it began, or may have been: a claim without an answer met another etag afterwards. */
  readonly heldLock: boolean;
  /** When the lock was first seen lost; what was heard before that says nothing of who took it. */
  readonly disputedSince: Milliseconds | undefined;
}

export function createLock(standingOf: StandingOf, leaseInterval: () => Milliseconds): Lock {
  const leases = new Map<VnicId, Lease>();

  /**
   * Only what was read since the router fell silent counts: while it is heard it has no reason to stamp. And only what
   * was read since the lock was seen with it: whoever has just taken it lives, whatever its lease was like before.
   */
  function expired(now: Milliseconds, lease: Lease, unheardSince: Milliseconds, disputedSince: Milliseconds): boolean {
    const limit = LEASE_INTERVALS * leaseInterval();
    const { unchanged } = lease;
    if (unchanged === undefined || unchanged.to < Math.max(unheardSince, disputedSince)) return false;
    if (lease.lease === undefined) return now - Math.max(unheardSince, disputedSince) >= limit;
    return unchanged.from >= unheardSince && unchanged.to - Math.max(unchanged.from, disputedSince) >= limit;
  }

  /** A VNIC that named no router when it was read long ago may have been stamped since. */
  function isFresh(now: Milliseconds, lease: Lease | undefined): boolean {
    return lease?.unchanged !== undefined && now - lease.unchanged.to <= LEASE_INTERVALS * leaseInterval();
  }

  return {
    decide(now, record, own, { predecessor, heldLock, disputedSince = Number.NEGATIVE_INFINITY }) {
      if (record.vnicId === own) return 'keep';
      if (record.vnicId === undefined) return 'claim';
      const lease = leases.get(record.vnicId);
      const holder = standingOf(record.vnicId, lease);
      if (holder.router === null) return isFresh(now, lease) ? 'claim' : 'look';
      if (holder.router === predecessor && !heldLock) return 'claim';
      if (holder.heardAt !== undefined) {
        if (holder.heardAt <= disputedSince) return 'wait';
        return holder.prevails ? 'superseded' : 'claim';
      }
      if (lease === undefined) return 'superseded';
      if (lease.lease === undefined && holder.leasesFail === true) return 'superseded';
      return expired(now, lease, holder.unheardSince, disputedSince) ? 'claim' : 'superseded';
    },
    vnicRead(now, vnicId, identity) {
      const before = leases.get(vnicId);
      if (identity === undefined) {
        if (before !== undefined) before.unchanged = undefined;
        return;
      }
      const { unheardSince } = standingOf(vnicId, identity);
      const counts = before?.lease === identity.lease && (before?.unchanged?.from ?? 0) >= unheardSince;
      const same = counts ? before?.unchanged : undefined;
      leases.set(vnicId, { ...identity, unchanged: { from: same?.from ?? now, to: now } });
    },
    identity: (vnicId) => leases.get(vnicId),
  };
}
