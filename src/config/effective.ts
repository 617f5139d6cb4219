import { parseAddress, parseNetwork, parseVip } from './address.ts';
import { parseDuration } from './duration.ts';
import { parseListen } from './fields.ts';
import { findInterval, mergeAuth } from './merge.ts';
import type {
  AuthConfig,
  Config,
  GroupConfig,
  GroupHeartbeatConfig,
  InterfaceConfig,
  Milliseconds,
  OciConfig,
  TrackerConfig,
  VipConfig,
} from './model.ts';
import type { ConfigFile } from './schema.ts';

/** By the source they were read from. */
export interface Secrets {
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly passwords: ReadonlyMap<string, string>;
}

type Heartbeat = ConfigFile['heartbeat'];
type Group = ConfigFile['groups'][string];

/** The effective configuration of a file in which no check found a mistake. */
export function makeEffective(file: ConfigFile, secrets: Secrets): Config {
  const listen = parseListen(file.metrics.listen);
  if (listen === undefined) throw unchecked('metrics.listen', file.metrics.listen);
  return {
    cluster: file.cluster,
    routers: Object.entries(file.routers).map(([name, { addresses, interfaces }]) => ({
      name,
      addresses: addresses.map(canonical),
      interfaces: { ...interfaces },
    })),
    heartbeat: {
      ...heartbeatOf(file.heartbeat, undefined, secrets),
      transport: file.heartbeat.transport,
      port: file.heartbeat.port,
      minTtl: file.heartbeat.min_ttl ?? 255,
    },
    groups: Object.entries(file.groups).map(([name, group]) => groupOf(name, group, file.heartbeat, secrets)),
    mode: file.mode,
    oci: ociOf(file.oci),
    addresses: file.addresses,
    kernel: file.kernel,
    startupDelay: milliseconds(file.startup_delay),
    drainTimeout: milliseconds(file.drain_timeout),
    metrics: listen,
    control: { socket: file.control.socket },
    log: file.log,
  };
}

function groupOf(name: string, group: Group, heartbeat: Heartbeat, secrets: Secrets): GroupConfig {
  const interfaces = Object.entries(group.interfaces).map(
    ([interfaceName, { vips, routes }]): InterfaceConfig => ({
      name: interfaceName,
      vips: vips.map(vipOf),
      ...(routes.length > 0 && {
        routes: routes.map(({ to, via }) => ({ to: canonicalNetwork(to), via: canonical(via) })),
      }),
    }),
  );
  return {
    name,
    virtualRouterId: group.virtual_router_id,
    priority: { ...group.priority },
    preempt: group.preempt,
    preemptDelay: milliseconds(group.preempt_delay),
    interfaces,
    trackers: group.trackers.map(trackerOf),
    hooks: group.hooks,
    sync: group.sync,
    heartbeat: heartbeatOf(heartbeat, group.heartbeat, secrets),
  };
}

function trackerOf(tracker: Group['trackers'][number]): TrackerConfig {
  return { ...tracker, interval: milliseconds(tracker.interval), timeout: milliseconds(tracker.timeout) };
}

function heartbeatOf(base: Heartbeat, own: Group['heartbeat'], secrets: Secrets): GroupHeartbeatConfig {
  const version = own?.version ?? base.version;
  const advertise = own?.advertise ?? base.advertise;
  const interval = findInterval(base, own);
  return {
    version,
    // RFC 3768 and keepalived advertise each second; a failover in less needs version 3.
    interval: interval === undefined ? (version === 2 ? 1000 : 200) : milliseconds(interval),
    advertise: typeof advertise === 'string' ? advertise : advertise.map(canonical),
    auth: authOf(base, own, secrets),
  };
}

function authOf(base: Heartbeat, own: Group['heartbeat'], secrets: Secrets): AuthConfig {
  const { mode, keys = {}, activeKey, timeWindow, pass } = mergeAuth(base.auth, own?.auth);
  const read = Object.entries(keys).flatMap(([id, source]) => {
    const secret = source === undefined ? undefined : secrets.keys.get(source);
    return source === undefined || secret === undefined ? [] : [{ id: Number(id), secret, source }];
  });
  const text = mode === 'password' && pass !== undefined ? secrets.passwords.get(pass) : undefined;
  return {
    mode,
    keys: read,
    activeKey: activeKey ?? 0,
    timeWindow: milliseconds(timeWindow ?? '5s'),
    ...(text !== undefined && pass !== undefined && { password: { text, source: pass } }),
  };
}

function ociOf(oci: ConfigFile['oci']): OciConfig {
  const endpoints = Object.fromEntries(Object.entries(oci.endpoints ?? {}).filter(([, value]) => value !== undefined));
  return {
    region: oci.region,
    ...(Object.keys(endpoints).length > 0 && { endpoints }),
    requestTimeout: milliseconds(oci.request_timeout),
    connections: oci.connections,
    verifyInterval: milliseconds(oci.verify_interval),
    leaseInterval: milliseconds(oci.lease_interval),
  };
}

function vipOf(text: string): VipConfig {
  const vip = parseVip(text);
  if (vip === undefined) throw unchecked('a VIP', text);
  const { text: address, prefixLength } = vip;
  return prefixLength === undefined ? { address } : { address, prefixLength };
}

function canonical(text: string): string {
  return parseAddress(text)?.text ?? text;
}

function canonicalNetwork(text: string): string {
  const network = parseNetwork(text);
  if (network === undefined) throw unchecked('a network', text);
  return `${network.text}/${network.prefixLength}`;
}

function milliseconds(text: string): Milliseconds {
  const parsed = parseDuration(text);
  if (parsed === undefined) throw unchecked('a duration', text);
  return parsed;
}

/** Only a gap in the checks leads here. */
function unchecked(what: string, value: string): Error {
  return new Error(`${what} was not checked: ${value}`);
}
