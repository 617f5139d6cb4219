/**
 * The JSON of the control socket (`/v1/…`), shared by its server, its client and failoverctl. Fields are only ever
 * added: a newer failoverctl must understand an older daemon and the reverse.
 */

/** State of a group on one router; the numbers of the metric `failoverd_group_state` follow this order. */
export const GROUP_STATES = ['init', 'backup', 'master', 'fault', 'standby'] as const;
export type GroupState = (typeof GROUP_STATES)[number];

/** `GET /v1/status` */
export interface StatusReport {
  readonly version: string;
  readonly cluster: string;
  /** The router that answers. */
  readonly router: string;
  /** ISO 8601. */
  readonly time: string;
  /** Seconds since the daemon started. */
  readonly uptime: number;
  readonly mode: 'active' | 'observe';
  readonly oci: OciReport;
  /** Absent from daemons that do not tell yet. */
  readonly lease?: LeaseReport;
  readonly routers: readonly RouterReport[];
  readonly groups: readonly GroupReport[];
  /** What is wrong now, a sentence each, worst first; empty when a failover would work. */
  readonly alarms: readonly string[];
}

export interface OciReport {
  readonly ready: boolean;
  readonly reason?: string;
  readonly region?: string;
  /** ISO 8601. */
  readonly tokenExpiresAt?: string;
}

export interface RouterReport {
  readonly name: string;
  readonly self: boolean;
  /** Release it runs, by its last presence; null when unknown. Absent from daemons that do not tell yet. */
  readonly version?: string | null;
  /** True for this router and for every peer whose datagrams arrive. */
  readonly alive: boolean;
  /**
   * It has no presence (heartbeat.transport ip; a keepalived): what is null cannot be known of it, and when it is not
   * master it is silent, alive or not.
   */
  readonly vrrpOnly?: boolean;
  /** Seconds since the last accepted datagram, on any path; null when never heard. 0 for this router. */
  readonly lastSeen: number | null;
  /** Could it claim now? null when unknown. */
  readonly ready: boolean | null;
  /** Seconds by which its wall clock is ahead of the answering router's; null when unknown. */
  readonly clockOffset: number | null;
  /** null when unknown. */
  readonly configMatches: boolean | null;
  readonly paths: readonly PathReport[];
  readonly links: readonly LinkReport[];
  readonly groups: readonly RouterGroupReport[];
}

export interface PathReport {
  readonly local: string;
  readonly peer: string;
  /** Seconds since the last accepted datagram on this path; null when never. */
  readonly lastSeen: number | null;
}

export interface LinkReport {
  readonly interface: string;
  readonly up: boolean;
}

export interface RouterGroupReport {
  readonly group: string;
  /** null when unknown. */
  readonly state: GroupState | null;
  /** The configured priority. */
  readonly priority: number;
  /** What it takes part with now (readiness, trackers); null when unknown. */
  readonly effectivePriority: number | null;
  /** The addresses its last advert listed, if this router would list others: they are accepted all the same. */
  readonly otherAddresses?: readonly string[];
}

export interface GroupReport {
  readonly name: string;
  readonly virtualRouterId: number;
  /** State on the answering router. */
  readonly state: GroupState;
  /** ISO 8601: since when it is in that state. */
  readonly since: string;
  /** A router that is not heard holds the VIPs; this one waits to hear it, or for its lease to expire. */
  readonly superseded?: boolean;
  /** The first VIP and its holder, which decides whether this router claims; null before it was found. */
  readonly lock?: LockReport | null;
  /** Somebody else may have claimed: as master this router reads every VIP each second until that is over. */
  readonly verifying?: boolean;
  /** Claims that waited too long in this router to be sent, since it started. */
  readonly lateWritesDropped?: number;
  /** Name of the master as far as this router knows. */
  readonly master: string | null;
  /** Set while nobody pre-empts after a planned switchover. */
  readonly hold: { readonly target: string; readonly since: string } | null;
  readonly vips: readonly VipReport[];
  readonly trackers?: readonly TrackerReport[];
  /** The groups that fail over together with this one, without itself; absent when it is alone. */
  readonly sync?: readonly string[];
  /** The last hook that failed on the answering router; absent once all hooks of a state have worked again. */
  readonly failedHook?: FailedHookReport;
}

/** A command that watches something for a group, on the answering router. */
export interface TrackerReport {
  readonly name: string;
  /** `unknown`: it has no result yet, or was added by a reload and never succeeded; it changes nothing then. */
  readonly state: 'unknown' | 'up' | 'down';
  /** `fault`, or points of priority: gained while up, or (negative) lost while down. */
  readonly weight: 'fault' | number;
  /** ISO 8601: the last result; null when there is none. */
  readonly lastRun: string | null;
  /** Why the last run failed, a sentence. */
  readonly error?: string;
}

export interface FailedHookReport {
  readonly command: string;
  /** The state that it was run for. */
  readonly state: GroupState;
  /** ISO 8601. */
  readonly at: string;
  /** A sentence. */
  readonly error: string;
}

export interface LockReport {
  readonly vip: string;
  /** The other router that holds it; null: this one, or none that is known. */
  readonly holder: string | null;
  /** What this router does about it, or would as master. */
  readonly verdict: 'keep' | 'claim' | 'look' | 'wait' | 'superseded';
  /** Why, after "the lock is". */
  readonly why: string;
  /** Seconds for which the lease of a holder that is not heard was seen unchanged; null: it is not watched. */
  readonly leaseUnchangedFor: number | null;
  /** Seconds after which an unchanged lease has expired. */
  readonly leaseExpiresAfter: number;
}

