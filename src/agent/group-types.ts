import type { GroupState } from '../control/api.ts';
import type { ElectionConfig, ElectionEvent, Milliseconds } from '../dgram-vrrp/index.ts';
import type { Oci, OciVnics } from '../oci/types.ts';
import type { Knowledge, LockView, OwnershipRule, PlanEvent, VipView } from '../ownership/index.ts';
import type { Clock } from './clock.ts';
import type { Observer } from './observer.ts';

/** What a group needs, and what can be asked of it. How election and ownership run together stands in group.ts. */

/** What a reload may change. */
export interface GroupSettings {
  readonly vips: readonly string[];
  readonly election: Omit<ElectionConfig, 'addresses' | 'extensions'>;
  readonly startupDelay: Milliseconds;
  readonly verifyInterval: Milliseconds;
  readonly requestTimeout: Milliseconds;
  readonly leaseInterval: Milliseconds;
  /** Elects and tells what it would claim, and claims nothing. */
  readonly observe: boolean;
}

/** Rules of the election that the mutation check of the simulation can switch off. */
type ElectionRule = 'stall' | 'listening' | 'readiness' | 'vouched' | 'naming' | 'hold';
export type Rule = OwnershipRule | ElectionRule;

export interface GroupOptions {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly settings: GroupSettings;
  readonly oci: Oci & OciVnics;
  readonly knowledge: Knowledge;
  /** Rules that are switched off, for the mutation check. */
  readonly without?: ReadonlySet<Rule> | undefined;
  /** Name of the master with this address, unless it is more likely that this router is cut off than that it died. */
  readonly predecessorAt: (address: string | undefined) => string | null;
  /** This router is more likely cut off from everybody than that the master with this address died. */
  readonly isCutOff: (address: string | undefined) => boolean;
  /** Nobody tells what it claims: the transport carries no presence. */
  readonly vrrpOnly: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Observer;
  /** The name of the router with this primary address, for people. */
  readonly routerAt: (address: string) => string;
  /** How many the configuration has, this one included. */
  readonly routers: () => number;
  /** Names the router that should follow when this one resigns; null: nobody could. */
  readonly chooseSuccessor: () => string | null;
  /** Sends on every path of every peer. */
  readonly sendAdvert: (advert: { priority: number; interval: Milliseconds; copies: number }) => void;
  /** The master lives, and this router is not the one to pre-empt it now. */
  readonly leavesMaster: (priority: number) => boolean;
  /** Somebody in the cluster can read OCI's record, so that it may settle who is master. */
  readonly isRecordReadable: () => boolean;
  /** Asks the peers for their state. */
  readonly askPeers: () => void;
  /** What peers are told of this group changed: tell them now. */
  readonly tellPeers: () => void;
  /** The same, together with what else changes in the next milliseconds. */
  readonly tellPeersSoon: () => void;
  readonly onTransition: (from: GroupState, to: GroupState, reason: string) => void;
  /** As master it holds another VIP. */
  readonly onHeld: () => void;
  /** A round of reads is over. */
  readonly onRound: () => void;
  /** The object of a VIP is gone: look for it again. */
  readonly rediscover: () => void;
}

/** One group on this router: its election and its ownership plan, run together. */
export interface Group {
  readonly name: string;
  readonly virtualRouterId: number;
  handle(event: ElectionEvent): void;
  ownership(event: PlanEvent): void;
  /** Reads every VIP now; resolves when the round is over. */
  verify(): Promise<void>;
  /** Gives mastership to this router (planned switchover). */
  resignTo(target: string): void;
  state(): GroupState;
  /** Monotonic time of the last transition. */
  since(): Milliseconds;
  effectivePriority(): number;
  /** Primary address of the master that was heard last. */
  master(): string | undefined;
  vips(): readonly VipView[];
  /** As a master it could claim nothing a moment ago. */
  unfit(): boolean;
  /** Somebody who is not heard holds the lock: no claim, no mastership. */
  superseded(): boolean;
  /** The lock, its holder, and what that means here; undefined: not one VIP was found yet. */
  lock(): LockView | undefined;
  /** Somebody else may have claimed: as master it reads each second until that is over. */
  verifying(): boolean;
  /** Claims that waited too long in this router to be sent. */
  lateWritesDropped(): number;
  /** The holder of the lock is in question: whatever is heard of it counts. */
  disputed(): boolean;
  failedRounds(): number;
  /** The API answered a request that was made then, or later. */
  provenAt(): Milliseconds;
  /** Takes over other settings, without a transition and without touching a VIP that did not change. */
  reconfigure(next: GroupSettings): void;
  /** Who was named when this router resigned; null: it did not, or nobody was. */
  successor(): string | null;
  close(): void;
}
