/**
 * The simulator's public types: how it is started and its admin interface, which is the same in process
 * (`Simulator.admin`) and over the unix socket (`connectAdmin` of client.ts). Topology, parameters and records have files
 * of their own and are exported from here too. Every time called `at` is CLOCK_MONOTONIC in milliseconds
 * (`process.hrtime`), which all processes of one machine share; durations are milliseconds.
 */
import type { Parameters, ParametersPatch } from './types-parameters.ts';
import type { HandshakeReport, JournalEntry, RequestRecord } from './types-records.ts';
import type { SubnetSpec, Topology, VipSpec, VnicSpec } from './types-topology.ts';

export * from './types-parameters.ts';
export type * from './types-records.ts';
export type * from './types-topology.ts';

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
