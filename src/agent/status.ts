import { type LoadedConfig, syncSetOf } from '../config/index.ts';
import type { GroupReport, LeaseReport, LockReport, RouterReport, StatusReport, VipReport } from '../control/api.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { type Alarm, alarmsOf } from './alarms.ts';
import type { Claimability } from './claimability.ts';
import { type Clock, wallTimeOf } from './clock.ts';
import type { CommandBook } from './command-book.ts';
import type { Conversation } from './conversation.ts';
import type { Group } from './group-types.ts';
import type { Holders } from './holders.ts';
import type { Hooks } from './hooks.ts';
import type { Interfaces } from './interfaces.ts';
import type { LeaseKeeper } from './lease.ts';
import { whyOf } from './lock-words.ts';
import { currentAdvert, type Peer, type Peers } from './peers.ts';
import { groupOf, masterOf } from './successor.ts';
import type { Trackers } from './trackers/trackers.ts';

const SECOND: Milliseconds = 1000;

export interface StatusSources {
  readonly loaded: LoadedConfig;
  /** Not one heartbeat address of this router is on this machine. */
  readonly elsewhere: boolean;
  readonly version: string;
  readonly uptime: Milliseconds;
  readonly clock: Clock;
  readonly claimability: Claimability;
  readonly conversation: Pick<Conversation, 'rejects'>;
  readonly lease: Pick<LeaseKeeper, 'error' | 'stamping' | 'stampedAt'>;
  readonly interfaces: Interfaces;
  readonly peers: Peers;
  readonly groups: readonly Group[];
  readonly commands: CommandBook;
  readonly holders: Holders;
  readonly trackers: Pick<Trackers, 'report'>;
  readonly hooks: Pick<Hooks, 'failed'>;
  /** What could not be done on this machine. */
  readonly machine: readonly Alarm[];
}

/** The report of `GET /v1/status`: the cluster as this router sees it. */
export function reportStatus(sources: StatusSources): StatusReport {
  return reportWithAlarms(sources).report;
}

/** The same, and the alarms with what they are about. */
export function reportWithAlarms(sources: StatusSources): {
  readonly report: StatusReport;
  readonly alarms: readonly Alarm[];
} {
  const { loaded, clock, claimability, peers } = sources;
  const { config, self } = loaded;
  const routers = config.routers.map(({ name }) => {
    const peer = peers.get(name);
    return peer === undefined ? reportSelf(sources) : reportPeer(sources, peer);
  });
  const groups = sources.groups.map((group) => reportGroup(sources, group));
  const { ready, reason, region, tokenExpiresAt } = claimability.ociStatus();
  const alarms = alarmsOf({
    routers,
    groups,
    reasonsNotReady: claimability.reasons(),
    inventory: claimability.inventory(),
    rejects: sources.conversation.rejects,
    frozen: sources.commands.frozen(),
    missingAddresses: sources.elsewhere ? self.addresses : [],
    leaseError: sources.lease.error(),
    machine: sources.machine,
  });
  const report: StatusReport = {
    version: sources.version,
    cluster: config.cluster,
    router: self.name,
    time: new Date(clock.wall()).toISOString(),
    uptime: sources.uptime / SECOND,
    mode: config.mode,
    oci: {
      ready,
      ...(reason !== undefined && { reason }),
      ...(region !== undefined && { region }),
      ...(tokenExpiresAt !== undefined && { tokenExpiresAt: new Date(tokenExpiresAt).toISOString() }),
    },
    lease: reportLease(sources),
    routers,
    groups,
    alarms: alarms.map(({ text }) => text),
  };
  return { report, alarms };
}

function reportLease({ lease, clock }: StatusSources): LeaseReport {
  const stampedAt = lease.stampedAt();
  const error = lease.error();
  return {
    stamping: lease.stamping(),
    stamped: stampedAt === undefined ? null : wallTimeOf(clock, stampedAt),
    ...(error !== undefined && { error }),
  };
}

function reportSelf({ loaded, version, claimability, interfaces, groups }: StatusSources): RouterReport {
  const { config, self } = loaded;
  return {
    name: self.name,
    self: true,
    version,
    alive: true,
    lastSeen: 0,
    ready: claimability.ready(),
    clockOffset: 0,
    configMatches: true,
    paths: [],
    links: interfaces.links().map(({ name, up }) => ({ interface: name, up })),
    groups: groups.map((group) => ({
      group: group.name,
      state: group.state(),
      priority: priorityOf(config, group.name, self.name),
      effectivePriority: group.effectivePriority(),
    })),
  };
}

