import { type GroupConfig, type LoadedConfig, syncSetOf } from '../config/index.ts';
import type { StatusReport, VerifyReport } from '../control/api.ts';
import type { DatagramListener, Milliseconds, PresenceGroup, Transport } from '../dgram-vrrp/index.ts';
import type { RunCommand } from '../linux/command-result.ts';
import type { InterfaceQuery, Oci, OciListener, OciVnics, VnicId } from '../oci/types.ts';
import type { Alarm } from './alarms.ts';
import { createClaimability } from './claimability.ts';
import type { Clock } from './clock.ts';
import { createCommandBook } from './command-book.ts';
import { createConversation } from './conversation.ts';
import { createGroup, type Group, type GroupSettings, type Rule } from './group.ts';
import type { PresenceCodec } from './heartbeat.ts';
import { createHolders } from './holders.ts';
import { createHooks } from './hooks.ts';
import { createInterfaces, type InterfaceState } from './interfaces.ts';
import { createLeaseKeeper } from './lease.ts';
import { createMaintenance, type Maintenance } from './maintenance.ts';
import type { Nonce } from './nonce.ts';
import type { Observer } from './observer.ts';
import { type Path, pathsOf } from './paths.ts';
import { confirms, createPeers, type Peer } from './peers.ts';
import { createKnowledge } from './standing.ts';
import type { StateStore } from './state-store.ts';
import { reportStatus, reportWithAlarms, type StatusSources } from './status.ts';
import { bestSuccessor, betterIsReady, isReady, livingMaster, masterOf } from './successor.ts';
import { createSwitchover, type Switchover } from './switchover.ts';
import { createSync } from './sync.ts';
import { createTrackers } from './trackers/trackers.ts';
import { reportVerify } from './verify.ts';

/** A router that has just become ready leaves a master that is not, but lives, this long. */
const READY_GRACE: Milliseconds = 5000;

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
  readonly createOci: (listener: OciListener) => Oci & OciVnics;
  /** Runs the commands of the configuration: trackers and hooks. */
  readonly runCommand: RunCommand;
  /** A group changed its state. */
  readonly onTransition?: () => void;
  /** State of a device of the kernel; undefined: there is none of that name. */
  readonly interfaceState: (device: string) => InterfaceState | undefined;
  /** True if an interface of this machine has the address; absent: each of its own is taken to be here. */
  readonly hasAddress?: (address: string) => boolean;
  /** Rules that are switched off, for the mutation check of the simulation. */
  readonly without?: ReadonlySet<Rule> | undefined;
  /** The wire's unless given. */
  readonly codec?: PresenceCodec;
  /** Makes boot ids and challenges; random unless given. */
  readonly nonce?: Nonce;
}

/** One router put together from its parts. Everything outside is injected, so that a simulation can run whole routers. */
export interface Router {
  readonly switchover: Switchover;
  readonly maintenance: Maintenance;
  /** Resolves when every heartbeat path was tried once. */
  opened(): Promise<void>;
  start(): void;
  /** Takes over another configuration, whose changes a running daemon can take over (see config/changes.ts). */
  reconfigure(next: LoadedConfig): void;
  /** An address came to an interface; a heartbeat path may have waited for it. */
  addressAppeared(address: string): void;
  /** Links changed: look at every interface again. */
  linksChanged(): void;
  /** Resigns in every group. Reading goes on, so that `holdsAnything` turns false when the VIPs have left. */
  resign(): void;
  /** True while OCI's record, as far as known, names a VNIC of this router for any VIP. */
  holdsAnything(): boolean;
  /** Why the VIPs would stay here after a resignation, a sentence; undefined: a live peer takes over in some group. */
  whyVipsStay(): string | undefined;
  /** Resolves when no hook runs or waits to. */
  hooksEnded(): Promise<void>;
  /** Reads every VIP of every group now. */
  verify(): Promise<VerifyReport>;
  status(): StatusReport;
  /** What a doctor looks at: the status with its alarms, the configuration in force, the interfaces as asked of OCI. */
  examine(): Examination;
  close(): Promise<void>;
}

/** A router as the doctor sees it. */
export interface Examination {
  readonly loaded: LoadedConfig;
  readonly report: StatusReport;
  readonly alarms: readonly Alarm[];
  readonly query: readonly InterfaceQuery[];
}

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
    onTold,
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
    needed: () => groups.some(isMaster) && unconfirmed().length > 0,
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
      oci,
      clock,
      random: options.random,
      observer,
      routerAt: (address) => primaries.get(address) ?? address,
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

  function isReadyIn(group: string): boolean {
    return claimability.reasons().get(group)?.length === 0;
  }

  /** Cut off from everybody at once, this router is more likely gone than all the others: the holder's lease decides. */
  function predecessorAt(group: Group, address: string | undefined): string | null {
    if (address === undefined || conversation.isCutOff(group, address)) return null;
    return primaries.get(address) ?? null;
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

  function onTold(group: Group, peer: Peer, told: PresenceGroup, before: PresenceGroup | undefined): void {
    // A VIP moved: our record of it is old, and so is the etag that our next claim would need.
    if (before !== undefined && before.vips.join() !== told.vips.join()) tellMoved(group, peer, told, before);
    // By position: only routers with the same file mean the same VIP.
    if (peer.presence?.configDigest === loaded.digest) {
      holders.learn(peer.name, group.vips(), told.vips, clock.now());
    }
    if (told.hold !== null) switchover.heard(group, told.hold);
    maintenance.standbyHeard(group, told.standby);
  }

  function tellMoved(group: Group, peer: Peer, told: PresenceGroup, before: PresenceGroup): void {
    const taken = group
      .vips()
      .flatMap(({ address }, index) => (told.vips[index] && !before.vips[index] ? [address] : []));
    // By position: only routers with the same file mean the same VIP.
    const isReadable = peer.presence?.configDigest === loaded.digest;
    if (isReadable && taken.length > 0) group.ownership({ kind: 'taken', addresses: taken });
    else group.ownership({ kind: 'conflict' });
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

function groupSettings(group: GroupConfig, { config, self }: LoadedConfig, priority: number): GroupSettings {
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

const isMaster = (group: Group) => group.state() === 'master';

function vnicsOf(groups: readonly Group[]): readonly VnicId[] {
  return [...new Set(groups.flatMap((group) => group.vips().flatMap(({ target }) => target?.vnicId ?? [])))];
}

/** This router's VNICs in the subnets of the groups' locks. */
function lockVnics(groups: readonly Group[]): readonly VnicId[] {
  const vnics = groups.flatMap(
    (group) => group.vips().find(({ target }) => target !== undefined)?.target?.vnicId ?? [],
  );
  return [...new Set(vnics)];
}
