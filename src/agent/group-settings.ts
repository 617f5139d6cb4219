import type { GroupConfig, LoadedConfig } from '../config/index.ts';
import type { VnicId } from '../oci/types.ts';
import type { Group, GroupSettings } from './group-types.ts';

/** What the configuration says of one group, as its election and its plan want it; `priority`: with what trackers add. */
export function groupSettings(group: GroupConfig, { config, self }: LoadedConfig, priority: number): GroupSettings {
  return {
    vips: group.interfaces.flatMap(({ vips }) => vips.map(({ address }) => address)),
    election: {
      version: group.heartbeat.version,
      priority,
      interval: group.heartbeat.interval,
      address: self.addresses[0] ?? '',
      preempt: group.preempt,
      preemptDelay: group.preemptDelay,
    },
    startupDelay: config.startupDelay,
    verifyInterval: config.oci.verifyInterval,
    leaseInterval: config.oci.leaseInterval,
    requestTimeout: config.oci.requestTimeout,
    observe: config.mode === 'observe',
  };
}

/** This router's VNICs in the subnets of all VIPs. */
export function vnicsOf(groups: readonly Group[]): readonly VnicId[] {
  const vnics = new Set<VnicId>();
  for (const group of groups) for (const { target } of group.vips()) if (target !== undefined) vnics.add(target.vnicId);
  return [...vnics];
}

/** This router's VNICs in the subnets of the groups' locks. */
export function lockVnics(groups: readonly Group[]): readonly VnicId[] {
  const vnics = groups.flatMap(
    (group) => group.vips().find(({ target }) => target !== undefined)?.target?.vnicId ?? [],
  );
  return [...new Set(vnics)];
}
