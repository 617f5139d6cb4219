/**
 * The simulator's public types: the topology it is started with, the parameters that can be changed while it runs, what
 * it records, and the admin interface, which is the same in process (`Simulator.admin`) and over the unix socket
 * (`connectAdmin` of client.ts). Every time called `at` is CLOCK_MONOTONIC in milliseconds (`process.hrtime`), which all
 * processes of one machine share; durations are milliseconds.
 */

/** A subnet of the simulated VCN. */
export interface SubnetSpec {
  /** Short name, used in the topology to refer to it (`ens3`, `transit`, …). */
  readonly name: string;
  readonly id: string;
  readonly cidr: string;
  /** The subnet's gateway, as instance metadata shows it. */
  readonly virtualRouterIp: string;
  /** Device that stands for the subnet on the fabric's side; needed when `fabric` is used. */
  readonly bridge?: string;
}

/** A VNIC of an instance, with its primary address. */
export interface VnicSpec {
  /** Name of the interface in the router. The API does not know it; it is here for tests. */
  readonly interface: string;
  readonly id: string;
  /** Name of its subnet. */
  readonly subnet: string;
  readonly mac: string;
  /** Primary private IPv4 address. */
  readonly privateIp: string;
  readonly privateIpId: string;
  readonly attachmentId: string;
  readonly vlanTag: number;
  readonly skipSourceDestCheck: boolean;
  readonly freeformTags?: Readonly<Record<string, string>>;
}

/** A virtual router. */
export interface InstanceSpec {
  /** Host name; also how faults, records and the admin interface name it. */
  readonly name: string;
  readonly id: string;
  readonly availabilityDomain: string;
  readonly faultDomain: string;
  /** Source addresses of its connections: how the metadata service knows who asks. */
  readonly sources: readonly string[];
  readonly vnics: readonly VnicSpec[];
}

/** A floating secondary address: a PrivateIp object, or an Ipv6 object when the address is IPv6. */
export interface VipSpec {
  readonly id: string;
  readonly address: string;
  /** Name of its subnet. */
  readonly subnet: string;
  /** Name of the instance whose VNIC in that subnet holds it; absent: unassigned. */
  readonly assignedTo?: string;
}

export interface RouteTableSpec {
  readonly id: string;
  readonly displayName: string;
  readonly rules: readonly { readonly destination: string; readonly networkEntityId: string }[];
}

export interface Topology {
  /** For example `us-ashburn-1`. */
  readonly region: string;
  /** What metadata's `instance/region` says: the short key where there is one (`iad`), else the region's name. */
  readonly regionKey: string;
  readonly tenancyId: string;
  readonly compartmentId: string;
  readonly vcnId: string;
  readonly subnets: readonly SubnetSpec[];
  readonly instances: readonly InstanceSpec[];
  readonly vips: readonly VipSpec[];
  readonly routeTables: readonly RouteTableSpec[];
  /** Instance meant when a connection comes from an address of nobody (everything on one loopback address). */
  readonly defaultInstance?: string;
}

/** Where to listen. Port 0 takes a free one. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Makes packets follow a VIP: a persistent child that reads neighbour commands on its stdin. */
export interface FabricOptions {
  /** For example `['ip', '-n', 'gateway', '-force', '-batch', '-']`. */
  readonly command: readonly [string, ...string[]];
}

export interface SimulatorOptions {
  readonly topology: Topology;
  readonly listen: {
    /** Instance metadata, plain HTTP. */
    readonly metadata: ListenAddress;
    /** Federation and VCN API, both over TLS; told apart by name and path. */
    readonly api: ListenAddress;
  };
  /**
   * Where the authority lives: `ca.pem` (what a client has to trust, NODE_EXTRA_CA_CERTS) and the private keys. Made
   * when empty; an existing one is used again, so tokens and trust survive a restart. Absent: in memory only.
   */
  readonly caDirectory?: string;
  /** Changes to DEFAULT_PARAMETERS. */
  readonly parameters?: ParametersPatch;
  readonly fabric?: FabricOptions;
  /** More names for the server certificate, beside the region's and the loopback ones. */
  readonly serverNames?: readonly string[];
}

/** The file given to `oci-simulator CONFIG`. */
export interface SimulatorConfig extends SimulatorOptions {
  readonly caDirectory: string;
  /** Path of the unix socket of the admin interface. */
  readonly adminSocket: string;
}

/** The one line printed by `oci-simulator` when it can be used. */
export interface ReadyLine {
  readonly ready: true;
  readonly pid: number;
  readonly adminSocket: string;
  readonly caFile: string;
  readonly metadata: ListenAddress;
  readonly api: ListenAddress;
}

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
  /** Token bucket over federation and VCN API, per instance; null: none. */
  readonly rateLimit: { readonly perSecond: number; readonly burst: number } | null;
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

/** One request as it was seen. */
export interface RequestRecord {
  /** 1, 2, 3 … in the order of arrival; reset-records does not start it again. */
  readonly id: number;
  readonly service: 'metadata' | 'federation' | 'vcn';
  /** null: the simulator knows no such operation. */
  readonly operation: Operation | null;
  readonly method: string;
  /** With the query. */
  readonly path: string;
  /** By the token where it verified, else by the source address. null: a stranger. */
  readonly instance: string | null;
  /** Source address of the connection. */
  readonly source: string;
  /** When the headers had arrived. */
  readonly at: number;
  /** When the answer was handed to the kernel; null: not yet, or never. */
  readonly answeredAt: number | null;
  readonly status: number | null;
  /** The `code` of an error answer. */
  readonly errorCode: string | null;
  /** What the simulator found wrong, which the answer does not say (a 401 is as terse as the real one). */
  readonly detail: string | null;
  /** OCID of the object in the path, or looked for by a list. */
  readonly target: string | null;
  /** Address of that object, where it is a private IP or Ipv6. */
  readonly address: string | null;
  /** The VNIC asked for in the body or the query. */
  readonly vnicId: string | null;
  readonly ifMatch: string | null;
  /** When a write was carried out; null: it was not (or is none). */
  readonly appliedAt: number | null;
  /** Name of the fault it met. */
  readonly fault: string | null;
  readonly connection: number;
  /** First request on its connection. */
  readonly fresh: boolean;
}

