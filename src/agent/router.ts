import { randomBytes } from 'node:crypto';
import type { LoadedConfig } from '../config/index.ts';
import type { StatusReport, VerifyReport } from '../control/api.ts';
import type { Advert, DatagramListener, Presence, Transport } from '../dgram-vrrp/index.ts';
import type { InterfaceInventory, Oci, OciListener, OciStatus } from '../oci/types.ts';
import type { Clock } from './clock.ts';
import { createDiscovery } from './discovery.ts';
import { createGroup, type Group, successorFor } from './group.ts';
import { createHeartbeat } from './heartbeat.ts';
import { createHoldBook } from './hold-book.ts';
import { createHolders } from './holders.ts';
import { createInterfaces, type InterfaceState } from './interfaces.ts';
import type { Observer } from './observer.ts';
import { type Path, pathsOf } from './paths.ts';
import { createPeers, PRESENCE_INTERVAL } from './peers.ts';
import { describePresence } from './presence.ts';
import { whyNotReady } from './readiness.ts';
import type { StateStore } from './state-store.ts';
import { reportStatus } from './status.ts';
import { bestSuccessor, groupOf, masterOf } from './successor.ts';
import { createSwitchover, type Switchover } from './switchover.ts';
import { reportVerify } from './verify.ts';

/** A resignation and the presence that names its successor belong together when they arrive within this time. */
const RESIGNATION_MEMORY = 1000;

/** A transport that opens its paths by itself, and again when the addresses of the machine changed. */
export interface PathTransport extends Transport {
  /** Resolves when every path was tried once. */
  opened(): Promise<void>;
  /** Try again what is not open; with a local address, every path of it. */
  rebind(local?: string): void;
}

export interface RouterOptions {
  readonly loaded: LoadedConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly observer: Observer;
  readonly store: StateStore;
  readonly createTransport: (paths: readonly Path[], receive: DatagramListener) => PathTransport;
  readonly createOci: (listener: OciListener) => Oci;
  /** State of a device of the kernel; undefined: there is none of that name. */
  readonly interfaceState: (device: string) => InterfaceState | undefined;
}

/** One router put together from its parts. Everything outside is injected, so that a simulation can run whole routers. */
export interface Router {
  readonly switchover: Switchover;
  /** Resolves when every heartbeat path was tried once. */
  opened(): Promise<void>;
  start(): void;
  /** An address came to an interface; a heartbeat path may have waited for it. */
  addressAppeared(address: string): void;
  /** Links changed: look at every interface again. */
  linksChanged(): void;
  /** Resigns in every group. Reading goes on, so that `holdsAnything` turns false when the VIPs have left. */
  resign(): void;
  /** True while OCI's record, as far as known, names a VNIC of this router for any VIP. */
  holdsAnything(): boolean;
  /** True if a live peer could take over in some group. */
  hasSuccessor(): boolean;
  /** Reads every VIP of every group now. */
  verify(): Promise<VerifyReport>;
  status(): StatusReport;
  close(): Promise<void>;
}

