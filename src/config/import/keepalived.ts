import type { Placed, Position } from './remark.ts';

/* One router's keepalived.conf, as far as it matters here. Durations are milliseconds. */

export interface KeepalivedRouter {
  readonly name: string;
  readonly file: string;
  readonly startupDelay: Placed<number> | undefined;
  readonly instances: readonly Instance[];
  readonly syncGroups: readonly SyncGroup[];
  readonly scripts: ReadonlyMap<string, CheckScript>;
  readonly staticRoutes: readonly Route[];
}

export interface Instance {
  readonly name: string;
  readonly at: Position;
  readonly interface: Placed<string> | undefined;
  readonly virtualRouterId: Placed<number> | undefined;
  /** keepalived's default is 100. */
  readonly priority: Placed<number>;
  readonly version: Placed<2 | 3>;
  readonly interval: Placed<number>;
  readonly source: Placed<string> | undefined;
  readonly peers: readonly Peer[];
  readonly unicastTtl: Placed<number> | undefined;
  readonly auth: Authentication;
  readonly nopreempt: Position | undefined;
  readonly preemptDelay: Placed<number> | undefined;
  readonly trackedInterfaces: readonly Tracked[];
  readonly trackedScripts: readonly Tracked[];
  /** In the order in which they are advertised. */
  readonly addresses: readonly VirtualAddress[];
  readonly excluded: readonly VirtualAddress[];
  readonly routes: readonly Route[];
  readonly notifications: readonly Notification[];
}

export interface Peer extends Placed<string> {
  readonly minTtl: number | undefined;
}

export type Authentication =
  | { readonly kind: 'none'; readonly at: Position }
  | {
      readonly kind: 'password';
      readonly at: Position;
      readonly password: string;
      /** It stands in the file as it is: nothing was put in or taken out. */
      readonly isAsWritten: boolean;
    }
  | { readonly kind: 'ah'; readonly at: Position }
  | {
      readonly kind: 'hmac';
      readonly at: Position;
      readonly keys: readonly { readonly id: number; readonly source: string }[];
      readonly activeKey: number | undefined;
      readonly mode: 'enforce' | 'permissive';
      readonly timeWindow: number;
    };

export interface Tracked {
  readonly name: string;
  readonly at: Position;
  /** undefined: what the script itself says, for interfaces 0. */
  readonly weight: number | undefined;
  readonly isReversed: boolean;
}

export interface VirtualAddress {
  readonly address: string;
  readonly at: Position;
  readonly prefixLength: number | undefined;
  /** `dev`, or what stands before the colon of `label`. */
  readonly device: string | undefined;
}

export interface Route {
  readonly at: Position;
  readonly to: string;
  readonly via: string;
  readonly device: string | undefined;
}

export interface CheckScript {
  readonly name: string;
  readonly at: Position;
  readonly command: readonly string[];
  readonly interval: number;
  readonly timeout: number;
  readonly fall: number;
  readonly rise: number;
  readonly weight: number;
  readonly isReversed: boolean;
  /** Its own, else that of script_user. */
  readonly user: Placed<string> | undefined;
}

export interface Notification {
  readonly on: 'master' | 'backup' | 'fault' | 'stop' | 'any' | 'rival';
  readonly at: Position;
  readonly command: readonly string[];
  /** Its own, else that of script_user. */
  readonly user: Placed<string> | undefined;
}

export interface SyncGroup {
  readonly name: string;
  readonly at: Position;
  readonly members: readonly Placed<string>[];
  readonly trackedInterfaces: readonly Tracked[];
  readonly trackedScripts: readonly Tracked[];
  readonly notifications: readonly Notification[];
}
