import type { Milliseconds } from './timing.ts';

/** What goes into the election, what comes out, and what it is told to be. The rules themselves stand in election.ts. */

export type ElectionState = 'init' | 'backup' | 'master' | 'fault' | 'standby';

export interface ElectionConfig {
  readonly version: 2 | 3;
  /** 1 to 254, or 255 for the owner of the addresses. 0 is reserved for resigning (RFC 9568 §5.2.4). */
  readonly priority: number;
  /** Advertisement_Interval. */
  readonly interval: Milliseconds;
  /** The router's primary address: the tie-break between equal priorities. */
  readonly address: string;
  /** Preempt_Mode. */
  readonly preempt: boolean;
  /** How long a worse master is left alone before it is pre-empted; 0: not at all. */
  readonly preemptDelay: Milliseconds;
  /** The virtual addresses, for `activate`, `announce` and `deactivate`. */
  readonly addresses: readonly string[];
  /** What goes beyond the RFC; absent: the RFC to the letter. */
  readonly extensions?: ElectionExtensions;
}

/** Each of these is off by default, so that the conformance rows hold without them. */
export interface ElectionExtensions {
  /** Listening time at start, on top of the master down interval. */
  readonly startupDelay?: Milliseconds;
  /** Copies of a priority 0 advert (one by the RFC). */
  readonly resignCopies?: number;
  /** A resignation that names this router as its successor is followed at once, without the skew time. */
  readonly namedSuccessor?: boolean;
  /** A timer that fires more than one interval late is not believed: whatever is queued is read first. */
  readonly stallRule?: boolean;
  /** A router that could not claim takes part with ⌈priority / 16⌉ and pre-empts nobody. */
  readonly readiness?: boolean;
  /** A priority 0 advert of somebody who is not the master that was heard last changes nothing. */
  readonly onlyMasterResigns?: boolean;
  /** Tell of every other master heard while being master (`rival`), and of stalls (`stalled`). */
  readonly report?: boolean;
}

export type ElectionTimer = 'advert' | 'master-down' | 'preempt';

export type TransitionReason =
  | 'startup'
  | 'address-owner'
  | 'no-response'
  | 'resignation'
  | 'named-successor'
  | 'preempt-delay-expired'
  | 'higher-priority'
  | 'tie-break-lost'
  | 'fault'
  | 'fault-cleared'
  | 'standby'
  | 'standby-ended'
  | 'switchover'
  | 'superseded'
  | 'shutdown';

/** Who should follow a resigning master, as far as this router was told. */
export type Successor = 'self' | 'other' | 'unknown';

export type ElectionEvent =
  | { readonly kind: 'startup' }
  | { readonly kind: 'shutdown' }
  | {
      readonly kind: 'advert';
      /** The sender's primary address: one router may be heard on several paths. */
      readonly source: string;
      /** 0 to 255. */
      readonly priority: number;
      readonly interval: Milliseconds;
      /**
       * This router holds what a master is for: where nobody pre-empts, it does not yield to a better one, and while
       * claims are frozen it alone pre-empts.
       */
      readonly holding?: boolean;
      /** Only looked at when the priority is 0. */
      readonly successor?: Successor;
    }
  | { readonly kind: 'timer'; readonly timer: ElectionTimer; readonly generation: number }
  /** A tracked thing is down, or all are up again. */
  | { readonly kind: 'fault'; readonly on: boolean }
  /** An admin takes this router out of the election, or back in. */
  | { readonly kind: 'standby'; readonly on: boolean }
  /** Could this router claim if it had to? */
  | { readonly kind: 'readiness'; readonly ready: boolean }
  /** While on, nobody pre-empts (planned switchover). */
  | { readonly kind: 'hold'; readonly on: boolean /** It names this router. */; readonly ours?: boolean }
  /** Nobody claims, so nobody pre-empts, but whoever still holds what a master is for. */
  | { readonly kind: 'freeze'; readonly on: boolean }
  /** Somebody who is not heard holds what a master would need: no master from here until that is over. */
  | { readonly kind: 'superseded'; readonly on: boolean }
  /** A better router is about to take over from the master that lives: leave it to that one. */
  | { readonly kind: 'deferred' }
  /** Another router heard the master later than this one: a path is lost, not the master. */
  | { readonly kind: 'vouched' /** When it was heard there. */; readonly heardAt: Milliseconds }
  /** The machine stood still, and what was sent to it meanwhile may be lost: silence proves nothing. */
  | { readonly kind: 'resumed' /** For at least so long. */; readonly late: Milliseconds }
  /** Give mastership away now (planned switchover). */
  | { readonly kind: 'resign' }
  /** A new configuration, or a tracked weight that changes the priority. */
  | { readonly kind: 'reconfigure'; readonly config: ElectionConfig };

export type ElectionAction =
  | {
      readonly kind: 'send-advert';
      readonly priority: number;
      readonly interval: Milliseconds;
      /** How often, on every path. */
      readonly copies: number;
    }
  | { readonly kind: 'activate' | 'announce' | 'deactivate'; readonly addresses: readonly string[] }
  | { readonly kind: 'arm'; readonly timer: ElectionTimer; readonly generation: number; readonly after: Milliseconds }
  | { readonly kind: 'cancel'; readonly timer: ElectionTimer }
  | {
      readonly kind: 'transition';
      readonly from: ElectionState;
      readonly to: ElectionState;
      readonly reason: TransitionReason;
    }
  /** Began or ended; a better master that is heard ends it too. */
  | { readonly kind: 'superseded'; readonly on: boolean }
  | { readonly kind: 'warn'; readonly code: ElectionWarning; readonly source: string }
  /** Another router is master too and yields to this one. */
  | { readonly kind: 'rival'; readonly source: string; readonly priority: number }
  /** The timer fired this much late; the process or the machine stood still. */
  | { readonly kind: 'stalled'; readonly late: Milliseconds };

export type ElectionWarning =
  /** An equal priority advert with our own address: a reflected packet or a duplicate address. */
  | 'own-address'
  /** Two routers claim to own the addresses (RFC 9568 erratum 8298). */
  | 'two-owners'
  /** A v3 master uses another interval than this router; it was adopted (RFC 9568 §7.1). */
  | 'interval-differs'
  /** A v2 advert was discarded for its interval (RFC 3768 §7.1). */
  | 'interval-mismatch'
  /** Priority 0 is reserved: the router does not start. */
  | 'priority-zero';

/** A master as its adverts show it. */
export interface HeardMaster {
  readonly source: string;
  readonly priority: number;
  readonly interval: Milliseconds;
  /** Monotonic time of its last advert. */
  readonly at: Milliseconds;
}

export interface Election {
  handle(now: Milliseconds, event: ElectionEvent): readonly ElectionAction[];
  /** The next timer to fire and when, on the same clock as `now`. */
  nextDeadline(): { readonly at: Milliseconds; readonly timer: ElectionTimer; readonly generation: number } | undefined;
  state(): ElectionState;
  /** Priority this router takes part with now. */
  effectivePriority(): number;
  /** Source of the last master that this router followed; undefined if there was none since start or fault. */
  predecessor(): string | undefined;
  /** The master heard last; undefined while this router is master or nobody was heard. */
  master(): HeardMaster | undefined;
}
