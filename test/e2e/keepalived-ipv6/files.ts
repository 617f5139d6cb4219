/** Two virtual routers over IPv6, as files of keepalived and of failoverd. */
import { type LabPlan, TRANSIT } from '../../lab/plan.ts';

/** On the transit network. */
export const IPV6_OF: Readonly<Record<string, string>> = { vrouter1: 'fd00:136::130', vrouter2: 'fd00:136::131' };
/** keepalived insists on an address in VRRPv3. No VIP of failoverd's: it moves IPv4 only. */
export const IPV6_VIP = 'fd00:136::132';

interface VirtualRouter {
  readonly name: string;
  readonly id: number;
  /** Milliseconds. */
  readonly interval: number;
  readonly priority: Readonly<Record<string, number>>;
}

const VIRTUAL_ROUTERS: readonly VirtualRouter[] = [
  { name: 'better', id: 61, interval: 200, priority: { vrouter1: 200, vrouter2: 100 } },
  { name: 'worse', id: 62, interval: 1000, priority: { vrouter1: 100, vrouter2: 200 } },
];

export function keepalivedFile(router: string): string {
  const peers = Object.entries(IPV6_OF).flatMap(([name, address]) => (name === router ? [] : [address]));
  const instances = VIRTUAL_ROUTERS.flatMap(({ name, id, interval, priority }) => [
    `vrrp_instance ${name} {`,
    '  version 3',
    '  state BACKUP',
    `  interface ${TRANSIT}`,
    `  virtual_router_id ${id}`,
    `  priority ${priority[router]}`,
    `  advert_int ${interval / 1000}`,
    `  unicast_src_ip ${IPV6_OF[router]}`,
    '  unicast_peer {',
    ...peers.map((address) => `    ${address}`),
    '  }',
    '  virtual_ipaddress {',
    `    ${IPV6_VIP} dev lo`,
    '  }',
    '}',
  ]);
  return `${instances.join('\n')}\n`;
}

export function failoverdConfig(plan: LabPlan): string {
  const vips = plan.segments.find((segment) => segment.interface === TRANSIT)?.vips ?? [];
  return [
    'cluster: over-ipv6',
    'routers:',
    ...plan.routers.map(({ name }) => `  ${name}: { addresses: ["${IPV6_OF[name]}"] }`),
    'heartbeat:',
    '  transport: ip',
    "  # keepalived 2.2 sends over IPv6 with the kernel's hop limit.",
    '  min_ttl: 64',
    '  interval: 1s',
    `  advertise: ["${IPV6_VIP}"]`,
    '  auth: { mode: none }',
    'startup_delay: 0s',
    "# A busy machine's API is slow, and a router without a token pre-empts nobody.",
    'oci: { request_timeout: 10s }',
    'groups:',
    ...VIRTUAL_ROUTERS.flatMap(({ name, id, interval, priority }, index) => [
      `  ${name}:`,
      `    virtual_router_id: ${id}`,
      `    priority: { vrouter1: ${priority['vrouter1']}, vrouter2: ${priority['vrouter2']} }`,
      `    heartbeat: { interval: ${interval}ms }`,
      '    interfaces:',
      `      ${TRANSIT}: { vips: [${vips[index]}] }`,
    ]),
    '',
  ].join('\n');
}
