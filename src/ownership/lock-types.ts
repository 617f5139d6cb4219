import type { Milliseconds, VnicId } from '../oci/types.ts';

/** What goes into the decision about the lock and what comes out. The rules themselves stand in lock.ts. */

/** What a VNIC says of the router it belongs to. */
export interface VnicIdentity {
  /** Value of the lease tag; undefined: it was never stamped. */
  readonly lease: string | undefined;
  /** The VNIC's primary address. */
  readonly privateIp: string | undefined;
}

/** What a read of a VNIC brought. */
export type VnicReading =
  /** `error`: the answer was that it is gone, or not ours to see. */
  | { readonly ok: true; readonly identity: VnicIdentity; readonly error?: string }
  /** No answer that says anything of the VNIC. */
  | { readonly ok: false; readonly error: string };

/** What this router knows of a router of the cluster. */
export interface PeerStanding {
  readonly router: string;
  /** When it was heard last; undefined: it is silent. */
  readonly heardAt: Milliseconds | undefined;
  /** When it last said of itself what it is; any datagram shows that it lives, but not whether it is master by now. */
  readonly toldAt: Milliseconds;
  /** It is master, and does not lose to this router. */
  readonly prevails: boolean;
  /** Since when nothing was heard of it: its last datagram, or our start. */
  readonly unheardSince: Milliseconds;
}

/** What the agent knows of the peers. */
export interface Knowledge {
  /** The router behind a VNIC; null: no router of the cluster, as far as can be known. */
  readonly standingOf: (vnicId: VnicId, identity: VnicIdentity | undefined) => PeerStanding | null;
  /** Every other router of the cluster. */
  readonly peers: () => readonly PeerStanding[];
  /** The router that holds this VIP by its own word, which is newer than what was read here, and from one that can read. */
  readonly toldHolder: (address: string) => PeerStanding | null;
  /** This router could not stamp its own lease: that another VNIC has none says nothing then. */
  readonly leasesFail: () => boolean;
}

/** What may be done about the lock, and why. */
export type Decision =
  | { readonly verdict: 'keep'; readonly because: 'own' }
  | {
      readonly verdict: 'claim';
      readonly because: 'unassigned' | 'foreign' | 'predecessor' | 'loses' | 'expired' | 'ruled-out';
    }
  /** Nothing is known of the holder's VNIC, or only something old: read it first. */
  | { readonly verdict: 'look'; readonly because: 'unread' }
  /** The holder is not silent, but has not said what it is since the lock was seen with it: hear that first. */
  | { readonly verdict: 'wait'; readonly because: 'no-word-yet' }
  | {
      readonly verdict: 'superseded';
      readonly because: 'prevails' | 'lease' | 'leases-fail' | 'unreadable';
    };

/** The lock as this router sees it, for people. */
export interface LockView {
  readonly address: string;
  readonly decision: Decision;
  /** The router that holds it, where it is another one that is known. */
  readonly holder: string | null;
  /** Silent: its lease is what counts. For how long it was seen unchanged; null: it was not read since, or has none. */
  readonly leaseUnchangedFor: Milliseconds | null;
  /** Unchanged for so long, it has expired. */
  readonly leaseExpiresAfter: Milliseconds;
  /** Why the holder's VNIC could not be read last. */
  readonly error?: string;
}

/** How this router came to be master, as far as the lock is concerned. */
export interface Mastership {
  /** The router whose silence or resignation led to it; null: none. */
  readonly predecessor: string | null;
  /** The lock was held since it began, or may have been: a claim without an answer met another etag afterwards. */
  readonly heldLock: boolean;
  /** When it began; undefined: it has not yet. */
  readonly since: Milliseconds | undefined;
  /** When the lock was first seen lost; what was told before that says nothing of who took it. */
  readonly disputedSince: Milliseconds | undefined;
}
