import type { LoadedConfig } from '../config/index.ts';
import type { StatusReport, VerifyReport } from '../control/api.ts';
import type { DatagramListener, Transport } from '../dgram-vrrp/index.ts';
import type { RunCommand } from '../linux/command-result.ts';
import type { InterfaceQuery, Oci, OciListener, OciVnics } from '../oci/types.ts';
import type { Alarm } from './alarms.ts';
import type { Clock } from './clock.ts';
import type { Rule } from './group-types.ts';
import type { PresenceCodec } from './heartbeat.ts';
import type { InterfaceState } from './interfaces.ts';
import type { Maintenance } from './maintenance.ts';
import type { Nonce } from './nonce.ts';
import type { Observer } from './observer.ts';
import type { Path } from './paths.ts';
import type { StateStore } from './state-store.ts';
import type { Switchover } from './switchover.ts';

/** What a router needs from outside, and what can be asked of it. How it is put together stands in router.ts. */

/** A transport that opens its paths by itself, and again when the addresses of the machine changed. */
export interface PathTransport extends Transport {
  /** Resolves when every path was tried once. */
  opened(): Promise<void>;
  /** Try again what is not open; with a local address, every path of it. */
  rebind(local?: string): void;
}

export interface RouterOptions {
  readonly loaded: LoadedConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Observer;
  readonly store: StateStore;
  readonly createTransport: (paths: readonly Path[], receive: DatagramListener) => PathTransport;
  readonly createOci: (listener: OciListener) => Oci & OciVnics;
  /** Runs the commands of the configuration: trackers and hooks. */
  readonly runCommand: RunCommand;
  /** A group changed its state. */
  readonly onTransition?: () => void;
  /** State of a device of the kernel; undefined: there is none of that name. */
  readonly interfaceState: (device: string) => InterfaceState | undefined;
  /** What could not be done on this machine, for the status; absent: nothing is done there. */
  readonly machineAlarms?: () => readonly Alarm[];
  /** True if an interface of this machine has the address; absent: each of its own is taken to be here. */
  readonly hasAddress?: (address: string) => boolean;
  /** Rules that are switched off, for the mutation check of the simulation. */
  readonly without?: ReadonlySet<Rule> | undefined;
  /** The wire's unless given. */
  readonly codec?: PresenceCodec;
  /** Makes boot ids and challenges; random unless given. */
  readonly nonce?: Nonce;
}

/** One router put together from its parts. Everything outside is injected, so that a simulation can run whole routers. */
export interface Router {
  readonly switchover: Switchover;
  readonly maintenance: Maintenance;
  /** Resolves when every heartbeat path was tried once. */
  opened(): Promise<void>;
  start(): void;
  /** Takes over another configuration, whose changes a running daemon can take over (see config/changes.ts). */
  reconfigure(next: LoadedConfig): void;
  /** An address came to an interface; a heartbeat path may have waited for it. */
  addressAppeared(address: string): void;
  /** Links changed: look at every interface again. */
  linksChanged(): void;
  /** Resigns in every group. Reading goes on, so that `holdsAnything` turns false when the VIPs have left. */
  resign(): void;
  /** True while OCI's record, as far as known, names a VNIC of this router for any VIP. */
  holdsAnything(): boolean;
  /** Why the VIPs would stay here after a resignation, a sentence; undefined: a live peer takes over in some group. */
  whyVipsStay(): string | undefined;
  /** Resolves when no hook runs or waits to. */
  hooksEnded(): Promise<void>;
  /** Reads every VIP of every group now. */
  verify(): Promise<VerifyReport>;
  status(): StatusReport;
  /** What a doctor looks at: the status with its alarms, the configuration in force, the interfaces as asked of OCI. */
  examine(): Examination;
  close(): Promise<void>;
}

/** A router as the doctor sees it. */
export interface Examination {
  readonly loaded: LoadedConfig;
  readonly report: StatusReport;
  readonly alarms: readonly Alarm[];
  readonly query: readonly InterfaceQuery[];
}