/** One change of a VIP's holder. */
export interface JournalEntry {
  readonly id: number;
  readonly at: number;
  readonly privateIp: string;
  readonly address: string;
  readonly fromVnic: string | null;
  readonly toVnic: string | null;
  readonly fromInstance: string | null;
  readonly toInstance: string | null;
  /** Instance that asked for it; null: by the admin interface (console work). */
  readonly instance: string | null;
  /** RequestRecord.id; null for console work. */
  readonly request: number | null;
  readonly kind: 'move' | 'create' | 'delete';
  /** When the neighbour command was handed to the fabric's stdin; null without a fabric. */
  readonly fabricAt: number | null;
}

/** One TLS connection that completed its handshake. */
export interface HandshakeRecord {
  readonly connection: number;
  readonly at: number;
  readonly source: string;
  /** By source, or by the first token seen on it. */
  readonly instance: string | null;
  /** True for an abbreviated handshake. */
  readonly resumed: boolean;
  readonly serverName: string | null;
  readonly requests: number;
  readonly closedAt: number | null;
}

export interface HandshakeReport {
  readonly total: number;
  /** Strangers are counted under `?`. */
  readonly byInstance: Readonly<Record<string, number>>;
  readonly connections: readonly HandshakeRecord[];
}

/** Who holds what now. */
export interface VipState {
  readonly id: string;
  readonly address: string;
  readonly subnet: string;
  readonly vnicId: string | null;
  readonly instance: string | null;
  readonly interface: string | null;
  readonly etag: string;
}

export interface VnicState {
  readonly id: string;
  readonly instance: string;
  readonly interface: string;
  readonly subnet: string;
  readonly mac: string;
  readonly freeformTags: Readonly<Record<string, string>>;
  readonly etag: string;
}

export interface SimulatorState {
  readonly now: number;
  readonly parameters: Parameters;
  readonly vips: readonly VipState[];
  readonly vnics: readonly VnicState[];
  /** Requests kept back by a `hold` fault, by RequestRecord.id. */
  readonly held: readonly number[];
  /** Why packets no longer follow the VIPs; null while they do, or without a fabric. */
  readonly fabricFailure: string | null;
}

/** Console work: moves a VIP. Exactly one of `address` and `id`. */
export interface AssignRequest {
  readonly address?: string;
  readonly id?: string;
  /** Name of the instance whose VNIC in the VIP's subnet gets it, or a VNIC's OCID, or null: unassigned. */
  readonly to: string | null;
}

/** Adds to the topology while running: a new POD. New VNICs go to instances that exist; a known name is an error. */
export interface ExtendRequest {
  readonly subnets?: readonly SubnetSpec[];
  readonly vnics?: readonly (VnicSpec & { readonly instance: string })[];
  readonly vips?: readonly VipSpec[];
}

export interface Admin {
  /** GET /state */
  state(): Promise<SimulatorState>;
  /** GET /requests?since=ID : records with a greater id, oldest first. */
  requests(since?: number): Promise<readonly RequestRecord[]>;
  /** GET /journal?since=ID */
  journal(since?: number): Promise<readonly JournalEntry[]>;
  /** GET /handshakes */
  handshakes(): Promise<HandshakeReport>;
  /** POST /faults : a merge patch of the parameters; answers the whole of them. */
  faults(patch: ParametersPatch): Promise<Parameters>;
  /** POST /reset-parameters : back to the start's. */
  resetParameters(): Promise<Parameters>;
  /** POST /reset-records : forgets requests, journal and handshake counts. */
  resetRecords(): Promise<void>;
  /** POST /release : lets held requests go on, all or the one with this id; answers their ids. */
  release(id?: number): Promise<readonly number[]>;
  /**
   * POST /rotate-certificates : new instance certificates (of one instance, or all). `retireOld`: federation no longer
   * accepts the ones before, which the platform would for some time.
   */
  rotateCertificates(options?: { readonly instance?: string; readonly retireOld?: boolean }): Promise<void>;
  /** POST /assign */
  assign(request: AssignRequest): Promise<VipState>;
  /** POST /extend */
  extend(request: ExtendRequest): Promise<void>;
  /** POST /delete : removes a VIP's object as somebody in the console might; by address or OCID. */
  delete(vip: string): Promise<void>;
}

/** A simulator in this process. */
export interface Simulator {
  readonly admin: Admin;
  readonly topology: Topology;
  /** Origins for `oci.endpoints` in loopback mode: `http://127.0.0.1:PORT/opc/v2`, `https://localhost:PORT`. */
  readonly endpoints: { readonly metadata: string; readonly federation: string; readonly network: string };
  readonly listening: { readonly metadata: ListenAddress; readonly api: ListenAddress };
  /** PEM of the authority a client has to trust. */
  readonly ca: string;
  /** Its file, where a caDirectory was given. */
  readonly caFile: string | null;
  close(): Promise<void>;
}
