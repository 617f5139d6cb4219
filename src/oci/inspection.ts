/** What `inspect` answers: plain data that crosses the thread boundary, free of the SDK. */
import type { Milliseconds, OciFailure, PrivateIpId, SubnetId, VnicId } from './types.ts';

/** Whether a service answered, and how long it took. */
export type Probe = { readonly ok: true; readonly duration: Milliseconds } | OciFailure;

export interface Inspection {
  /** One read of instance metadata. */
  readonly metadata: Probe;
  /** A request to the network API, the mean of one for each VNIC. */
  readonly network: Probe;
  /** The VNICs of this instance, as metadata lists them. */
  readonly vnics: readonly OwnVnic[];
  /** Connections to the network API: those that could take a request now or carry one, and all that are kept. */
  readonly connections: { readonly open: number; readonly kept: number };
  readonly routes: RouteInspection;
}

export interface OwnVnic {
  readonly vnicId: VnicId;
  /** Of its subnet: IPv4, and IPv6 if it has one. */
  readonly cidrs: readonly string[];
}

/** The route rules of the VNICs' compartments that lead to a private IP. Fails where the policy shows no route tables. */
export type RouteInspection = { readonly ok: true; readonly rules: readonly RouteRule[] } | OciFailure;

export interface RouteRule {
  /** Display name of its route table. */
  readonly table: string;
  readonly destination: string;
  readonly target: PrivateIpId;
  /** For a target that is no VIP: what it is; `missing` if OCI shows no such object. Absent: not looked up. */
  readonly found?: { readonly address: string; readonly subnetId: SubnetId } | 'missing' | undefined;
}

/** The answer when nothing could be looked at. */
export function failedInspection(failure: OciFailure): Inspection {
  return {
    metadata: failure,
    network: failure,
    vnics: [],
    connections: { open: 0, kept: 0 },
    routes: failure,
  };
}

/** The OCI side as the doctor sees it. Answers as the calls of `Oci` do. */
export interface OciInspector {
  /** Looks at everything of `Inspection`. `vips`: the VIPs' objects, as far as known. */
  inspect(vips: readonly PrivateIpId[]): Promise<Inspection>;
}