function reportPeer({ loaded, clock }: StatusSources, peer: Peer): RouterReport {
  const now = clock.now();
  const { presence } = peer;
  // What a silent peer said last is no longer known to be true.
  const current = peer.alive ? presence : undefined;
  return {
    name: peer.name,
    self: false,
    version: presence?.release ?? null,
    alive: peer.alive,
    ...(peer.vrrpOnly && { vrrpOnly: true }),
    lastSeen: peer.lastHeard === undefined ? null : (now - peer.lastHeard) / SECOND,
    ready: current?.ociReady ?? null,
    clockOffset: presence === undefined ? null : peer.clockOffset / SECOND,
    configMatches: presence === undefined ? null : presence.configDigest === loaded.digest,
    paths: peer.paths.map(({ id, local, peer: address }) => {
      const heardAt = peer.heardOn.get(id);
      return { local, peer: address, lastSeen: heardAt === undefined ? null : (now - heardAt) / SECOND };
    }),
    links: (current?.links ?? []).map(({ name, up }) => ({ interface: name, up })),
    groups: loaded.config.groups.map((group) => {
      const told = current && groupOf(peer, group.virtualRouterId);
      const advert = peer.vrrpOnly ? currentAdvert(peer, group.virtualRouterId, now) : undefined;
      const otherAddresses = peer.adverts.get(group.virtualRouterId)?.otherAddresses;
      return {
        group: group.name,
        state: told?.state ?? (advert === undefined ? null : 'master'),
        priority: priorityOf(loaded.config, group.name, peer.name),
        effectivePriority: told?.priority ?? advert?.priority ?? null,
        ...(otherAddresses !== undefined && { otherAddresses }),
      };
    }),
  };
}

function priorityOf(config: LoadedConfig['config'], group: string, router: string): number {
  return config.groups.find(({ name }) => name === group)?.priority[router] ?? 0;
}

function reportGroup(sources: StatusSources, group: Group): GroupReport {
  const { loaded, clock, peers, commands } = sources;
  const hold = commands.hold(group.name);
  const config = loaded.config.groups.find(({ name }) => name === group.name);
  const vips = group.vips();
  const failedHook = sources.hooks.failed(group.name);
  const sync = syncSetOf(loaded.config.groups, group.name).filter((name) => name !== group.name);
  return {
    name: group.name,
    virtualRouterId: group.virtualRouterId,
    state: group.state(),
    since: wallTimeOf(clock, group.since()),
    superseded: group.superseded(),
    lock: reportLock(group),
    verifying: group.verifying(),
    lateWritesDropped: group.lateWritesDropped(),
    master: masterOf(loaded.self.name, group, peers.all(), clock.now()),
    hold: hold?.target == null ? null : { target: hold.target, since: new Date(hold.id).toISOString() },
    trackers: sources.trackers.report(group.name),
    ...(failedHook !== undefined && { failedHook }),
    ...(sync.length > 0 && { sync }),
    vips: (config?.interfaces ?? []).flatMap((entry) =>
      entry.vips.flatMap(({ address }): VipReport[] => {
        const vip = vips.find((candidate) => candidate.address === address);
        if (vip === undefined) return [];
        const { ownership, router } = sources.holders.holderOf(vip);
        return [
          {
            address,
            interface: entry.name,
            holder: router,
            ownership,
            since: vip.sinceAt === undefined ? null : wallTimeOf(clock, vip.sinceAt),
            verified: vip.verifiedAt === undefined ? null : wallTimeOf(clock, vip.verifiedAt),
            claiming: vip.claiming,
            ...(vip.error !== undefined && { error: vip.error }),
          },
        ];
      }),
    ),
  };
}

function reportLock(group: Group): LockReport | null {
  const lock = group.lock();
  if (lock === undefined) return null;
  return {
    vip: lock.address,
    holder: lock.holder,
    verdict: lock.decision.verdict,
    why: whyOf(lock),
    leaseUnchangedFor: lock.leaseUnchangedFor === null ? null : lock.leaseUnchangedFor / SECOND,
    leaseExpiresAfter: lock.leaseExpiresAfter / SECOND,
  };
}
