/** The virtual routers of the interop matrix, and the configuration of both sides. */
import type { KeepalivedInstance } from '../../lab/keepalived-config.ts';
import { type LabPlan, TRANSIT } from '../../lab/plan.ts';

/** A virtual router that has failoverd on vrouter1 and keepalived on vrouter2. */
export interface Pair {
  /** Group of the one, instance of the other. */
  readonly name: string;
  readonly version: 2 | 3;
  /** Milliseconds. */
  readonly interval: number;
  /** What makes one of them master; nothing: they do not believe each other. */
  readonly decides: 'oursBetter' | 'theirsBetter' | 'equal' | 'nothing';
  readonly virtualRouterId: number;
  readonly theirVirtualRouterId?: number;
  /** failoverd's file of the password; keepalived has `vrrp.pass`'s. */
  readonly passFile?: string;
}

const KINDS = [
  { title: 'v2-1s', version: 2, interval: 1000 },
  { title: 'v3-1s', version: 3, interval: 1000 },
  { title: 'v3-100ms', version: 3, interval: 100 },
  { title: 'v3-10ms', version: 3, interval: 10 },
] as const;

export const MATRIX: readonly Pair[] = [
  ...KINDS.map(({ title, ...kind }, index) => ({
    name: `ours-${title}`,
    ...kind,
    decides: 'oursBetter' as const,
    virtualRouterId: 51 + index,
  })),
  ...KINDS.map(({ title, ...kind }, index) => ({
    name: `theirs-${title}`,
    ...kind,
    decides: 'theirsBetter' as const,
    virtualRouterId: 61 + index,
  })),
  { name: 'equal-v2-1s', version: 2, interval: 1000, decides: 'equal', virtualRouterId: 71 },
  { name: 'equal-v3-100ms', version: 3, interval: 100, decides: 'equal', virtualRouterId: 72 },
  { name: 'password', version: 2, interval: 1000, decides: 'nothing', virtualRouterId: 81, passFile: 'other.pass' },
  { name: 'vrid', version: 3, interval: 1000, decides: 'nothing', virtualRouterId: 82, theirVirtualRouterId: 83 },
];

const PRIORITIES = {
  oursBetter: { vrouter1: 200, vrouter2: 100 },
  theirsBetter: { vrouter1: 100, vrouter2: 200 },
  equal: { vrouter1: 150, vrouter2: 150 },
  nothing: { vrouter1: 200, vrouter2: 100 },
} as const;

/** Each has a VIP of its own: the plan has four in each of the three subnets. */
function vipOf(plan: LabPlan, pair: Pair): { readonly nic: string; readonly address: string } {
  const all = plan.segments.flatMap(({ interface: nic, vips }) => vips.map((address) => ({ nic, address })));
  const found = all[MATRIX.indexOf(pair)];
  if (found === undefined) throw new Error(`the plan has no VIP for ${pair.name}`);
  return found;
}

/** keepalived insists on an address in VRRPv3, and on finding its own list in the adverts that it hears. */
export function instanceOf(plan: LabPlan, pair: Pair): KeepalivedInstance {
  const { name, version, interval } = pair;
  return {
    name,
    version,
    interval,
    virtualRouterId: pair.theirVirtualRouterId ?? pair.virtualRouterId,
    priority: PRIORITIES[pair.decides].vrouter2,
    ...(version === 2 ? { password: 'ISV-test' } : { addresses: [vipOf(plan, pair).address] }),
    extra: ['track_interface {', ...plan.segments.map(({ interface: nic }) => `  ${nic}`), '}'],
  };
}

export function failoverdConfig(plan: LabPlan): string {
  const routers = plan.routers.map(({ name, nics }) => `  ${name}: { addresses: [${nics[TRANSIT]?.address}] }`);
  return [
    'cluster: interop',
    'routers:',
    ...routers,
    'heartbeat: { transport: ip, version: 3, interval: 1s, auth: { mode: none } }',
    'startup_delay: 0s',
    'groups:',
    ...MATRIX.flatMap((pair) => groupLines(plan, pair)),
    '',
  ].join('\n');
}

function groupLines(plan: LabPlan, pair: Pair): readonly string[] {
  const { name, version, interval, virtualRouterId, decides, passFile = 'vrrp.pass' } = pair;
  const { nic, address } = vipOf(plan, pair);
  const { vrouter1, vrouter2 } = PRIORITIES[decides];
  const auth = version === 2 ? `mode: password, pass: "file:/etc/failoverd/${passFile}"` : 'mode: none';
  return [
    `  ${name}:`,
    `    virtual_router_id: ${virtualRouterId}`,
    `    priority: { vrouter1: ${vrouter1}, vrouter2: ${vrouter2} }`,
    `    heartbeat: { version: ${version}, interval: ${interval}ms, advertise: ${version === 2 ? 'none' : 'vips'}, auth: { ${auth} } }`,
    '    interfaces:',
    ...plan.segments.map((segment) =>
      segment.interface === nic ? `      ${nic}: { vips: [${address}] }` : `      ${segment.interface}: {}`,
    ),
  ];
}
