/** What one run is made of: plain data, so that it can be shrunk, printed and run again. */
export interface Scenario {
  readonly seed: number;
  readonly routers: 2 | 3;
  /** Advert interval, milliseconds. */
  readonly interval: number;
  /** Datagrams bear a signature, or (not coded) the number that a signature has. */
  readonly signed: boolean;
  /** Presence is coded as on the wire, and signatures are real ones. */
  readonly coded: boolean;
  /** Routers whose presence is that of an older release; not where it is coded. */
  readonly older: readonly string[];
  /** Adverts list the VIPs. */
  readonly listed: boolean;
  readonly groups: readonly GroupScenario[];
  readonly verifyInterval: number;
  /** The VNICs' primary addresses are those of the heartbeat, so they name their router. */
  readonly addressed: boolean;
  /** Router → when its daemon is started first. */
  readonly startAt: Readonly<Record<string, number>>;
  /** By router. */
  readonly clocks: Readonly<Record<string, ClockScenario>>;
  /** Part of the datagrams lost all the time, so little that it must not matter. */
  readonly loss: number;
  /** Requests a second that the tenancy is served; 0: any number. */
  readonly throttle: number;
  /** Goes on to the end of every bound, even if everything has been in its place for long. */
  readonly patient: boolean;
  readonly faults: readonly Fault[];
}

/** One of the deployment's groups, by its name. */
export interface GroupScenario {
  readonly name: string;
  /** By router. */
  readonly priority: Readonly<Record<string, number>>;
  readonly preempt: boolean;
  readonly preemptDelay: number;
  /** Who holds the VIPs at first: a router, `stranger` (a VNIC of no router) or `nobody`. */
  readonly holder: string;
}

/** How the clocks of a machine differ from true time. */
export interface ClockScenario {
  /** How far the wall clock is ahead at first. */
  readonly ahead: number;
  /** How much faster the monotonic clock runs, millionths. */
  readonly rate: number;
  /** How much faster the wall clock runs. */
  readonly drift: number;
}

interface Span {
  readonly at: number;
  /** When it ends: equal to `at` where there is no end. */
  readonly until: number;
}

export type ApiTrouble =
  /** Nothing answers. */
  | 'outage'
  /** 429, 5xx, 409: some answers, or all. */
  | 'throttled'
  | 'errors'
  | 'conflicts'
  /** Writes are carried out, and their answers say otherwise or get lost. */
  | 'lost-answers'
  /** Writes are carried out long after their router gave up on them. */
  | 'late-writes'
  /** … and so long after that it may be master again by then, or its lease expired. */
  | 'held-writes'
  /** Reads answer what was true a while ago. */
  | 'lag'
  | 'slow'
  /** The token is not accepted until it is refreshed. */
  | 'token'
  /** Instance metadata does not answer, so there is no token. */
  | 'metadata';

export type Fault = Span &
  (
    | {
        readonly kind: 'partition';
        readonly from: string;
        /** Another router; absent: everybody. */
        readonly to?: string;
        /** Absent: all paths. */
        readonly path?: number;
        /** Only what `from` sends is lost. */
        readonly oneWay: boolean;
      }
    | {
        readonly kind: 'noise';
        readonly from: string;
        readonly path?: number;
        readonly loss: number;
        readonly duplication: number;
        /** Longest delay. */
        readonly delay: number;
      }
    /** The machine is gone without a word, and back at the end. */
    | {
        readonly kind: 'crash';
        readonly router: string;
        /** After its start the network is not there yet for this long. */
        readonly networkLate: number;
      }
    /** The daemon is stopped as systemd does it, and started at the end. */
    | { readonly kind: 'restart'; readonly router: string }
    /** The process stands still. `paused`: the whole machine does, and what is sent to it meanwhile is lost. */
    | { readonly kind: 'stall'; readonly router: string; readonly paused: boolean }
    | {
        readonly kind: 'link';
        readonly router: string;
        readonly device: string;
        /** OCI is reached over it. */
        readonly api: boolean;
      }
    | {
        readonly kind: 'api';
        /** Absent: for everybody. */
        readonly router?: string;
        readonly trouble: ApiTrouble;
        /** Part of the requests it meets. */
        readonly probability: number;
      }
    | { readonly kind: 'clock'; readonly router: string; readonly ahead: number }
    /** Work in the console. `vip`: its address; `to`: a router, `stranger` or `nobody`. */
    | { readonly kind: 'console'; readonly vip: string; readonly to: string }
    /** A planned switchover of a group or of all, and the failback at the end. */
    | { readonly kind: 'failover'; readonly on: string; readonly to?: string; readonly group?: string }
    | { readonly kind: 'standby'; readonly on: string; readonly router: string; readonly group?: string }
    | { readonly kind: 'freeze'; readonly on: string }
    | { readonly kind: 'verify'; readonly on: string }
    | {
        readonly kind: 'reload';
        readonly change: 'nothing' | 'priorities' | 'preempt' | 'interval' | 'verify-interval';
      }
  );

export type FaultKind = Fault['kind'];
