import { type GroupConfig, type LoadedConfig, syncSetOf } from '../config/index.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { createClaimability } from './claimability.ts';
import { createCommandBook } from './command-book.ts';
import { createConversation } from './conversation.ts';
import { createGroup } from './group.ts';
import { groupSettings, lockVnics, vnicsOf } from './group-settings.ts';
import type { Group, GroupSettings } from './group-types.ts';
import { createHolders } from './holders.ts';
import { createHooks } from './hooks.ts';
import { createInterfaces } from './interfaces.ts';
import { createLeaseKeeper } from './lease.ts';
import { createMaintenance } from './maintenance.ts';
import { pathsOf } from './paths.ts';
import { confirms, createPeers } from './peers.ts';
import type { Router, RouterOptions } from './router-types.ts';
import { createKnowledge } from './standing.ts';
import { reportStatus, reportWithAlarms, type StatusSources } from './status.ts';
import { bestSuccessor, betterIsReady, isReady, livingMaster, masterOf } from './successor.ts';
import { createSwitchover } from './switchover.ts';
import { createSync } from './sync.ts';
import { createHearTold } from './told.ts';
import { createTrackers } from './trackers/trackers.ts';
import { reportVerify } from './verify.ts';

/** A router that has just become ready leaves a master that is not, but lives, this long. */
const READY_GRACE: Milliseconds = 5000;

