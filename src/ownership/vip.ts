import type { Milliseconds, PrivateIpRecord } from '../oci/types.ts';
import type { Target, VipView } from './plan-types.ts';

/** What the plan remembers of one VIP. */
export interface Vip {
  readonly address: string;
  target?: Target;
  record?: PrivateIpRecord;
  verifiedAt?: Milliseconds;
  /** The record is at least as new as this. */
  recordFrom: Milliseconds;
  sinceAt?: Milliseconds;
  /** When our last write was acknowledged. */
  acknowledgedAt: Milliseconds;
  /** Etag of the record that it replaced. */
  replaced?: string;
  /** Number of the claim under way, and the etag it was sent with. */
  claim?: number;
  claimedWith?: string;
  /** Etag of the first claim in this mastership that may have been carried out although it failed. */
  unsureOf?: string;
  /** A `get` is under way; the next decision waits for it. */
  reading: boolean;
  retryAt?: Milliseconds;
  /** The retry goes out with the next token, whatever `retryAt` says. */
  waitsForToken: boolean;
  failures: number;
  /** Held since the election made us master. */
  wasHeld: boolean;
  lossReads: number;
  /** The record names this router, but a peer says since then that it holds the VIP. */
  doubtfulSince?: Milliseconds;
  /** Somebody else wrote it: it is claimed again only on a record of the lock that is at least as new as this. */
  needsLockFrom?: Milliseconds;
  error?: string;
}

export function newVip(address: string): Vip {
  return {
    address,
    acknowledgedAt: Number.NEGATIVE_INFINITY,
    recordFrom: Number.NEGATIVE_INFINITY,
    reading: false,
    waitsForToken: false,
    failures: 0,
    wasHeld: false,
    lossReads: 0,
  };
}

/** OCI's record, as far as known, names this router's VNIC. */
export const holds = (vip: Vip) => vip.target !== undefined && vip.record?.vnicId === vip.target.vnicId;

/** A new mastership begins, or one ended: nothing is left of its retries. */
export function forgetMastership(vip: Vip): void {
  vip.failures = 0;
  vip.lossReads = 0;
  vip.wasHeld = false;
  vip.waitsForToken = false;
  delete vip.retryAt;
  delete vip.needsLockFrom;
  delete vip.unsureOf;
  delete vip.error;
}

/**
 * A claim that may have been carried out met another etag afterwards: it was written over, or never happened. Whoever
 * holds the VIP now may have taken it from this router.
 */
export const mayHaveHeld = ({ unsureOf, record }: Vip) => unsureOf !== undefined && record?.etag !== unsureOf;

/** Replicas that answer reads lag behind by less than this. */
const LONGEST_LAG: Milliseconds = 5000;

/**
 * The record says nothing new: it was asked for before our last write was acknowledged, before another answer was asked for
 * that came sooner, or before the one that is stored came into doubt. Or it is the one that our last write replaced, by its
 * etag. Nobody says that an etag never comes back, so it tells for as long as a replica may lag.
 *
 * @param startedAt when the record was asked for
 */
export function isOvertaken(vip: Vip, { etag }: PrivateIpRecord, startedAt: Milliseconds): boolean {
  const { recordFrom, doubtfulSince = recordFrom, acknowledgedAt, replaced } = vip;
  if (startedAt < Math.max(recordFrom, doubtfulSince)) return true;
  return etag === replaced && startedAt - acknowledgedAt < LONGEST_LAG;
}

/** @param from when the record was asked for, or written */
export function store(vip: Vip, record: PrivateIpRecord, now: Milliseconds, from: Milliseconds): void {
  if (vip.record === undefined || vip.record.vnicId !== record.vnicId) vip.sinceAt = now;
  vip.record = record;
  vip.verifiedAt = now;
  delete vip.doubtfulSince;
  vip.recordFrom = from;
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export function viewOf(vip: Vip, master: boolean): VipView {
  const { address, target, record, verifiedAt, sinceAt, error } = vip;
  const claiming = master && (vip.claim !== undefined || vip.retryAt !== undefined || vip.reading);
  const view: Writable<VipView> = { address, held: holds(vip), claiming, suspect: vip.lossReads > 0 };
  if (target !== undefined) view.target = target;
  if (record !== undefined) view.record = record;
  if (verifiedAt !== undefined) view.verifiedAt = verifiedAt;
  if (sinceAt !== undefined) view.sinceAt = sinceAt;
  if (error !== undefined) view.error = error;
  return view;
}
