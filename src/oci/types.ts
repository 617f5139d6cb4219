/**
 * What the agent and the OCI side say to each other. The agent's thread sees only this file and `createOci`; everything
 * that signs, waits or opens a connection lives in the worker thread behind it.
 */

/** OCID of a VNIC, `ocid1.vnic.…`. */
export type VnicId = string & { readonly __brand: 'VnicId' };
/**
 * OCID of a private IP object, `ocid1.privateip.…` or, for an IPv6 VIP, `ocid1.ipv6.…`: what route rules point at, so it
 * must never change.
 */
export type PrivateIpId = string & { readonly __brand: 'PrivateIpId' };
/** OCID of a subnet. */
export type SubnetId = string & { readonly __brand: 'SubnetId' };

/** A duration in milliseconds. */
export type Milliseconds = number;

/** Why an OCI exchange failed, as far as the agent has to tell them apart. */
export type OciErrorCode =
  /** 401: the token or its signature was not accepted: refresh, then try again. */
  | 'unauthenticated'
  /** 404 NotAuthorizedOrNotFound: the object is missing or the policy does not allow it. */
  | 'not-found'
  /** 409: another operation on the same VNIC or private IP is under way. */
  | 'conflict'
  /** 412: the record changed since it was read. */
  | 'precondition-failed'
  /** 429. */
  | 'throttled'
  /** 5xx. */
  | 'server-error'
  /** 400 and other answers that will not get better by trying again. */
  | 'rejected'
  /** No answer within `request_timeout`; a write may have happened. */
  | 'timeout'
  /** DNS, TCP or TLS failed, or the connection broke; a write may have happened. */
  | 'network'
  /** The write waited longer than 500 ms in the worker and was not sent. */
  | 'expired-unsent'
  /** There is no token (metadata or federation not reached yet). */
  | 'no-token'
  /** Instance metadata is not reachable or lacks what is needed. */
  | 'metadata';

/** A failed exchange, in a form that crosses the thread boundary. */
export interface OciFailure {
  readonly ok: false;
  readonly code: OciErrorCode;
  /** A sentence for the admin, with the service's own words where it gave some. */
  readonly message: string;
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** `opc-request-id`, for a support ticket. */
  readonly requestId?: string;
}

/** A private IP as the API shows it, with the etag that guards it. */
export interface PrivateIpRecord {
  readonly id: PrivateIpId;
  readonly address: string;
  readonly subnetId: SubnetId;
  /** Absent: not assigned to a VNIC. */
  readonly vnicId?: VnicId;
  readonly etag: string;
}

/** One interface of this router and the VIPs expected in its subnet. */
export interface InterfaceQuery {
  /** Name of the interface in the configuration. */
  readonly interface: string;
  /** Its MAC address, lower case with colons; absent when the kernel has no such interface now. */
  readonly mac?: string;
  readonly vips: readonly string[];
}

/** What was found for one interface. */
export type InterfaceInventory =
  | {
      readonly ok: true;
      readonly interface: string;
      readonly vnicId: VnicId;
      readonly subnetId: SubnetId;
      /** False when OCI would drop forwarded packets at this VNIC. */
      readonly skipSourceDestCheck: boolean;
      readonly vips: readonly VipInventory[];
    }
  | (OciFailure & { readonly interface: string });

/** What was found for one VIP. */
export type VipInventory =
  | { readonly ok: true; readonly address: string; readonly record: PrivateIpRecord }
  | (OciFailure & { readonly address: string });

/** One claim: a single `UpdatePrivateIp(vnicId)` with `if-match`. */
export interface UpdateRequest {
  readonly privateIpId: PrivateIpId;
  readonly vnicId: VnicId;
  readonly etag: string;
}

/** Its answer. */
export type UpdateAnswer = { readonly ok: true; readonly record: PrivateIpRecord } | OciFailure;

/** The answer of a read of one private IP. `changed` reads carry the record; times are for ordering against writes. */
export type ReadAnswer = { readonly ok: true; readonly record: PrivateIpRecord } | OciFailure;

