/**
 * The effective configuration: what the rest of the daemon sees after the file was read, checked and completed with
 * defaults. Plain readonly data; durations in milliseconds.
 */

/** A duration in milliseconds. */
export type Milliseconds = number;

export interface Config {
  readonly cluster: string;
  /** In the file's order. */
  readonly routers: readonly RouterConfig[];
  readonly heartbeat: HeartbeatConfig;
  /** In the file's order. */
  readonly groups: readonly GroupConfig[];
  readonly mode: 'active' | 'observe';
  readonly oci: OciConfig;
  readonly addresses: 'static' | 'follow' | 'unmanaged';
  readonly kernel: 'report' | 'enforce';
  readonly startupDelay: Milliseconds;
  readonly drainTimeout: Milliseconds;
  readonly metrics: { readonly host: string; readonly port: number };
  readonly control: { readonly socket: string };
  readonly log: { readonly level: LogLevel; readonly format: 'auto' | 'pretty' | 'json' };
}

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

export interface RouterConfig {
  readonly name: string;
  /** Heartbeat paths; the first is the primary one. Path i joins address i of two routers. */
  readonly addresses: readonly string[];
  /** Interface name in `groups` → name of the device on this router, where they differ. */
  readonly interfaces: Readonly<Record<string, string>>;
}

export interface HeartbeatConfig extends GroupHeartbeatConfig {
  readonly transport: 'udp' | 'ip';
  /** Of the udp transport. */
  readonly port: number;
  /** Of the ip transport: what arrives with less is rejected. */
  readonly minTtl: number;
}

/** The part of `heartbeat` that a group may override. */
export interface GroupHeartbeatConfig {
  readonly version: 2 | 3;
  readonly interval: Milliseconds;
  readonly advertise: 'vips' | 'none' | readonly string[];
  readonly auth: AuthConfig;
}

export interface AuthConfig {
  /** Secrets already read from their file, variable or credential: 32 to 64 bytes each. */
  readonly keys: readonly {
    readonly id: number;
    readonly secret: Uint8Array;
    /** Where it was read from, `file:/PATH`, `env:NAME` or `credential:NAME`: the only thing to show of a key. */
    readonly source?: string;
  }[];
  readonly activeKey: number;
  readonly mode: 'enforce' | 'permissive' | 'receive-only' | 'none' | 'password';
  /** Of VRRPv2, in mode `password`: 8 bytes of it travel, in clear. Its source is the only thing to show of it. */
  readonly password?: { readonly text: string; readonly source: string };
  readonly timeWindow: Milliseconds;
}

export interface GroupConfig {
  readonly name: string;
  readonly virtualRouterId: number;
  /** Router name → 1 … 254. */
  readonly priority: Readonly<Record<string, number>>;
  readonly preempt: boolean;
  readonly preemptDelay: Milliseconds;
  /** In the file's order; the first VIP of the first interface that has one is the group's lock (DESIGN §4). */
  readonly interfaces: readonly InterfaceConfig[];
  readonly trackers: readonly TrackerConfig[];
  readonly hooks: HooksConfig;
  /** As written: `syncSetOf` names all that are joined. */
  readonly sync: readonly string[];
  /** `heartbeat` with this group's overrides applied. */
  readonly heartbeat: GroupHeartbeatConfig;
}

export interface InterfaceConfig {
  /** As in the file. Use `deviceOf` for the kernel's name on one router. */
  readonly name: string;
  readonly vips: readonly VipConfig[];
  /** Absent: none. */
  readonly routes?: readonly RouteConfig[];
}

/** A command that watches something else than the interfaces. */
export interface TrackerConfig {
  readonly name: string;
  /** An absolute path and its arguments. */
  readonly command: readonly string[];
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  /** Failures in a row until it is down. */
  readonly fall: number;
  /** Successes in a row until it is up. */
  readonly rise: number;
  /** What it does to its group: a fault while down, or points of priority: gained while up, or (negative) lost while down. */
  readonly weight: TrackerWeight;
}

/** Commands by the state that they tell of, each an absolute path and its arguments. */
export type HooksConfig = Readonly<Record<'master' | 'backup' | 'fault', readonly (readonly string[])[]>>;

export type TrackerWeight = 'fault' | number;

/** A static route of every router. */
export interface RouteConfig {
  /** In CIDR notation, canonical. */
  readonly to: string;
  /** Gateway, canonical. */
  readonly via: string;
}

export interface VipConfig {
  /** Canonical text form. */
  readonly address: string;
  /** Checked against the subnet when given. */
  readonly prefixLength?: number;
}

export interface OciConfig {
  readonly region: string;
  readonly endpoints?: { readonly metadata?: string; readonly federation?: string; readonly network?: string };
  readonly requestTimeout: Milliseconds;
  readonly connections: number;
  readonly verifyInterval: Milliseconds;
  /** Distance of the stamps on the lease (DESIGN §4 rule 4). */
  readonly leaseInterval: Milliseconds;
}

/** A configuration together with where it came from and whose eyes it is seen with. */
export interface LoadedConfig {
  readonly config: Config;
  /** This router's entry. */
  readonly self: RouterConfig;
  readonly file: string;
  /** First 8 bytes of the SHA-256 of the file's bytes, hex: peers compare it. */
  readonly digest: string;
}

/** The kernel's name of an interface of the configuration, on this router. */
export function deviceOf(router: RouterConfig, name: string): string {
  // An interface may be called `constructor`.
  return Object.hasOwn(router.interfaces, name) ? (router.interfaces[name] ?? name) : name;
}
