/**
 * The lab's network, made of the kernel's own namespaces, bridges and veth pairs:
 *
 *     fo-mgmt ─┐                 ┌── ens3 fo-vrouter1 ens5, ens6 ──┐
 *              ├ fo-vcn: transit ┤                                 ├ fo-vcn: pod1, pod2 ┬─ fo-cust1
 *     fo-oci ──┘                 └── ens3 fo-vrouter2 ens5, ens6 ──┘                    └─ fo-cust2
 *
 * `fo-vcn` plays the VCN. It routes by the interface a packet comes in on, as OCI routes by subnet: from the management
 * host to a customer by way of the transit VIP, from a customer back by way of its POD's VIP. The VIPs are permanent
 * neighbour entries there, which the OCI simulator rewrites when a VIP moves to another VNIC. So a packet takes the
 * router that holds the VIP, and no gratuitous ARP changes that, as in OCI.
 */
import { createNamespace, ipBatch, namespaceOf, OCI, openIpShell, VCN } from './namespaces.ts';
import { type LabHost, type LabPlan, type LabRouter, type Segment, TRANSIT } from './plan.ts';

/** Instance metadata, on every router. */
export const METADATA_ADDRESS = '169.254.169.254';
/** Where the names of the OCI API resolve to (TEST-NET-1). */
export const SERVICE_ADDRESS = '192.0.2.2';
const SERVICE_GATEWAY = '192.0.2.1';

/** The far end, in the VCN, of a router's interface. */
export function portOf(router: string, nic: string): string {
  return `${router}-${nic}`;
}

/** The routes of a router's interface; the kernel drops them when the link goes down. */
function routesOver(plan: LabPlan, segment: Segment): string[] {
  const customers = plan.customers
    .filter((customer) => customer.behind === segment.interface)
    .map((customer) => `route replace ${customer.network} via ${segment.gateway} dev ${segment.interface}`);
  if (segment.interface !== TRANSIT) return customers;
  return [
    `route replace default via ${segment.gateway} dev ${segment.interface}`,
    `route replace 169.254.0.0/16 via ${segment.gateway} dev ${segment.interface}`,
    ...customers,
  ];
}

/** A subnet of the VCN, with its gateway. */
export async function createSubnet({ bridge, mtu, gateway, prefixLength }: Segment): Promise<void> {
  await ipBatch(VCN, [
    `link add ${bridge} type bridge`,
    `link set ${bridge} mtu ${mtu}`,
    `addr add ${gateway}/${prefixLength} dev ${bridge}`,
    `link set ${bridge} up`,
  ]);
}

/** Joins a host to the VCN: `eth0` inside, the host's name as the interface in the VCN. */
async function createHost(host: LabHost): Promise<void> {
  const namespace = namespaceOf(host.name);
  await createNamespace(namespace);
  await ipBatch(undefined, [`link add eth0 netns ${namespace} type veth peer name ${host.name} netns ${VCN}`]);
  await ipBatch(namespace, [
    `addr add ${host.address}/${host.prefixLength} dev eth0`,
    'link set eth0 up',
    `route add default via ${host.gateway}`,
  ]);
  await ipBatch(VCN, [`addr add ${host.gateway}/${host.prefixLength} dev ${host.name}`, `link set ${host.name} up`]);
}

/** The OCI services: metadata, federation and the API, reached through the transit subnet's gateway. */
async function createServices(): Promise<void> {
  await createNamespace(OCI);
  await ipBatch(undefined, [`link add eth0 netns ${OCI} type veth peer name oci netns ${VCN}`]);
  await ipBatch(OCI, [
    `addr add ${SERVICE_ADDRESS}/24 dev eth0`,
    `addr add ${METADATA_ADDRESS}/32 dev eth0`,
    'link set eth0 up',
    `route add default via ${SERVICE_GATEWAY}`,
  ]);
  await ipBatch(VCN, [
    `addr add ${SERVICE_GATEWAY}/24 dev oci`,
    'link set oci up',
    `route add ${METADATA_ADDRESS}/32 via ${SERVICE_ADDRESS} dev oci`,
  ]);
}

