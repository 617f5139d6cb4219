import type { Milliseconds } from '../model.ts';

/* The configuration that is going to be written, before it is text. */

export interface Draft {
  readonly cluster: string;
  readonly routers: readonly DraftRouter[];
  readonly transport: 'udp' | 'ip';
  readonly minTtl: number | undefined;
  readonly startupDelay: Milliseconds | undefined;
  readonly groups: readonly DraftGroup[];
  /** What has to be done once on every router, as comments at the top. */
  readonly preparations: readonly string[];
}

export interface DraftRouter {
  readonly name: string;
  readonly addresses: readonly string[];
  /** Interface in `groups` → device here, where they differ. */
  readonly devices: Readonly<Record<string, string>>;
}

export interface DraftGroup {
  readonly name: string;
  readonly virtualRouterId: number;
  readonly priority: Readonly<Record<string, number>>;
  readonly preempt: boolean;
  readonly preemptDelay: Milliseconds;
  readonly interfaces: readonly DraftInterface[];
  readonly heartbeat: DraftHeartbeat;
  readonly trackers: readonly DraftTracker[];
  readonly sync: readonly string[];
  readonly hooks: DraftHooks;
}

export interface DraftInterface {
  readonly name: string;
  readonly vips: readonly string[];
  readonly routes: readonly { readonly to: string; readonly via: string }[];
  /** `VNIC in the scripts: of vrouter1 ocid1.vnic…`. */
  readonly comments: readonly string[];
}

export interface DraftHeartbeat {
  readonly version: 2 | 3;
  /** undefined: failoverd's default. */
  readonly interval: Milliseconds | undefined;
  readonly advertise: 'vips' | 'none' | readonly string[];
  readonly auth: DraftAuth;
}

export type DraftAuth =
  | { readonly mode: 'none' }
  | { readonly mode: 'password'; readonly pass: string }
  | {
      readonly mode: 'enforce' | 'permissive';
      readonly keys: Readonly<Record<number, string>>;
      readonly activeKey: number;
      readonly timeWindow: Milliseconds | undefined;
    };

export interface DraftTracker {
  readonly name: string;
  readonly command: readonly string[];
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  readonly fall: number;
  readonly rise: number;
  readonly weight: 'fault' | number;
}

export type HookState = 'master' | 'backup' | 'fault';
export type DraftHooks = Readonly<Record<HookState, readonly (readonly string[])[]>>;
