import type { Config } from '../../src/config/index.ts';
import { type DeployedGroup, GROUPS, ROUTERS, referenceConfig } from './deployment.ts';
import type { Scenario } from './scenario.ts';

/** The configuration file of a scenario's cluster, as every router reads it at first. */
export function configOf(scenario: Scenario): Config {
  const config = referenceConfig(ROUTERS.slice(0, scenario.routers));
  const auth = { ...config.heartbeat.auth, mode: scenario.signed ? ('enforce' as const) : ('none' as const) };
  const advertise = scenario.listed ? ('vips' as const) : ('none' as const);
  const common = { auth, advertise, interval: scenario.interval };
  return {
    ...config,
    heartbeat: { ...config.heartbeat, ...common },
    groups: scenario.groups.flatMap(({ name, priority, preempt, preemptDelay }) => {
      const [reference] = config.groups;
      const deployed = GROUPS.find((group) => group.name === name);
      if (reference === undefined || deployed === undefined) return [];
      const { virtualRouterId } = deployed;
      const heartbeat = { ...reference.heartbeat, ...common };
      return {
        ...reference,
        name,
        virtualRouterId,
        priority,
        preempt,
        preemptDelay,
        interfaces: interfacesOf(deployed),
        heartbeat,
      };
    }),
    oci: { ...config.oci, verifyInterval: scenario.verifyInterval },
  };
}

/** The groups of a scenario with their VIPs. */
export function deployedGroups(scenario: Scenario): readonly DeployedGroup[] {
  return GROUPS.filter(({ name }) => scenario.groups.some((group) => group.name === name));
}

function interfacesOf({ vips }: DeployedGroup): Config['groups'][number]['interfaces'] {
  return vips.map((vip) => ({ name: vip.interface, vips: [{ address: vip.address }] }));
}
