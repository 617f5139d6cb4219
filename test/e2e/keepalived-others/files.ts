/** The two deployments of keepalived-others.spec.ts, as files of keepalived and of failoverd. */
import { type LabPlan, type LabRouter, TRANSIT } from '../../lab/plan.ts';

/** Of the heartbeat over IPv6, on the transit network. */
export const IPV6_OF: Readonly<Record<string, string>> = { vrouter1: 'fd00:136::130', vrouter2: 'fd00:136::131' };
/** keepalived insists on an address in VRRPv3. No VIP of failoverd's: it moves IPv4 only. */
export const IPV6_VIP = 'fd00:136::132';

interface VirtualRouter {
  readonly name: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** Milliseconds. */
  readonly interval: number;
  readonly priority: Readonly<Record<string, number>>;
  /** keepalived has the addresses of this interface, failoverd all that it was given. */
  readonly nic: string;
  /** Which of the interface's VIPs. */
  readonly vip: number;
  /** Further lines of keepalived's. */
  readonly extra: readonly string[];
}

const VIRTUAL_ROUTERS: Readonly<Record<4 | 6, readonly VirtualRouter[]>> = {
  4: [
    {
      ...{ name: 'three', id: 51, version: 2, interval: 1000, nic: TRANSIT, vip: 0, extra: [] },
      priority: { vrouter1: 200, vrouter2: 150, vrouter3: 50 },
    },
    {
      ...{ name: 'stay', id: 52, version: 3, interval: 200, nic: 'ens5', vip: 0, extra: ['nopreempt'] },
      priority: { vrouter1: 100, vrouter2: 200, vrouter3: 50 },
    },
  ],
  6: [
    {
      ...{ name: 'better', id: 61, version: 3, interval: 200, nic: TRANSIT, vip: 0, extra: [] },
      priority: { vrouter1: 200, vrouter2: 100 },
    },
    {
      ...{ name: 'worse', id: 62, version: 3, interval: 1000, nic: TRANSIT, vip: 1, extra: [] },
      priority: { vrouter1: 100, vrouter2: 200 },
    },
  ],
};

function addressOf({ name, nics }: LabRouter, family: 4 | 6, nic: string): string {
  return (family === 4 ? nics[nic]?.address : IPV6_OF[name]) ?? '';
}

function vipOf(plan: LabPlan, { nic, vip }: VirtualRouter): string {
  return plan.segments.find((segment) => segment.interface === nic)?.vips[vip] ?? '';
}

export function keepalivedFiles(plan: LabPlan, router: string, family: 4 | 6): string {
  const instances = VIRTUAL_ROUTERS[family].flatMap((virtual) => {
    const { name, id, version, interval, nic, priority, extra } = virtual;
    const addresses = plan.routers.map((each) => [each.name, addressOf(each, family, nic)] as const);
    return [
      `vrrp_instance ${name} {`,
      `  version ${version}`,
      '  state BACKUP',
      `  interface ${nic}`,
      `  virtual_router_id ${id}`,
      `  priority ${priority[router]}`,
      `  advert_int ${interval / 1000}`,
      `  unicast_src_ip ${addresses.find(([each]) => each === router)?.[1]}`,
      '  unicast_peer {',
      ...addresses.flatMap(([each, address]) => (each === router ? [] : [`    ${address}`])),
      '  }',
      ...(version === 2 ? ['  authentication {', '    auth_type PASS', '    auth_pass ISV-test', '  }'] : []),
      ...(version === 2
        ? []
        : ['  virtual_ipaddress {', `    ${family === 4 ? vipOf(plan, virtual) : IPV6_VIP} dev lo`, '  }']),
      ...extra.map((line) => `  ${line}`),
      '}',
    ];
  });
  return `${instances.join('\n')}\n`;
}

export function failoverdConfig(plan: LabPlan, family: 4 | 6): string {
  const virtual = VIRTUAL_ROUTERS[family];
  const nics = [...new Set(virtual.map(({ nic }) => nic))];
  return [
    'cluster: others',
    'routers:',
    ...plan.routers.map(
      (router) => `  ${router.name}: { addresses: [${nics.map((nic) => addressOf(router, family, nic)).join(', ')}] }`,
    ),
    // keepalived 2.2 sends over IPv6 with the kernel's hop limit.
    `heartbeat: { transport: ip, version: 3, interval: 1s, min_ttl: ${family === 4 ? 255 : 64}, auth: { mode: none } }`,
    'startup_delay: 0s',
    // A busy machine's API is slow, and a router without a token pre-empts nobody.
    'oci: { request_timeout: 10s }',
    'groups:',
    ...virtual.flatMap((each) => {
      const { name, id, version, interval, priority, nic } = each;
      const auth = version === 2 ? 'mode: password, pass: "file:/etc/failoverd/vrrp.pass"' : 'mode: none';
      const advertise = version === 2 ? 'none' : family === 4 ? 'vips' : `["${IPV6_VIP}"]`;
      const priorities = plan.routers.map((router) => `${router.name}: ${priority[router.name]}`).join(', ');
      return [
        `  ${name}:`,
        `    virtual_router_id: ${id}`,
        `    priority: { ${priorities} }`,
        `    heartbeat: { version: ${version}, interval: ${interval}ms, advertise: ${advertise}, auth: { ${auth} } }`,
        '    interfaces:',
        `      ${nic}: { vips: [${vipOf(plan, each)}] }`,
      ];
    }),
    '',
  ].join('\n');
}