/** The lease of the answering router: a tag on its own VNIC that says it lives to those who do not hear it. */
export interface LeaseReport {
  /** A peer does not confirm hearing this master: the tag is stamped each `oci.lease_interval`. */
  readonly stamping: boolean;
  /** ISO 8601: the last stamp that was acknowledged; null: none. */
  readonly stamped: string | null;
  /** Why the last stamp failed, a sentence. */
  readonly error?: string;
}

export interface VipReport {
  readonly address: string;
  readonly interface: string;
  /** Router that holds it by OCI's record; null when unassigned or on a VNIC of no router of the cluster, or unknown. */
  readonly holder: string | null;
  /** `known`: holder is what OCI said last; `unassigned`; `foreign`: a VNIC of no router; `unknown`: never read. */
  readonly ownership: 'known' | 'unassigned' | 'foreign' | 'unknown';
  /** ISO 8601: since when OCI's record names this holder, as far as seen; null when unknown. */
  readonly since: string | null;
  /** ISO 8601: the last successful read or write. */
  readonly verified: string | null;
  /** True while this router is claiming it. */
  readonly claiming: boolean;
  /** Last failed attempt since it was last held, a sentence. */
  readonly error?: string;
}

/** `POST /v1/failover` */
export interface FailoverRequest {
  /** Absent: every group. */
  readonly group?: string;
  /** Absent: the best ready router that is not master. */
  readonly to?: string;
}
/** `POST /v1/failback` */
export interface FailbackRequest {
  readonly group?: string;
}
/** `POST /v1/standby` */
export interface StandbyRequest {
  readonly on: boolean;
  readonly router?: string;
  readonly group?: string;
}

/** `POST /v1/freeze` */
export interface FreezeRequest {
  readonly on: boolean;
}
/** Its answer: whether claims are frozen in the cluster now. */
export interface FreezeReport {
  readonly on: boolean;
  /** The other routers cannot be told (heartbeat.transport ip): it is this router's alone. */
  readonly onlyHere?: boolean;
}

/** Answer of `failover` and `failback`: one entry per group. */
export interface SwitchoverReport {
  readonly groups: readonly { readonly group: string; readonly from: string | null; readonly to: string | null }[];
}

/** Answer of `standby`: the groups in which the router is in standby now, and those in which it is not. */
export interface StandbyReport {
  readonly router: string;
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** Groups that nobody could be master of now: their VIPs stay where they are. Absent: none. */
  readonly withoutSuccessor?: readonly string[];
}

/** Answer of `POST /v1/reload`; a file with mistakes is the error `bad-config`, and the old one stays. */
export interface ReloadReport {
  /** What changed, a sentence each; empty when the file means the same as before. */
  readonly changes: readonly string[];
  /** As `failoverd --check` prints them. */
  readonly warnings: readonly string[];
}

/** Answer of `POST /v1/verify`: what a fresh read of every VIP said. */
export interface VerifyReport {
  readonly vips: readonly {
    readonly group: string;
    readonly address: string;
    readonly holder: string | null;
    readonly ownership: VipReport['ownership'];
    /** `ok`: where it should be; `reclaiming`: this router is master and claims it back; `elsewhere`; `failed`. */
    readonly result: 'ok' | 'reclaiming' | 'elsewhere' | 'failed';
    readonly error?: string;
  }[];
}

/**
 * Answer of `POST /v1/doctor`: everything a failover will need, looked at now, by the router that answers. It asks OCI for
 * a new token and reads records; nothing is written and nothing moves.
 */
export interface DoctorReport {
  readonly version: string;
  readonly cluster: string;
  readonly router: string;
  /** ISO 8601. */
  readonly time: string;
  readonly checks: readonly DoctorCheck[];
}

export interface DoctorCheck {
  /** What was looked at, `token` or `route` for example (docs/operation.md has all of them). */
  readonly check: string;
  /** Of what: a router, group, interface or VIP; two are joined by a blank. */
  readonly about: string;
  /** `failed`: a failover would not work as it should; `unknown`: it could not be found out. */
  readonly result: 'ok' | 'warning' | 'failed' | 'unknown';
  /** What was found, a sentence. */
  readonly finding: string;
  /** What to do; absent when `ok`. */
  readonly advice?: string;
}

/** One past transition of a group (`GET /v1/history`). */
export interface HistoryEntry {
  /** ISO 8601. */
  readonly time: string;
  readonly group: string;
  readonly from: GroupState;
  readonly to: GroupState;
  readonly reason: string;
  /** Per VIP: milliseconds from the transition until it was held; null while it is not. */
  readonly claims: readonly { readonly address: string; readonly heldAfter: number | null }[];
}

/** `GET /v1/history?limit=N`: the newest N transitions (all that are kept without `limit`), oldest first. */
export interface HistoryReport {
  readonly entries: readonly HistoryEntry[];
}

/**
 * One event of `GET /v1/events`: `alarms` (at first and whenever they change), `end` (the last one, with its `reason`), or
 * an event of the log from level info on (`transition`, `claiming`, `vip-held` …, see observe/log-events.ts), with the
 * very fields that it has there.
 */
export interface EventReport {
  readonly event: string;
  readonly level: 'error' | 'warn' | 'info';
  /** ISO 8601. */
  readonly time: string;
  /** A sentence. */
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The event `alarms`. */
export interface AlarmsEvent extends EventReport {
  readonly event: 'alarms';
  /** As in the status; that only their seconds have changed is no event. */
  readonly alarms: readonly string[];
}

/** Body of every answer that is not 2xx. */
export interface ErrorReport {
  readonly error: {
    /** `bad-request`, `refused`, `bad-config` (of reload), `not-served`, `not-found`, `internal`. */
    readonly code: 'bad-request' | 'refused' | 'bad-config' | 'not-served' | 'not-found' | 'internal';
    /** What is wrong and what to do, a sentence or two. */
    readonly message: string;
  };
}
