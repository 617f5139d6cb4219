/**
 * What the lab builds around the simulator's topology, which is the reference deployment: two or three vRouters between
 * an ISV's transit network and two PODs; here come a management host on the one side and a customer host behind each
 * POD on the other.
 */
import { type ReferenceOptions, referenceTopology } from '../oci-simulator/reference-topology.ts';
import type { InstanceSpec, Topology } from '../oci-simulator/types.ts';

/** A subnet with a VNIC of every router in it. */
export interface Segment {
  /** The routers' interface in this subnet. */
  readonly interface: string;
  /** The subnet's bridge in the VCN's namespace. */
  readonly bridge: string;
  readonly prefixLength: number;
  /** The subnet's OCI gateway. */
  readonly gateway: string;
  /** Packets are routed to the first. */
  readonly vips: readonly [string, ...string[]];
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
  readonly topology: Topology;
  readonly segments: readonly Segment[];
  readonly routers: readonly LabRouter[];
  readonly management: LabHost;
  readonly customers: readonly LabHost[];
}

/** The routers' interface to the management network, the heartbeat's first path. */
export const TRANSIT = 'ens3';

const BRIDGES: Readonly<Record<string, string>> = { ens3: 'transit', ens5: 'pod1', ens6: 'pod2' };
const PRIORITIES: Readonly<Record<string, number>> = { vrouter1: 200, vrouter2: 100, vrouter3: 50 };
const TRANSIT_MTU = 1500;
const POD_MTU = 9000;

const MANAGEMENT: LabHost = {
  name: 'mgmt',
  address: '172.20.136.10',
  gateway: '172.20.136.1',
  prefixLength: 25,
  network: '172.20.136.0/25',
  behind: TRANSIT,
};

const CUSTOMERS: readonly LabHost[] = [
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

function segmentsOf(topology: Topology): Segment[] {
  return Object.entries(BRIDGES).map(([nic, bridge]): Segment => {
    const subnet = topology.subnets.find((candidate) => candidate.bridge === bridge);
    const vips = topology.vips.filter((vip) => vip.subnet === subnet?.name && !vip.address.includes(':'));
    const [first, ...others] = vips.map((vip) => vip.address);
    if (subnet === undefined || first === undefined) throw new Error(`the topology has no VIP for ${nic}`);
    return {
      interface: nic,
      bridge,
      prefixLength: Number(subnet.cidr.split('/')[1]),
      gateway: subnet.virtualRouterIp,
      vips: [first, ...others],
      mtu: nic === TRANSIT ? TRANSIT_MTU : POD_MTU,
    };
  });
}

function routerOf(instance: InstanceSpec): LabRouter {
  const nics = instance.vnics.map((vnic) => [vnic.interface, { address: vnic.privateIp, mac: vnic.mac }] as const);
  return { name: instance.name, priority: PRIORITIES[instance.name] ?? 10, nics: Object.fromEntries(nics) };
}

/** The reference deployment with its surroundings. */
export function referencePlan(options: ReferenceOptions = {}): LabPlan {
  const topology = referenceTopology({ bridge: (nic) => BRIDGES[nic] ?? nic, ...options });
  return {
    topology,
    segments: segmentsOf(topology),
    routers: topology.instances.map(routerOf),
    management: MANAGEMENT,
    customers: CUSTOMERS,
  };
}
