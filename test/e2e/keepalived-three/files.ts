/** Two virtual routers of three routers, as files of keepalived and of failoverd. */
import { type LabPlan, type LabRouter, TRANSIT } from '../../lab/plan.ts';

interface VirtualRouter {
  readonly name: string;
  readonly id: number;
  readonly version: 2 | 3;
  /** Milliseconds. */
  readonly interval: number;
  readonly priority: Readonly<Record<string, number>>;
  /** keepalived has the addresses of this interface, failoverd all that it was given. */
  readonly nic: string;
  /** Further lines of keepalived's. */
  readonly extra: readonly string[];
}

const VIRTUAL_ROUTERS: readonly VirtualRouter[] = [
  {
    ...{ name: 'three', id: 51, version: 2, interval: 1000, nic: TRANSIT, extra: [] },
    priority: { vrouter1: 200, vrouter2: 150, vrouter3: 50 },
  },
  {
    ...{ name: 'stay', id: 52, version: 3, interval: 200, nic: 'ens5', extra: ['nopreempt'] },
    priority: { vrouter1: 100, vrouter2: 200, vrouter3: 50 },
  },
];

const addressOn = ({ nics }: LabRouter, nic: string): string => nics[nic]?.address ?? '';

/** The VIP of a group. */
export function vipOf(plan: LabPlan, group: string): string {
  const nic = VIRTUAL_ROUTERS.find(({ name }) => name === group)?.nic;
  return plan.segments.find((segment) => segment.interface === nic)?.vips[0] ?? '';
}

export function keepalivedFile(plan: LabPlan, router: string): string {
  const instances = VIRTUAL_ROUTERS.flatMap(({ name, id, version, interval, nic, priority, extra }) => {
    const addresses = plan.routers.map((each) => [each.name, addressOn(each, nic)] as const);
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
      ...(version === 2
        ? ['  authentication {', '    auth_type PASS', '    auth_pass ISV-test', '  }']
        : ['  virtual_ipaddress {', `    ${vipOf(plan, name)} dev lo`, '  }']),
      ...extra.map((line) => `  ${line}`),
      '}',
    ];
  });
  return `${instances.join('\n')}\n`;
}

/** @param passFile has the password of version 2 */
export function failoverdConfig(plan: LabPlan, passFile: string): string {
  const nics = VIRTUAL_ROUTERS.map(({ nic }) => nic);
  return [
    'cluster: three',
    'routers:',
    ...plan.routers.map(
      (router) => `  ${router.name}: { addresses: [${nics.map((nic) => addressOn(router, nic)).join(', ')}] }`,
    ),
    'heartbeat: { transport: ip, version: 3, interval: 1s, auth: { mode: none } }',
    'startup_delay: 0s',
    "# A busy machine's API is slow, and a router without a token pre-empts nobody.",
    'oci: { request_timeout: 10s }',
    'groups:',
    ...VIRTUAL_ROUTERS.flatMap(({ name, id, version, interval, priority, nic }) => {
      const auth = version === 2 ? `mode: password, pass: "file:${passFile}"` : 'mode: none';
      const priorities = plan.routers.map((router) => `${router.name}: ${priority[router.name]}`).join(', ');
      return [
        `  ${name}:`,
        `    virtual_router_id: ${id}`,
        `    priority: { ${priorities} }`,
        `    heartbeat: { version: ${version}, interval: ${interval}ms, advertise: ${version === 2 ? 'none' : 'vips'}, auth: { ${auth} } }`,
        '    interfaces:',
        `      ${nic}: { vips: [${vipOf(plan, name)}] }`,
      ];
    }),
    '',
  ].join('\n');
}
