/**
 * What the lab builds: the reference deployment (two vRouters between an ISV's transit network and two PODs, a third
 * on request), a management host on the one side and a customer host behind each POD on the other.
 */

/** A subnet with a VNIC of every router in it. */
export interface Segment {
  /** The routers' interface in this subnet. */
  readonly interface: string;
  /** The subnet's bridge in the VCN's namespace. */
  readonly bridge: string;
  readonly prefixLength: number;
  /** The subnet's OCI gateway. */
  readonly gateway: string;
  readonly vip: string;
  readonly mtu: number;
}

export interface LabRouter {
  readonly name: string;
  readonly priority: number;
  /** By interface. */
  readonly nics: Readonly<Record<string, { readonly address: string; readonly mac: string }>>;
}

/** A host and the network it stands in, reached through the routers. */
export interface LabHost {
  readonly name: string;
  readonly address: string;
  readonly gateway: string;
  readonly prefixLength: number;
  /** The network that routes name. */
  readonly network: string;
  /** Interface of the routers that leads to it. */
  readonly behind: string;
}

export interface LabPlan {
  readonly segments: readonly Segment[];
  readonly routers: readonly LabRouter[];
  readonly management: LabHost;
  readonly customers: readonly LabHost[];
}

export const TRANSIT = 'ens3';

export const SEGMENTS: readonly Segment[] = [
  { interface: TRANSIT, bridge: 'transit', prefixLength: 25, gateway: '172.20.136.129', vip: '172.20.136.132', mtu: 1500 },
  { interface: 'ens5', bridge: 'pod1', prefixLength: 28, gateway: '10.0.0.1', vip: '10.0.0.4', mtu: 9000 },
  { interface: 'ens6', bridge: 'pod2', prefixLength: 28, gateway: '10.0.0.33', vip: '10.0.0.36', mtu: 9000 },
];

export const MANAGEMENT: LabHost = {
  name: 'mgmt',
  address: '172.20.136.10',
  gateway: '172.20.136.1',
  prefixLength: 25,
  network: '172.20.136.0/25',
  behind: TRANSIT,
};

export const CUSTOMERS: readonly LabHost[] = [
  {
    name: 'cust1',
    address: '10.1.0.10',
    gateway: '10.1.0.1',
    prefixLength: 20,
    network: '10.1.0.0/20',
    behind: 'ens5',
  },
  {
    name: 'cust2',
    address: '10.2.0.10',
    gateway: '10.2.0.1',
    prefixLength: 20,
    network: '10.2.0.0/20',
    behind: 'ens6',
  },
];

const ROUTER_PRIORITIES: Readonly<Record<string, number>> = { vrouter1: 200, vrouter2: 100, vrouter3: 50 };
