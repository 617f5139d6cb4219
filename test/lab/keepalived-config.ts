import { type LabPlan, type LabRouter, TRANSIT } from './plan.ts';

/** One VRRP instance over the transit network, as the deployments have it that failoverd replaces. */
export interface KeepalivedInstance {
  /** In log and counters; `ISV` unless told. */
  readonly name?: string;
  readonly version: 2 | 3;
  /** Milliseconds; 1000 unless told. */
  readonly interval?: number;
  readonly virtualRouterId?: number;
  readonly priority: number;
  /** `auth_type PASS`, VRRPv2 only; none unless told. */
  readonly password?: string;
  /** `virtual_ipaddress`; none unless told, which version 3 does not take. They are added to the loopback device. */
  readonly addresses?: readonly string[];
  /** Further lines of the instance: `nopreempt`, `track_interface { … }`, … */
  readonly extra?: readonly string[];
}

/** A keepalived.conf for a router of the plan, unicast with all the others. */
export function keepalivedConfig(plan: LabPlan, router: string, ...instances: readonly KeepalivedInstance[]): string {
  return `${instances.flatMap((instance) => instanceLines(plan, router, instance)).join('\n')}\n`;
}

function instanceLines(plan: LabPlan, router: string, instance: KeepalivedInstance): readonly string[] {
  const addressOf = ({ nics }: LabRouter): string => nics[TRANSIT]?.address ?? '';
  const self = plan.routers.find(({ name }) => name === router);
  if (self === undefined) throw new Error(`the plan has no router ${router}`);
  const peers = plan.routers.filter((other) => other !== self);
  const { name = 'ISV', version, interval = 1000, virtualRouterId = 51, priority, password, addresses = [] } = instance;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`  ${title} {`, ...lines.map((line) => `    ${line}`), '  }'];
  return [
    `vrrp_instance ${name} {`,
    `  version ${version}`,
    '  state BACKUP',
    `  interface ${TRANSIT}`,
    `  virtual_router_id ${virtualRouterId}`,
    `  priority ${priority}`,
    `  advert_int ${interval / 1000}`,
    `  unicast_src_ip ${addressOf(self)}`,
    ...section('unicast_peer', peers.map(addressOf)),
    ...section('authentication', password === undefined ? [] : ['auth_type PASS', `auth_pass ${password}`]),
    ...section(
      'virtual_ipaddress',
      addresses.map((address) => `${address}/32 dev lo`),
    ),
    ...(instance.extra ?? []).map((line) => `  ${line}`),
    '}',
  ];
}

/** failoverd's `heartbeat` section that goes with it; `passFile`: where its password lies. */
export function heartbeatOverIp(
  { version, interval = 1000, password, addresses = [] }: KeepalivedInstance,
  passFile: string,
): string {
  const advertise = addresses.length === 0 ? 'none' : `[${addresses.join(', ')}]`;
  const auth = password === undefined ? 'mode: none' : `mode: password, pass: "file:${passFile}"`;
  return `heartbeat:\n  transport: ip\n  version: ${version}\n  interval: ${interval}ms\n  advertise: ${advertise}\n  auth: { ${auth} }\n`;
}