/** A VNIC with its tags, and the etag that guards them. */
export interface VnicRecord {
  readonly id: VnicId;
  readonly subnetId: SubnetId;
  /** False when OCI would drop forwarded packets at this VNIC. */
  readonly skipSourceDestCheck: boolean;
  readonly freeformTags: Readonly<Record<string, string>>;
  /** Its primary address. */
  readonly privateIp?: string;
  readonly etag: string;
}

/** The answer of a read or write of a VNIC. */
export type VnicAnswer = { readonly ok: true; readonly record: VnicRecord } | OciFailure;

/** One write of a VNIC's free-form tags: the whole set, as OCI replaces them together. */
export interface TagRequest {
  readonly vnicId: VnicId;
  readonly etag: string;
  readonly freeformTags: Readonly<Record<string, string>>;
}

/** State of the OCI side, sent whenever it changes. */
export interface OciStatus {
  /** True when a claim could be sent now: a valid token and region are known. */
  readonly ready: boolean;
  /** Why not, in a sentence. Absent when ready. */
  readonly reason?: string;
  readonly region?: string;
  /** Unix time in milliseconds at which the token ends. */
  readonly tokenExpiresAt?: number;
}

/** One finished HTTP exchange, for the metrics. */
export interface OciExchange {
  readonly operation:
    | 'UpdatePrivateIp'
    | 'GetPrivateIp'
    | 'ListPrivateIps'
    | 'UpdateIpv6'
    | 'GetIpv6'
    | 'ListIpv6s'
    | 'GetVnic'
    | 'UpdateVnic'
    | 'ListRouteTables'
    | 'Federation'
    | 'Metadata';
  readonly duration: Milliseconds;
  readonly failure?: OciErrorCode;
}

/** Settings of the OCI side, from `oci:` in the configuration. */
export interface OciOptions {
  /** `auto`: as instance metadata says. */
  readonly region: string;
  readonly endpoints?: { readonly metadata?: string; readonly federation?: string; readonly network?: string };
  readonly requestTimeout: Milliseconds;
  /** Upper bound of the connections kept warm; two for each VIP are used, so that reads leave room for claims. */
  readonly connections: number;
}

/** The OCI side as the agent's thread sees it. No call throws or rejects; every answer comes within its deadline. */
export interface Oci {
  /** Maps interfaces to VNICs by MAC address and VIPs to private IP objects by subnet and address. */
  discover(query: readonly InterfaceQuery[]): Promise<readonly InterfaceInventory[]>;
  /** Claims one VIP. */
  updatePrivateIp(request: UpdateRequest): Promise<UpdateAnswer>;
  /** Reads one private IP with its etag. */
  getPrivateIp(id: PrivateIpId): Promise<ReadAnswer>;
  /**
   * Reads all known VIPs of one subnet by a list, then gets those whose listed form changed since the last read, so
   * that the cached etags stay true. Answers one entry per id asked.
   */
  readSubnet(subnetId: SubnetId, ids: readonly PrivateIpId[]): Promise<ReadonlyMap<PrivateIpId, ReadAnswer>>;
  /** Asks for a new token now (after a 401); single-flight. */
  refreshToken(): Promise<{ readonly ok: true } | OciFailure>;
  /** Ends the worker; pending calls answer `network`. */
  close(): Promise<void>;
}

/** Reads and tags VNICs: what the ownership lease (DESIGN §4) is made of. Answers as the calls of `Oci` do. */
export interface OciVnics {
  getVnic(id: VnicId): Promise<VnicAnswer>;
  /** Replaces the free-form tags of a VNIC by one `UpdateVnic` with `if-match`. Dropped unsent as a claim is. */
  tagVnic(request: TagRequest): Promise<VnicAnswer>;
}

/** What the OCI side tells without being asked. */
export interface OciListener {
  onStatus(status: OciStatus): void;
  onExchange(exchange: OciExchange): void;
}