/** One router put together from its parts. */
export function createRouter(options: RouterOptions): Router {
  const { clock, observer } = options;
  let { loaded } = options;
  const current = () => loaded;
  const { self } = loaded;
  const startedAt = clock.now();
  /** Not one heartbeat address is on this machine: it would hear nobody, and is perhaps another router. */
  let elsewhere = false;
  const paths = pathsOf(loaded);
  const vrrpOnly = loaded.config.heartbeat.transport === 'ip';
  const peers = createPeers(paths, vrrpOnly);
  const interfaces = createInterfaces(current, options.interfaceState, observer);
  const holders = createHolders(self.name);
  const commands = createCommandBook({
    store: options.store,
    self: self.name,
    routers: loaded.config.routers.map(({ name }) => name),
    wall: clock.wall,
  });
  /** Router name by its primary address: the form in which the election knows its peers. */
  const knowledgeOf = createKnowledge({
    loaded: current,
    clock,
    peers,
    holders,
    commands,
    leasesFail: () => lease.error() !== undefined,
  });
  const primaries = new Map(loaded.config.routers.map((router) => [router.addresses[0] ?? '', router.name] as const));

  const sync = createSync({ loaded: current, clock, peers, groups: () => groups, observer });
  const trackers = createTrackers({
    loaded: current,
    clock,
    observer,
    runCommand: options.runCommand,
    onChange: trackersChanged,
  });
  const hooks = createHooks({ loaded: current, clock, observer, runCommand: options.runCommand });
  const claimability = createClaimability({
    loaded: current,
    clock,
    observer,
    interfaces,
    oci: () => oci,
    groups: () => groups,
    syncSetOf: sync.setOf,
    tellPeers: () => conversation.tellPeers(),
  });
  const conversation = createConversation({
    codec: options.codec,
    nonce: options.nonce,
    loaded: current,
    release: options.version,
    paths,
    clock,
    observer,
    peers,
    groups: () => groups,
    send: (pathId, bytes) => transport.send(pathId, bytes),
    ready: claimability.ready,
    readyIn: isReadyIn,
    links: interfaces.links,
    commands,
    onTold: createHearTold({
      loaded: current,
      now: clock.now,
      holders,
      switchover: () => switchover,
      maintenance: () => maintenance,
    }),
    // A master takes all of them.
    onSilentClaims: (group) =>
      group.ownership({ kind: 'taken', addresses: group.vips().map(({ address }) => address) }),
    onFreeze: (command) => maintenance.freezeHeard(command),
    onTick,
  });
  const oci = options.createOci({ onStatus: claimability.ociChanged, onExchange: observer.metrics.exchange });
  const transport = options.createTransport(paths, conversation.receive);
  let groups: readonly Group[] = loaded.config.groups.map(makeGroup);
  const switchover = createSwitchover({
    self: self.name,
    groups: () => groups,
    syncSetOf: sync.setOf,
    peers,
    commands,
    observer,
    now: clock.now,
    wall: clock.wall,
    whyNotSelf: (group) => claimability.reasons().get(group.name) ?? [],
    tellPeers: conversation.tellPeers,
  });
  const lease = createLeaseKeeper({
    oci: () => oci,
    clock,
    interval: () => loaded.config.oci.leaseInterval,
    vnics: () => (loaded.config.mode === 'observe' || elsewhere ? [] : vnicsOf(groups)),
    lockVnics: () => (loaded.config.mode === 'observe' ? [] : lockVnics(groups)),
    onStamping: (on) => observer.log({ event: 'lease', on, unconfirmedBy: on ? unconfirmed() : [] }),
    onFailure: (detail) => observer.leaseFailed(detail, clock.now()),
    needed: () => groups.some(isMaster) && peers.all().some((peer) => !confirms(peer, self.name)),
    value: (counter) => ({
      cluster: loaded.config.cluster,
      router: self.name,
      bootId: conversation.bootId,
      counter,
      mastered: groups.filter(isMaster).map(({ name }) => name),
    }),
  });
  const maintenance = createMaintenance({
    self: self.name,
    routers: loaded.config.routers.map(({ name }) => name),
    groups: () => groups,
    syncSetOf: sync.setOf,
    commands,
    observer,
    tellPeers: conversation.tellPeers,
    isServedWithout,
    vrrpOnly,
  });

  function makeGroup(group: GroupConfig): Group {
    const made: Group = createGroup({
      name: group.name,
      virtualRouterId: group.virtualRouterId,
      settings: settingsOf(group),
      without: options.without,
      knowledge: knowledgeOf(() => made),
      leavesMaster: (priority) => leavesMaster(made, priority),
      predecessorAt: (address) => predecessorAt(made, address),
      isCutOff: (address) => isCutOff(made, address),
      vrrpOnly,
      oci,
      clock,
      random: options.random,
      observer,
      routerAt: (address) => primaries.get(address) ?? address,
      routers: () => loaded.config.routers.length,
      chooseSuccessor: () => bestSuccessor(peers.all(), group.virtualRouterId)?.name ?? null,
      sendAdvert: (advert) => conversation.sendAdvert(group.name, advert),
      tellPeers: conversation.tellPeers,
      isRecordReadable: () => isReadyIn(group.name) || peers.all().some((peer) => isReady(peer, group.virtualRouterId)),
      tellPeersSoon: conversation.tellPeersSoon,
      askPeers: conversation.ask,
      rediscover: claimability.rediscover,
      onHeld: () => switchover.held(made),
      onRound: () => {
        claimability.update();
        lease.update();
      },
      onTransition: (from, to, reason) => {
        hooks.transitioned({ group: group.name, from, to, reason });
        switchover.transitioned(made, from);
        sync.transitioned(made, from, reason);
        options.onTransition?.();
        lease.update();
      },
    });
    return made;
  }

  /** Peers that do not say that they hear this router. */
  function unconfirmed(): readonly string[] {
    return peers.all().flatMap((peer) => (confirms(peer, self.name) ? [] : [peer.name]));
  }

  function isServedWithout(group: Group, router: string): boolean {
    const others = peers.all().filter(({ name }) => name !== router && !commands.inStandby(group.name, name));
    if (bestSuccessor(others, group.virtualRouterId) !== undefined) return true;
    const takesPart = group.state() === 'master' || group.state() === 'backup';
    return router !== self.name && takesPart && isReadyIn(group.name);
  }

  function isReadyIn(group: string): boolean {
    return claimability.reasons().get(group)?.length === 0;
  }

  /** Cut off from everybody at once, this router is more likely gone than all the others: the holder's lease decides. */
  function predecessorAt(group: Group, address: string | undefined): string | null {
    return address === undefined || isCutOff(group, address) ? null : (primaries.get(address) ?? null);
  }

  function isCutOff(group: Group, address: string | undefined): boolean {
    return address !== undefined && conversation.isCutOff(group, address);
  }

  /** The master lives, and somebody else should pre-empt it, or nobody yet. */
  function leavesMaster({ name, virtualRouterId }: Group, priority: number): boolean {
    const interval = loaded.config.groups.find((group) => group.name === name)?.heartbeat.interval ?? 0;
    const heardSince = clock.now() - 2 * interval;
    const address = self.addresses[0] ?? '';
    if (betterIsReady(peers.all(), virtualRouterId, { priority, address, heardSince })) return true;
    // What kept both from being ready may be over for the master in a moment, too, and traffic flows through it.
    const master = livingMaster(peers.all(), virtualRouterId, heardSince);
    return master?.ready === false && clock.now() - claimability.readySince(name) < READY_GRACE;
  }

  function onTick(): void {
    for (const name of peers.expire(clock.now())) {
      const lastHeard = peers.get(name)?.lastHeard ?? clock.now();
      holders.forget(name);
      // A backup that has no presence is silent, as it should be.
      if (!vrrpOnly) observer.log({ event: 'peer-silent', peer: name, silentFor: clock.now() - lastHeard });
      for (const group of groups) if (group.state() === 'master') group.ownership({ kind: 'conflict' });
      for (const group of groups) if (group.disputed()) group.ownership({ kind: 'peers' });
    }
    claimability.update();
    lease.update();
    sync.tick();
  }

  function settingsOf(group: GroupConfig): GroupSettings {
    const priority = group.priority[self.name] ?? 1;
    return groupSettings(group, loaded, trackers.weigh(syncSetOf(loaded.config.groups, group.name), priority));
  }

  function heedFaults(): void {
    const isFaulty = ({ name }: Group) => !interfaces.allUp(name) || trackers.inFault(name);
    for (const group of groups) group.handle({ kind: 'fault', on: sync.setOf(group.name).some(isFaulty) });
  }

  function takeOverSettings(): void {
    for (const group of groups) {
      const config = loaded.config.groups.find(({ name }) => name === group.name);
      if (config !== undefined) group.reconfigure(settingsOf(config));
    }
  }

  function trackersChanged(): void {
    takeOverSettings();
    heedFaults();
    conversation.tellPeers();
  }

  function linksChanged(): void {
    const changes = interfaces.refresh();
    heedFaults();
    claimability.linksChanged(changes);
    transport.rebind();
    conversation.tellPeers();
  }

  function reconfigure(next: LoadedConfig): void {
    loaded = next;
    interfaces.reconfigured();
    trackers.reconfigured();
    takeOverSettings();
    const added = loaded.config.groups.filter((config) => !groups.some(({ name }) => name === config.name));
    const started = added.map(makeGroup);
    groups = [...groups, ...started];
    conversation.reconfigured();
    linksChanged();
    switchover.restore();
    maintenance.restore();
    if (!elsewhere) for (const group of started) group.handle({ kind: 'startup' });
    claimability.look();
    claimability.update();
  }

  const statusSources = (): StatusSources => ({
    loaded,
    elsewhere,
    version: options.version,
    uptime: clock.now() - startedAt,
    clock,
    claimability,
    lease,
    conversation,
    interfaces,
    peers,
    groups,
    commands,
    holders,
    trackers,
    hooks,
    machine: options.machineAlarms?.() ?? [],
  });

  function takePart(): void {
    elsewhere = false;
    for (const group of groups) group.handle({ kind: 'startup' });
    conversation.start();
  }

  return {
    switchover,
    maintenance,
    reconfigure,
    opened: transport.opened,
    addressAppeared(address) {
      if (paths.some(({ local }) => local === address)) transport.rebind(address);
      if (elsewhere && self.addresses.includes(address)) takePart();
    },
    start() {
      linksChanged();
      trackers.start();
      switchover.restore();
      maintenance.restore();
      claimability.update();
      const { hasAddress } = options;
      elsewhere = hasAddress !== undefined && !self.addresses.some(hasAddress);
      if (elsewhere) observer.log({ event: 'elsewhere', addresses: self.addresses });
      else takePart();
    },
    linksChanged,
    resign() {
      for (const group of groups) group.handle({ kind: 'shutdown' });
      for (const group of groups) group.ownership({ kind: 'verify' });
    },
    holdsAnything: () => groups.some((group) => group.vips().some(({ held }) => held)),
    whyVipsStay() {
      if (commands.frozen()) return 'claims are frozen in the whole cluster';
      // Without presence there may be one, and the VIPs tell.
      const isFollowed =
        vrrpOnly || groups.some((group) => bestSuccessor(peers.all(), group.virtualRouterId) !== undefined);
      return isFollowed ? undefined : 'nobody is ready to take over';
    },
    hooksEnded: hooks.idle,
    async verify() {
      await Promise.all(groups.map((group) => group.verify()));
      return reportVerify(groups, holders, (group) => masterOf(self.name, group, peers.all(), clock.now()));
    },
    status: () => reportStatus(statusSources()),
    examine: () => ({ loaded, ...reportWithAlarms(statusSources()), query: interfaces.query() }),
    async close() {
      conversation.close();
      claimability.close();
      trackers.close();
      hooks.close();
      lease.close();
      for (const group of groups) group.close();
      await Promise.all([transport.close(), oci.close()]);
    },
  };
}

const isMaster = (group: Group) => group.state() === 'master';
