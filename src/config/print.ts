import { stringify } from 'yaml';
import { formatDuration } from './duration.ts';
import type {
  AuthConfig,
  Config,
  GroupConfig,
  GroupHeartbeatConfig,
  InterfaceConfig,
  RouterConfig,
  TrackerConfig,
} from './model.ts';

/**
 * The effective configuration in the form of the file, with every default and with units. Keys are shown as the source
 * they were read from, never as themselves. What it prints can be loaded again and means the same.
 */
export function printEffective(config: Config): string {
  const { heartbeat, metrics } = config;
  const file = {
    cluster: config.cluster,
    routers: Object.fromEntries(config.routers.map((router) => [router.name, routerForm(router)])),
    heartbeat: {
      transport: heartbeat.transport,
      // Each transport has a key of its own, and refuses the other's.
      ...(heartbeat.transport === 'udp' ? { port: heartbeat.port } : { min_ttl: heartbeat.minTtl }),
      ...heartbeatForm(heartbeat),
    },
    groups: Object.fromEntries(config.groups.map((group) => [group.name, groupForm(group, heartbeat)])),
    mode: config.mode,
    oci: {
      region: config.oci.region,
      ...(config.oci.endpoints !== undefined && { endpoints: config.oci.endpoints }),
      request_timeout: formatDuration(config.oci.requestTimeout),
      connections: config.oci.connections,
      verify_interval: formatDuration(config.oci.verifyInterval),
      lease_interval: formatDuration(config.oci.leaseInterval),
    },
    addresses: config.addresses,
    kernel: config.kernel,
    startup_delay: formatDuration(config.startupDelay),
    drain_timeout: formatDuration(config.drainTimeout),
    metrics: {
      listen: metrics.host.includes(':') ? `[${metrics.host}]:${metrics.port}` : `${metrics.host}:${metrics.port}`,
    },
    control: { socket: config.control.socket },
    log: { level: config.log.level, format: config.log.format },
  };
  return stringify(file, { lineWidth: 0, aliasDuplicateObjects: false });
}

function routerForm(router: RouterConfig) {
  const renamed = Object.keys(router.interfaces).length > 0;
  return { addresses: router.addresses, ...(renamed && { interfaces: router.interfaces }) };
}

function heartbeatForm(heartbeat: GroupHeartbeatConfig) {
  return {
    version: heartbeat.version,
    interval: formatDuration(heartbeat.interval),
    advertise: heartbeat.advertise,
    auth: authForm(heartbeat.auth),
  };
}

function authForm(auth: AuthConfig) {
  const keys = Object.fromEntries(auth.keys.map(({ id, source }) => [String(id), source ?? 'not shown']));
  return {
    ...(auth.keys.length > 0 && { keys, active_key: auth.activeKey }),
    mode: auth.mode,
    ...(auth.password !== undefined && { pass: auth.password.source }),
    time_window: formatDuration(auth.timeWindow),
  };
}

function groupForm(group: GroupConfig, common: GroupHeartbeatConfig) {
  const own = heartbeatForm(group.heartbeat);
  const differs = JSON.stringify(own) !== JSON.stringify(heartbeatForm(common));
  return {
    virtual_router_id: group.virtualRouterId,
    priority: group.priority,
    preempt: group.preempt,
    preempt_delay: formatDuration(group.preemptDelay),
    interfaces: Object.fromEntries(group.interfaces.map((entry) => [entry.name, interfaceForm(entry)])),
    ...(differs && { heartbeat: own }),
    ...(group.sync.length > 0 && { sync: group.sync }),
    ...(group.trackers.length > 0 && { trackers: group.trackers.map(trackerForm) }),
    ...(Object.values(group.hooks).some((list) => list.length > 0) && { hooks: group.hooks }),
  };
}

function trackerForm(tracker: TrackerConfig) {
  return {
    ...tracker,
    interval: formatDuration(tracker.interval),
    timeout: formatDuration(tracker.timeout),
  };
}

function interfaceForm(entry: InterfaceConfig) {
  return { vips: vipsForm(entry), ...(entry.routes !== undefined && { routes: entry.routes }) };
}

function vipsForm({ vips }: InterfaceConfig): string[] {
  return vips.map(({ address, prefixLength }) => (prefixLength === undefined ? address : `${address}/${prefixLength}`));
}
