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
 * A VNIC that names no router is no router's, for each stamps its own when it starts. What was read before this mastership
 * may have been read too soon for that: it is read again, unless the answer is the same whose ever it is. Where it proves
 * nothing, because the VNIC cannot be read or stamps are refused here, too, it may be the VNIC of any router whose own one
 * is not known: claimed from only if that is right whichever it is; otherwise, once it could not be read for three
 * intervals, it supersedes. That ends when it can be read, when those routers are heard, or when the lock is put elsewhere
 * by hand.
 *
 * A router that lost everybody at once doubts what it knows: a holder that it still takes for heard is asked first, and
 * where the record names itself, the others follow only when a later read says the same.
 *
 * A router that cannot read and still takes itself for the holder is superseded by a master that prevails and can read,
 * as soon as that one says that it holds the lock: its word is newer than the record here.
 *
 * Pure: time is an argument, what was read is told.
 */

import type { Milliseconds, PrivateIpRecord, SubnetId, VnicId } from '../oci/types.ts';
import type {
  Decision,
  Knowledge,
  LockView,
  Mastership,
  PeerStanding,
  VnicIdentity,
  VnicReading,
} from './lock-types.ts';

/** Intervals without a change after which a lease has expired. */
export const LEASE_INTERVALS = 3;

interface Lease extends VnicIdentity {
  /** Since when it is known not to have changed, and until when; undefined after a failed read. */
  unchanged: { readonly from: Milliseconds; readonly to: Milliseconds } | undefined;
}

export interface Lock {
  decide(now: Milliseconds, record: PrivateIpRecord, own: VnicId, mastership: Mastership): Decision;
  /** A VNIC was read at `now`, or could not be. */
  vnicRead(now: Milliseconds, vnicId: VnicId, answer: VnicReading): void;
  /** What was read of a VNIC last; undefined: nothing ever was. */
  identity(vnicId: VnicId): VnicIdentity | undefined;
  view(record: PrivateIpRecord, decision: Decision, disputedSince: Milliseconds | undefined): LockView;
}