/** A VNIC appears in a router: its far end in the VCN, its address and routes, as the OS sets them. */
export async function attachNic(plan: LabPlan, router: LabRouter, segment: Segment): Promise<void> {
  const nic = router.nics[segment.interface];
  if (nic === undefined) return;
  const namespace = namespaceOf(router.name);
  const port = portOf(router.name, segment.interface);
  const { interface: device, mtu } = segment;
  await ipBatch(undefined, [
    `link add ${device} netns ${namespace} address ${nic.mac} mtu ${mtu} type veth peer name ${port} netns ${VCN}`,
  ]);
  await ipBatch(VCN, [`link set ${port} mtu ${mtu} master ${segment.bridge} up`]);
  await ipBatch(namespace, [
    `addr add ${nic.address}/${segment.prefixLength} dev ${device}`,
    `link set ${device} up`,
    ...routesOver(plan, segment),
  ]);
}

/** It is gone, as with `echo 1 >/sys/…/remove`; its far end goes with it. */
export async function detachNic(router: string, nic: string): Promise<void> {
  await ipBatch(namespaceOf(router), [`link del ${nic}`]);
}

async function createRouter(plan: LabPlan, router: LabRouter, hosts: string): Promise<void> {
  const namespace = namespaceOf(router.name);
  await createNamespace(namespace, hosts);
  for (const segment of plan.segments) await attachNic(plan, router, segment);
  // What Part 4A of the reference deployment does by hand: every router knows every VIP all the time.
  const vips = plan.segments.flatMap((segment) =>
    segment.vips.map((vip) => `addr add ${vip}/32 dev ${segment.interface} noprefixroute`),
  );
  await ipBatch(namespace, vips);
}

/** OCI's route tables: the next hop depends on where a packet comes from. */
async function createRouteTables(plan: LabPlan): Promise<void> {
  const transit = plan.segments.find((segment) => segment.interface === TRANSIT);
  if (transit === undefined) return;
  const lines = [`rule add iif ${plan.management.name} lookup 100 pref 100`];
  for (const customer of plan.customers) {
    lines.push(`route add ${customer.network} via ${transit.vips[0]} dev ${transit.bridge} table 100`);
  }
  plan.customers.forEach((customer, index) => {
    const segment = plan.segments.find((candidate) => candidate.interface === customer.behind);
    if (segment === undefined) return;
    const table = 101 + index;
    lines.push(
      `rule add iif ${customer.name} lookup ${table} pref ${table}`,
      `route add ${plan.management.network} via ${segment.vips[0]} dev ${segment.bridge} table ${table}`,
    );
  });
  await ipBatch(VCN, lines);
}

/** Builds everything. `hosts` becomes /etc/hosts of the routers. */
export async function createNetwork(plan: LabPlan, hosts: string): Promise<void> {
  await createNamespace(VCN);
  for (const segment of plan.segments) await createSubnet(segment);
  await createServices();
  for (const host of [plan.management, ...plan.customers]) await createHost(host);
  for (const router of plan.routers) await createRouter(plan, router, hosts);
  await createRouteTables(plan);
}

/** Takes links away and gives them back. */
export interface LinkSwitch {
  /** `ip link set` inside a router, and what its network manager does when a link comes back: the routes. */
  setLink(router: string, nic: string, state: 'up' | 'down'): void;
  /** Pulls cables of a router, or plugs them in again. The router itself sees its carrier go. */
  setCarrier(router: string, nics: readonly string[], state: 'up' | 'down'): void;
  stop(): void;
}

export function createLinkSwitch(plan: LabPlan): LinkSwitch {
  const vcn = openIpShell(VCN);
  const routers = new Map(plan.routers.map(({ name }) => [name, openIpShell(namespaceOf(name))]));
  return {
    setLink(router, nic, state) {
      const segment = plan.segments.find((candidate) => candidate.interface === nic);
      const routes = state === 'up' && segment !== undefined ? routesOver(plan, segment) : [];
      routers.get(router)?.do([`link set ${nic} ${state}`, ...routes]);
    },
    setCarrier: (router, nics, state) => vcn.do(nics.map((nic) => `link set ${portOf(router, nic)} ${state}`)),
    stop() {
      for (const shell of [vcn, ...routers.values()]) shell.stop();
    },
  };
}
