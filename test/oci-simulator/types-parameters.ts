/** How it behaves: latencies, faults, limits, policy. Everything here can be changed while it runs. */

export const OPERATIONS = [
  'Metadata',
  'Federation',
  'ListPrivateIps',
  'GetPrivateIp',
  'UpdatePrivateIp',
  'CreatePrivateIp',
  'DeletePrivateIp',
  'DetachPrivateIp',
  'ListIpv6s',
  'GetIpv6',
  'UpdateIpv6',
  'CreateIpv6',
  'DeleteIpv6',
  'DetachIpv6',
  'GetVnic',
  'UpdateVnic',
  'ListVnicAttachments',
  'ListRouteTables',
  'GetRouteTable',
] as const;
export type Operation = (typeof OPERATIONS)[number];

/** A fixed latency in ms, or a distribution drawn from the seeded generator. */
export type Latency =
  | number
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  /** Log-normal through its median and 99th percentile, cut at `max`. */
  | { readonly kind: 'log-normal'; readonly median: number; readonly p99: number; readonly max?: number };

export type FaultEffect =
  /** Answers one of these statuses (drawn when there are several). `applied`: the write happened all the same. */
  | {
      readonly kind: 'status';
      readonly status: number | readonly number[];
      readonly code?: string;
      readonly message?: string;
      /** An HTML page instead of the JSON error, as the metadata service and gateways send. */
      readonly html?: boolean;
      readonly applied?: boolean;
    }
  /** Never answers; `applied`: a write happens first. */
  | { readonly kind: 'hang'; readonly applied: boolean }
  /** The write is applied, then the connection is destroyed. */
  | { readonly kind: 'lost-answer' }
  /** Nothing is applied, the connection is destroyed. */
  | { readonly kind: 'drop' }
  /** Kept back until `release`, then checked and applied as if it arrived then: a late write. */
  | { readonly kind: 'hold' };

/** Which requests are hit, and how. A request takes the first fault that matches, in the order of the names. */
export interface FaultRule {
  /** `*`: every operation of federation and VCN API. Metadata is hit by `Metadata` only. */
  readonly operation: Operation | '*' | readonly Operation[];
  /** Name of the instance that asks. */
  readonly instance?: string;
  /** The address or OCID the request is about. */
  readonly target?: string;
  /** A part of the request's path. */
  readonly path?: string;
  /** Hits this many requests, then goes away by itself. Absent: until switched off. */
  readonly count?: number;
  /** 0 to 1, drawn from the seeded generator. */
  readonly probability?: number;
  readonly effect: FaultEffect;
}

/**
 * `up` · `refused`: the listener is closed and open connections are destroyed · `dropped`: connections are accepted and
 * destroyed before TLS or HTTP, open ones too · `hanging`: accepted, never answered (also on open connections).
 */
export type Reachability = 'up' | 'refused' | 'dropped' | 'hanging';

/** What the dynamic group of the routers may do. Each `use` includes the `inspect` of the same kind. */
export interface Policy {
  readonly inspectPrivateIps: boolean;
  readonly usePrivateIps: boolean;
  readonly inspectIpv6s: boolean;
  readonly useIpv6s: boolean;
  readonly inspectVnics: boolean;
  readonly useVnics: boolean;
  readonly inspectVnicAttachments: boolean;
  readonly inspectRouteTables: boolean;
}

/** Everything that can be changed while the simulator runs. */
export interface Parameters {
  /** Seed of the generator behind distributions and probabilities; setting it starts the sequence again. */
  readonly seed: number;
  /** Per operation; `*` is the default of federation and VCN API (not of metadata). */
  readonly latency: Readonly<Partial<Record<Operation | '*', Latency>>>;
  /** Share of a write's latency that passes before it is applied; the rest passes before it is answered. */
  readonly commitPoint: number;
  /** By name, so that a patch can add one and remove it with null. */
  readonly faults: Readonly<Record<string, FaultRule>>;
  readonly tokenLifetime: number;
  /** Reads see a write only this much later; the if-match of a write always sees the newest state. */
  readonly readLag: number;
  /** Token bucket over federation and VCN API, of each instance (unless told) or one of all of them; null: none. */
  readonly rateLimit: {
    readonly perSecond: number;
    readonly burst: number;
    readonly scope?: 'instance' | 'tenancy';
  } | null;
  /** The API closes a connection on which nothing happened for so long, without a word. */
  readonly idleTimeout: number;
  /** A write on a VNIC while another one on it is under way gets 409 Conflict. */
  readonly conflictOnConcurrentVnicUpdates: boolean;
  readonly reachability: { readonly metadata: Reachability; readonly api: Reachability };
  /**
   * The same for the traffic of one instance, by its name and told by source address. `refused` is as `dropped` here: a
   * listener cannot refuse by source.
   */
  readonly reachabilityOf: Readonly<
    Record<string, { readonly metadata?: Reachability; readonly api?: Reachability } | undefined>
  >;
  readonly policy: Policy;
}

export const DEFAULT_PARAMETERS: Parameters = {
  seed: 1,
  latency: {},
  commitPoint: 0.5,
  faults: {},
  tokenLifetime: 20 * 60_000,
  readLag: 0,
  rateLimit: null,
  idleTimeout: 60_000,
  conflictOnConcurrentVnicUpdates: false,
  reachability: { metadata: 'up', api: 'up' },
  reachabilityOf: {},
  policy: {
    inspectPrivateIps: true,
    usePrivateIps: true,
    inspectIpv6s: true,
    useIpv6s: true,
    inspectVnics: true,
    useVnics: true,
    inspectVnicAttachments: true,
    inspectRouteTables: true,
  },
};

/** JSON merge patch (RFC 7396): null removes a key, objects are merged, everything else replaces. */
export type MergePatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { readonly [K in keyof T]?: MergePatch<T[K]> | null }
    : T;
export type ParametersPatch = MergePatch<Omit<Parameters, 'faults' | 'latency' | 'rateLimit'>> & {
  readonly faults?: Readonly<Record<string, FaultRule | null>>;
  readonly latency?: Readonly<Partial<Record<Operation | '*', Latency | null>>>;
  readonly rateLimit?: Parameters['rateLimit'];
};
