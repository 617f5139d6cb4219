/** What is simulated: subnets, routers, VIPs. Given at the start, extended while running. */

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
