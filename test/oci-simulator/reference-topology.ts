/**
 * The reference deployment as a topology: two or three vRouters with ens3 (transit), ens5 (POD 1) and ens6 (POD 2), one
 * VIP per subnet or as many as a bench wants. OCIDs, MAC and IP addresses are the same in every run.
 */
import { ocid } from './ocid.ts';
import type { InstanceSpec, SubnetSpec, Topology, VipSpec, VnicSpec } from './types.ts';

export interface ReferenceOptions {
  /** 1 to 3; vrouter1, vrouter2, vrouter3. Default 2. */
  readonly routers?: number;
  /** VIPs in each of the three subnets, at most 9. Default 1, the deployment's. */
  readonly vipsPerSubnet?: number;
  /** An IPv6 VIP in each subnet as well. */
  readonly ipv6?: boolean;
  /** Who holds every VIP at the start; null: nobody. Default vrouter1. */
  readonly holder?: string | null;
  /** The fabric's device of each subnet. Default `br-` and the interface's name. */
  readonly bridge?: (interfaceName: string) => string;
  /** More source addresses of a router's connections, by router name. */
  readonly sources?: Readonly<Record<string, readonly string[]>>;
}

interface ReferenceSubnet {
  readonly interface: string;
  readonly displayName: string;
  readonly cidr: string;
  /** Everything before the last number. */
  readonly net: string;
  readonly gateway: number;
  /** Last number of the address of vrouter1, vrouter2, vrouter3. */
  readonly routers: readonly number[];
  readonly vip: number;
  /** Where VIPs beyond the first begin. */
  readonly moreVips: number;
  readonly vip6: string;
}

const REGION = 'us-ashburn-1';
const REGION_KEY = 'iad';

const SUBNETS: readonly ReferenceSubnet[] = [
  {
    interface: 'ens3',
    displayName: 'transit',
    cidr: '172.20.136.128/25',
    net: '172.20.136.',
    gateway: 129,
    routers: [130, 131, 133],
    vip: 132,
    moreVips: 134,
    vip6: 'fd00:c0a8:3::4',
  },
  {
    interface: 'ens5',
    displayName: 'pod1',
    cidr: '10.0.0.0/28',
    net: '10.0.0.',
    gateway: 1,
    routers: [2, 3, 5],
    vip: 4,
    moreVips: 6,
    vip6: 'fd00:c0a8:5::4',
  },
  {
    interface: 'ens6',
    displayName: 'pod2',
    cidr: '10.0.0.32/28',
    net: '10.0.0.',
    gateway: 33,
    routers: [34, 35, 37],
    vip: 36,
    moreVips: 38,
    vip6: 'fd00:c0a8:6::4',
  },
];

/** `02:00:17:00:RR:IF`: router number and the number in the interface's name. */
export function referenceMac(router: number, interfaceName: string): string {
  const index = Number(interfaceName.replace(/\D+/g, ''));
  const hex = (value: number) => value.toString(16).padStart(2, '0');
  return `02:00:17:00:${hex(router)}:${hex(index)}`;
}

/** The loopback source address of a router, for tests that tell routers apart without namespaces. */
export function loopbackSource(router: number): string {
  return `127.0.0.${10 + router}`;
}

export function referenceTopology(options: ReferenceOptions = {}): Topology {
  const { routers = 2, vipsPerSubnet = 1, ipv6 = false, holder = 'vrouter1' } = options;
  if (routers < 1 || routers > 3) throw new RangeError(`1 to 3 routers, not ${routers}`);
  if (vipsPerSubnet < 1 || vipsPerSubnet > 9) throw new RangeError(`1 to 9 VIPs per subnet, not ${vipsPerSubnet}`);
  const bridge = options.bridge ?? ((name: string) => `br-${name}`);
  const vips = SUBNETS.flatMap((subnet) => subnetVips(subnet, vipsPerSubnet, ipv6, holder));
  return {
    region: REGION,
    regionKey: REGION_KEY,
    tenancyId: ocid('tenancy', '', 'isv'),
    compartmentId: ocid('compartment', '', 'vrouters'),
    vcnId: ocid('vcn', REGION_KEY, 'isv'),
    subnets: SUBNETS.map(
      (subnet): SubnetSpec => ({
        name: subnet.displayName,
        id: ocid('subnet', REGION_KEY, subnet.displayName),
        cidr: subnet.cidr,
        virtualRouterIp: `${subnet.net}${subnet.gateway}`,
        bridge: bridge(subnet.interface),
      }),
    ),
    instances: Array.from({ length: routers }, (_, index) =>
      instance(index + 1, options.sources?.[`vrouter${index + 1}`] ?? []),
    ),
    vips,
    routeTables: [
      {
        id: ocid('routetable', REGION_KEY, 'pods'),
        displayName: 'pods',
        rules: vips
          .filter((vip) => vip.subnet !== 'transit' && !vip.address.includes(':'))
          .map((vip, index) => ({ destination: `192.168.${index}.0/24`, networkEntityId: vip.id })),
      },
    ],
    defaultInstance: 'vrouter1',
  };
}

function subnetVips(subnet: ReferenceSubnet, count: number, ipv6: boolean, holder: string | null): readonly VipSpec[] {
  const numbers = [subnet.vip, ...Array.from({ length: count - 1 }, (_, index) => subnet.moreVips + index)];
  const assigned = holder === null ? {} : { assignedTo: holder };
  const vips: VipSpec[] = numbers.map((number) => {
    const address = `${subnet.net}${number}`;
    return { id: ocid('privateip', REGION_KEY, address), address, subnet: subnet.displayName, ...assigned };
  });
  if (ipv6) {
    const id = ocid('ipv6', REGION_KEY, subnet.vip6);
    vips.push({ id, address: subnet.vip6, subnet: subnet.displayName, ...assigned });
  }
  return vips;
}

function instance(router: number, sources: readonly string[]): InstanceSpec {
  const name = `vrouter${router}`;
  const vnics = SUBNETS.map(
    (subnet, index): VnicSpec => ({
      interface: subnet.interface,
      id: ocid('vnic', REGION_KEY, `${name} ${subnet.interface}`),
      subnet: subnet.displayName,
      mac: referenceMac(router, subnet.interface),
      privateIp: `${subnet.net}${subnet.routers[router - 1] ?? 0}`,
      privateIpId: ocid('privateip', REGION_KEY, `${name} ${subnet.interface} primary`),
      attachmentId: ocid('vnicattachment', REGION_KEY, `${name} ${subnet.interface}`),
      vlanTag: 1041 + index,
      skipSourceDestCheck: true,
    }),
  );
  return {
    name,
    id: ocid('instance', REGION_KEY, name),
    availabilityDomain: 'Uocm:US-ASHBURN-AD-1',
    faultDomain: `FAULT-DOMAIN-${router}`,
    sources: [...vnics.map((vnic) => vnic.privateIp), loopbackSource(router), ...sources],
    vnics,
  };
}