export function createRouter(options: RouterOptions): Router {
  const { loaded, clock, observer } = options;
  const { config, self } = loaded;
  const bootId = randomBytes(8).toString('hex');
  const startedAt = clock.now();
  const paths = pathsOf(loaded);
  const peers = createPeers(paths);
  const interfaces = createInterfaces(loaded, options.interfaceState, observer);
  const holders = createHolders(self.name);
  const holds = createHoldBook(options.store, self.name, clock.wall);
  /** Router name by its primary address: the form in which the election knows its peers. */
  const primaries = new Map(config.routers.map((router) => [router.addresses[0] ?? '', router.name] as const));
  /** Peer and group → when its priority 0 advert was heard. */
  const resignations = new Map<string, number>();
  const reasonsNotReady = new Map<string, readonly string[]>();
  let ociStatus: OciStatus = { ready: false, reason: 'instance metadata was not reached yet' };
  let started = false;

  const oci = options.createOci({ onStatus: ociChanged, onExchange: observer.metrics.exchange });
  const discovery = createDiscovery({ oci, clock, query: interfaces.query, onInventory: inventoryFound });
  const heartbeat = createHeartbeat(
    {
      loaded,
      paths,
      clock,
      onAdvert: advertHeard,
      onPresence: presenceHeard,
      onHeard: (path) => {
        if (peers.heard(path.peerName, path.id, clock.now()))
          observer.log({ event: 'peer-heard', peer: path.peerName });
      },
      onRejected: (path, reason) => observer.rejected(path.peerName, path.id, reason, clock.now()),
      onAdvertSent: observer.metrics.advertSent,
      onPresenceTooLarge: (reason) => observer.presenceFailed(reason, clock.now()),
    },
    (pathId, bytes) => transport.send(pathId, bytes),
  );
  const transport = options.createTransport(paths, heartbeat.receive);
  const groups: readonly Group[] = config.groups.map(makeGroup);
  const switchover = createSwitchover({
    self: self.name,
    groups: () => groups,
    peers,
    holds,
    observer,
    whyNotSelf: (group) => reasonsNotReady.get(group.name) ?? [],
    tellPeers: sendPresence,
  });
  const presenceAlarm = clock.createAlarm(tick);

  function makeGroup(group: (typeof config.groups)[number]): Group {
    return createGroup({
      name: group.name,
      virtualRouterId: group.virtualRouterId,
      vips: group.interfaces.flatMap(({ vips }) => vips.map(({ address }) => address)),
      election: {
        version: group.heartbeat.version,
        priority: group.priority[self.name] ?? 1,
        interval: group.heartbeat.interval,
        address: self.addresses[0] ?? '',
        preempt: group.preempt,
        preemptDelay: group.preemptDelay,
      },
      startupDelay: config.startupDelay,
      verifyInterval: config.oci.verifyInterval,
      requestTimeout: config.oci.requestTimeout,
      oci,
      clock,
      random: options.random,
      observer,
      routerAt: (address) => primaries.get(address) ?? address,
      chooseSuccessor: () => bestSuccessor(peers.all(), group.virtualRouterId)?.name ?? null,
      sendAdvert: (advert) => heartbeat.sendAdvert(group.name, advert),
      tellPeers: sendPresence,
      rediscover: () => discovery.look(),
      onTransition: (from, to) => {
        const changed = groups.find(({ name }) => name === group.name);
        if (changed !== undefined) switchover.transitioned(changed, from, to);
      },
    });
  }

  // Heartbeat

  function sendPresence(): void {
    if (!started) return;
    const now = clock.now();
    heartbeat.sendPresence(
      describePresence({
        router: self.name,
        bootId,
        configDigest: loaded.digest,
        ready: [...reasonsNotReady.values()].every((reasons) => reasons.length === 0),
        uptime: now - startedAt,
        links: interfaces.links(),
        groups,
        holdOf: holds.get,
        peers: peers.all(),
        now,
      }),
    );
  }

  function tick(): void {
    presenceAlarm.set(clock.now() + PRESENCE_INTERVAL);
    for (const name of peers.expire(clock.now())) {
      const lastHeard = peers.get(name)?.lastHeard ?? clock.now();
      holders.forget(name);
      observer.log({ event: 'peer-silent', peer: name, silentFor: clock.now() - lastHeard });
      for (const group of groups) if (group.state() === 'master') group.ownership({ kind: 'verify' });
    }
    updateReadiness();
    sendPresence();
  }

  function advertHeard(name: string, path: Path, advert: Advert): void {
    observer.metrics.advertReceived();
    const group = groups.find((candidate) => candidate.name === name);
    const peer = peers.get(path.peerName);
    if (group === undefined || peer === undefined) return;
    if (advert.priority === 0) resignations.set(`${peer.name} ${name}`, clock.now());
    const named = groupOf(peer, group.virtualRouterId)?.successor;
    group.handle({
      kind: 'advert',
      // One router is one router, on whatever path it is heard.
      source: peer.paths[0]?.peer ?? path.peer,
      priority: advert.priority,
      interval: advert.interval,
      successor: successorFor(self.name, config.routers.length, named),
    });
  }

  function presenceHeard(path: Path, presence: Presence): void {
    const differed = configDiffers(path.peerName);
    const previous = peers.get(path.peerName)?.presence;
    peers.presence(path.peerName, presence, clock.now());
    if (configDiffers(path.peerName) && !differed) observer.log({ event: 'config-differs', peer: path.peerName });
    for (const told of presence.groups) {
      const group = groups.find(({ virtualRouterId }) => virtualRouterId === told.virtualRouterId);
      if (group === undefined) continue;
      const before = previous?.groups.find(({ virtualRouterId }) => virtualRouterId === told.virtualRouterId);
      // A VIP moved: our record of it is old, and so is the etag that our next claim would need.
      if (before !== undefined && before.vips.join() !== told.vips.join()) group.ownership({ kind: 'verify' });
      holders.learn(path.peerName, group.vips(), told.vips, clock.now());
      if (told.hold !== null) switchover.heard(group, told.hold);
      if (told.successor === self.name) followNamed(group, path);
    }
  }

  function configDiffers(peer: string): boolean {
    const digest = peers.get(peer)?.presence?.configDigest;
    return digest !== undefined && digest !== loaded.digest;
  }

  /** The name came after the resignation it belongs to: another path was faster. */
  function followNamed(group: Group, path: Path): void {
    const resignedAt = resignations.get(`${path.peerName} ${group.name}`);
    if (resignedAt === undefined || clock.now() - resignedAt > RESIGNATION_MEMORY) return;
    if (group.state() !== 'backup' || group.master() !== undefined) return;
    resignations.delete(`${path.peerName} ${group.name}`);
    const interval = config.groups.find(({ name }) => name === group.name)?.heartbeat.interval ?? 0;
    const source = peers.get(path.peerName)?.paths[0]?.peer ?? path.peer;
    group.handle({ kind: 'advert', source, priority: 0, interval, successor: 'self' });
  }

  // OCI and the kernel

  function ociChanged(status: OciStatus): void {
    const was = ociStatus;
    ociStatus = status;
    if (status.ready && !was.ready) observer.log({ event: 'oci-ready', region: status.region ?? 'unknown' });
    if (!status.ready && (was.ready || was.reason !== status.reason)) {
      observer.log({ event: 'oci-not-ready', detail: status.reason ?? 'unknown' });
    }
    if (status.ready && !was.ready) {
      discovery.look();
      for (const group of groups) group.ownership({ kind: 'token' });
    }
    updateReadiness();
  }

  function inventoryFound(inventory: readonly InterfaceInventory[], startedLookingAt: number): void {
    for (const entry of inventory) {
      if (!entry.ok) {
        observer.log({ event: 'inventory-missing', interface: entry.interface, detail: entry.message });
        continue;
      }
      for (const vip of entry.vips) {
        if (vip.ok) continue;
        const { address, message } = vip;
        observer.log({ event: 'inventory-missing', interface: entry.interface, vip: address, detail: message });
      }
      const targets = entry.vips.flatMap((vip) =>
        vip.ok
          ? {
              address: vip.address,
              privateIpId: vip.record.id,
              subnetId: entry.subnetId,
              vnicId: entry.vnicId,
              record: vip.record,
              startedAt: startedLookingAt,
            }
          : [],
      );
      for (const group of groups) group.ownership({ kind: 'inventory', targets });
    }
    updateReadiness();
  }

  function updateReadiness(): void {
    for (const group of config.groups) {
      const running = groups.find(({ name }) => name === group.name);
      const before = reasonsNotReady.get(group.name);
      const reasons = whyNotReady({
        oci: ociStatus,
        inventory: discovery.last(),
        interfaces: group.interfaces.map(({ name, vips }) => ({ name, vips: vips.map(({ address }) => address) })),
        failedRounds: running?.failedRounds() ?? 0,
      });
      reasonsNotReady.set(group.name, reasons);
      const changed = before === undefined || before.join() !== reasons.join();
      if (!changed || !started) continue;
      if (reasons.length > 0) observer.log({ event: 'group-not-ready', group: group.name, reasons });
      else observer.log({ event: 'group-ready', group: group.name });
      running?.handle({ kind: 'readiness', ready: reasons.length === 0 });
      sendPresence();
    }
  }

  function linksChanged(): void {
    const newMac = interfaces.refresh();
    for (const group of groups) group.handle({ kind: 'fault', on: !interfaces.allUp(group.name) });
    if (newMac && ociStatus.ready) discovery.look();
    transport.rebind();
    sendPresence();
  }

  return {
    switchover,
    opened: transport.opened,
    addressAppeared(address) {
      if (paths.some(({ local }) => local === address)) transport.rebind(address);
    },
    start() {
      started = true;
      linksChanged();
      switchover.restore();
      updateReadiness();
      for (const group of groups)
        group.handle({ kind: 'readiness', ready: reasonsNotReady.get(group.name)?.length === 0 });
      for (const group of groups) group.handle({ kind: 'startup' });
      tick();
    },
    linksChanged,
    resign() {
      for (const group of groups) group.handle({ kind: 'shutdown' });
      for (const group of groups) group.ownership({ kind: 'verify' });
    },
    holdsAnything: () => groups.some((group) => group.vips().some(({ held }) => held)),
    hasSuccessor: () => groups.some((group) => bestSuccessor(peers.all(), group.virtualRouterId) !== undefined),
    async verify() {
      await Promise.all(groups.map((group) => group.verify()));
      return reportVerify(groups, holders, (group) => masterOf(self.name, group, peers.all()));
    },
    status: () =>
      reportStatus({
        loaded,
        version: options.version,
        uptime: clock.now() - startedAt,
        clock,
        ociStatus,
        reasonsNotReady,
        interfaces,
        peers,
        groups,
        holds,
        holders,
        inventory: discovery.last(),
      }),
    async close() {
      presenceAlarm.close();
      discovery.close();
      for (const group of groups) group.close();
      await Promise.all([transport.close(), oci.close()]);
    },
  };
}