export function createLock(knowledge: () => Knowledge, leaseInterval: () => Milliseconds): Lock {
  const leases = new Map<VnicId, Lease>();
  /** Subnet of each VNIC that was seen to hold a lock. */
  const subnets = new Map<VnicId, SubnetId>();
  /** VNICs whose reads fail: since when, and the last error. */
  const unreadable = new Map<VnicId, { readonly since: Milliseconds; readonly error: string }>();
  const limit = () => LEASE_INTERVALS * leaseInterval();

  /**
   * Only what was read since the router fell silent counts: while it is heard it has no reason to stamp. And only what
   * was read since the lock was seen with it: whoever has just taken it lives, whatever its lease was like before.
   */
  function expired(now: Milliseconds, lease: Lease, unheardSince: Milliseconds, disputedSince: Milliseconds): boolean {
    const { unchanged } = lease;
    if (unchanged === undefined || unchanged.to < Math.max(unheardSince, disputedSince)) return false;
    if (lease.lease === undefined) return now - Math.max(unheardSince, disputedSince) >= limit();
    return unchanged.from >= unheardSince && unchanged.to - Math.max(unchanged.from, disputedSince) >= limit();
  }

  /**
   * A VNIC that named no router when it was read long ago may have been stamped since; so may one that was read while the
   * routers started, and that is long enough ago when a mastership begins.
   */
  function isFresh(now: Milliseconds, lease: Lease | undefined, { since = 0, disputedSince = 0 }: Mastership): boolean {
    return lease?.unchanged !== undefined && lease.unchanged.to >= Math.max(now - limit(), since, disputedSince);
  }

  function decideBy(
    now: Milliseconds,
    holder: PeerStanding,
    lease: Lease | undefined,
    { predecessor, heldLock, disputedSince = Number.NEGATIVE_INFINITY }: Mastership,
  ): Decision {
    if (holder.router === predecessor && !heldLock) return { verdict: 'claim', because: 'predecessor' };
    if (holder.heardAt !== undefined) {
      if (holder.toldAt <= disputedSince) return { verdict: 'wait', because: 'no-word-yet' };
      if (holder.prevails) return { verdict: 'superseded', because: 'prevails' };
      return { verdict: 'claim', because: 'loses' };
    }
    if (lease === undefined) return { verdict: 'superseded', because: 'lease' };
    if (lease.lease === undefined && knowledge().leasesFail()) {
      return { verdict: 'superseded', because: 'leases-fail' };
    }
    if (expired(now, lease, holder.unheardSince, disputedSince)) return { verdict: 'claim', because: 'expired' };
    return { verdict: 'superseded', because: 'lease' };
  }

  /** Routers whose VNIC in this subnet is known cannot be behind another one. */
  function candidates(subnetId: SubnetId): readonly PeerStanding[] {
    const known = new Set(
      [...subnets].flatMap(([vnicId, subnet]) =>
        subnet === subnetId ? (knowledge().standingOf(vnicId, leases.get(vnicId))?.router ?? []) : [],
      ),
    );
    return knowledge()
      .peers()
      .filter(({ router }) => !known.has(router));
  }

  function decideUnnamed(
    now: Milliseconds,
    { vnicId, subnetId }: PrivateIpRecord & { readonly vnicId: VnicId },
    mastership: Mastership,
  ): Decision {
    const answered = isFresh(now, leases.get(vnicId), mastership);
    if (answered && !knowledge().leasesFail()) return { verdict: 'claim', because: 'foreign' };
    const decisions = candidates(subnetId).map((peer) => decideBy(now, peer, undefined, mastership));
    if (decisions.every(({ verdict }) => verdict === 'claim')) return { verdict: 'claim', because: 'ruled-out' };
    if (answered) {
      const worst = decisions.find(({ verdict }) => verdict === 'superseded');
      if (worst === undefined) return { verdict: 'wait', because: 'no-word-yet' };
      return worst.because === 'prevails' ? worst : { verdict: 'superseded', because: 'leases-fail' };
    }
    const since = unreadable.get(vnicId)?.since;
    if (since === undefined || now - since < limit()) return { verdict: 'look', because: 'unread' };
    return { verdict: 'superseded', because: 'unreadable' };
  }

  return {
    decide(now, record, own, mastership) {
      const { vnicId } = record;
      if (vnicId === own) return { verdict: 'keep', because: 'own' };
      if (vnicId === undefined) return { verdict: 'claim', because: 'unassigned' };
      subnets.set(vnicId, record.subnetId);
      const lease = leases.get(vnicId);
      const holder = knowledge().standingOf(vnicId, lease);
      if (holder === null) return decideUnnamed(now, { ...record, vnicId }, mastership);
      return decideBy(now, holder, lease, mastership);
    },
    vnicRead(now, vnicId, answer) {
      const before = leases.get(vnicId);
      if (answer.error === undefined) unreadable.delete(vnicId);
      else unreadable.set(vnicId, { since: unreadable.get(vnicId)?.since ?? now, error: answer.error });
      if (!answer.ok) {
        if (before !== undefined) before.unchanged = undefined;
        return;
      }
      const { identity } = answer;
      const unheardSince = knowledge().standingOf(vnicId, identity)?.unheardSince ?? Number.NEGATIVE_INFINITY;
      const counts = before?.lease === identity.lease && (before?.unchanged?.from ?? 0) >= unheardSince;
      const same = counts ? before?.unchanged : undefined;
      leases.set(vnicId, { ...identity, unchanged: { from: same?.from ?? now, to: now } });
    },
    identity: (vnicId) => leases.get(vnicId),
    view({ address, vnicId }, decision, disputedSince) {
      const lease = vnicId === undefined ? undefined : leases.get(vnicId);
      const holder = vnicId === undefined ? null : knowledge().standingOf(vnicId, lease);
      const error = vnicId === undefined ? undefined : unreadable.get(vnicId)?.error;
      const isSilent = holder !== null && holder.heardAt === undefined && decision.verdict !== 'keep';
      const unchanged = isSilent && lease?.lease !== undefined ? lease.unchanged : undefined;
      const from = Math.max(unchanged?.from ?? 0, holder?.unheardSince ?? 0, disputedSince ?? 0);
      return {
        address,
        decision,
        holder: decision.verdict === 'keep' ? null : (holder?.router ?? null),
        leaseUnchangedFor: unchanged === undefined ? null : Math.max(0, unchanged.to - from),
        leaseExpiresAfter: limit(),
        ...(error !== undefined && { error }),
      };
    },
  };
}
