import type { LabPlan } from './plan.ts';

export interface ConfigOptions {
  /** Advertisement interval, as written in the file. */
  readonly interval: string;
  /** By router; the plan's unless told. */
  readonly priorities?: Readonly<Record<string, number>>;
}

/** The production configuration of the reference deployment: the same bytes for every router. */
export function configText(plan: LabPlan, options: ConfigOptions): string {
  const heartbeatPaths = plan.segments.slice(0, 2).map((segment) => segment.interface);
  const routers = plan.routers.map((router) => {
    const addresses = heartbeatPaths.map((nic) => router.nics[nic]?.address).filter(Boolean);
    return `  ${router.name}: { addresses: [${addresses.join(', ')}] }`;
  });
  const priorities = plan.routers
    .map(({ name, priority }) => `${name}: ${options.priorities?.[name] ?? priority}`)
    .join(', ');
  const interfaces = plan.segments.map(
    (segment) => `      ${segment.interface}: { vips: [${segment.vips.join(', ')}] }`,
  );
  return `cluster: isv-pod
routers:
${routers.join('\n')}
heartbeat:
  interval: ${options.interval}
  auth:
    keys: { 1: "file:/etc/failoverd/heartbeat.key" }
    active_key: 1
groups:
  isv:
    virtual_router_id: 51
    priority: { ${priorities} }
    interfaces:
${interfaces.join('\n')}
`;
}
