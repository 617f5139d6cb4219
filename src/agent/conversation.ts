import type { LoadedConfig } from '../config/index.ts';
import {
  type Advert,
  type DatagramKind,
  type FreezeCommand,
  type Milliseconds,
  type Presence,
  type PresenceGroup,
  type Successor,
  sameAddresses,
  type Transport,
} from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { CommandBook } from './command-book.ts';
import { createFreshness } from './freshness.ts';
import { successorFor } from './group.ts';
import type { Group } from './group-types.ts';
import { type AdvertContext, createHeartbeat, type PresenceCodec } from './heartbeat.ts';
import { type Nonce, randomNonce } from './nonce.ts';
import type { Observer } from './observer.ts';
import type { Path } from './paths.ts';
import { currentAdvert, type Peer, type Peers, PRESENCE_INTERVAL } from './peers.ts';
import { describePresence } from './presence.ts';
import { createRejections, type Rejection } from './rejections.ts';
import { createResignations } from './resignations.ts';
import { createSilence } from './silence.ts';
import { groupOf } from './successor.ts';

/** What is told soon waits this long for more: a failover holds its VIPs one after the other, and each is news. */
const GATHERING: Milliseconds = 5;
/** Questions and answers between two presences are at least this far apart, or half an advert interval. */
const LEAST_QUESTION_INTERVAL: Milliseconds = 5;

export interface ConversationOptions {
  readonly codec?: PresenceCodec | undefined;
  /** Makes boot ids and challenges; random unless given. */
  readonly nonce?: Nonce | undefined;
  readonly loaded: () => LoadedConfig;
  /** Version of this program. */
  readonly release: string;
  readonly paths: readonly Path[];
  readonly clock: Clock;
  readonly observer: Observer;
  readonly peers: Peers;
  readonly groups: () => readonly Group[];
  readonly send: Transport['send'];
  readonly ready: () => boolean;
  readonly readyIn: (group: string) => boolean;
  readonly links: () => readonly { readonly name: string; readonly up: boolean }[];
  readonly commands: CommandBook;
  /** A peer tells of one group; `before` is what it said last. */
  readonly onTold: (group: Group, peer: Peer, told: PresenceGroup, before: PresenceGroup | undefined) => void;
  /** A peer became master that will not say what it claims. */
  readonly onSilentClaims: (group: Group) => void;
  /** A peer tells of a freeze. */
  readonly onFreeze: (freeze: FreezeCommand) => void;
  /** Called each second, before this router's presence is sent. */
  readonly onTick: () => void;
}

/** What the routers tell each other: adverts and presence, in both directions (DESIGN §3). */
export interface Conversation {
  readonly receive: ReturnType<typeof createHeartbeat>['receive'];
  readonly sendAdvert: ReturnType<typeof createHeartbeat>['sendAdvert'];
  /** Begins to send a presence each second. */
  start(): void;
  /** Tells the peers now: something changed. */
  tellPeers(): void;
  /** Tells them within a few milliseconds, together with whatever else changes until then. */
  tellPeersSoon(): void;
  /** The configuration is another one. */
  reconfigured(): void;
  /** Asks every peer for its presence. */
  ask(): void;
  readonly bootId: string;
  /**
   * With three and more routers: the master is silent, and nobody else who was alive has said a word since this router
   * asked about it. Then it is more likely cut off than alone.
   */
  isCutOff(group: Group, masterAddress: string): boolean;
  /** Which adverts of a peer are not believed now. */
  rejects(peer: string): readonly Rejection[];
  close(): void;
}

export function createConversation(options: ConversationOptions): Conversation {
  const { loaded, paths, clock, observer, peers } = options;
  const self = loaded().self.name;
  const nonce = options.nonce ?? randomNonce;
  const bootId = nonce();
  const startedAt = clock.now();
  const freshness = createFreshness(self, nonce);
  const alarm = clock.createAlarm(tick);
  const news = clock.createAlarm(() => sendPresence(false));
  /** The alarm for news is set. */
  let gathering = false;
  const questionInterval = () =>
    Math.max(
      LEAST_QUESTION_INTERVAL,
      Math.min(...loaded().config.groups.map(({ heartbeat }) => heartbeat.interval)) / 2,
    );
  const silence = createSilence({ loaded, clock, peers, groups: options.groups, ask, questionInterval, observer });
  const resignations = createResignations();
  /** Peer and group → when its last advert was accepted. */
  const advertAt = new Map<string, Milliseconds>();
  const rejections = createRejections();
  let uptimeTold: Milliseconds = -1;
  let askedAt = Number.NEGATIVE_INFINITY;
  let answeredAt = Number.NEGATIVE_INFINITY;
  let started = false;

  const heartbeat = createHeartbeat(
    {
      codec: options.codec,
      loaded,
      paths,
      clock,
      freshness,
      onAdvert: advertHeard,
      onPresence: presenceHeard,
      onHeard: (path) => {
        if (peers.heard(path.peerName, path.id, clock.now())) {
          observer.log({ event: 'peer-heard', peer: path.peerName });
        }
        for (const group of options.groups()) if (group.disputed()) group.ownership({ kind: 'peers' });
      },
      onRejected: datagramRejected,
      onUnproven: (path, presence) => {
        peers.unproven(path.peerName, presence, clock.now());
        if (presence.wantsAnswer) answer();
      },
      onAdvertSent: observer.metrics.advertSent,
      onPresenceTooLarge: (reason) => observer.presenceFailed(reason, clock.now()),
    },
    options.send,
  );

  // Sending

  function sendPresence(wantsAnswer: boolean): void {
    if (!started) return;
    const now = clock.now();
    gathering = false;
    news.set(undefined);
    // Each is later than the one before, so that nobody takes them for one that another path was slower with.
    uptimeTold = Math.max(Math.floor(now - startedAt), uptimeTold + 1);
    heartbeat.sendPresence(
      describePresence({
        router: self,
        bootId,
        configDigest: loaded().digest,
        ready: options.ready(),
        readyIn: options.readyIn,
        challenge: freshness.challenge(now),
        wallClock: clock.wall(),
        wantsAnswer,
        uptime: uptimeTold,
        links: options.links(),
        groups: options.groups(),
        commands: options.commands,
        peers: peers.all(),
        now,
        release: options.release,
      }),
    );
  }

  function tick(): void {
    alarm.set(clock.now() + PRESENCE_INTERVAL);
    options.onTick();
    sendPresence(false);
  }

  function tellPeersSoon(): void {
    if (gathering || !started) return;
    gathering = true;
    news.set(clock.now() + GATHERING);
  }

  /** Something of a peer cannot be believed: its answer to a fresh challenge can. Tells when it was asked last. */
  function ask(): Milliseconds {
    const now = clock.now();
    if (now < askedAt + questionInterval()) return askedAt;
    askedAt = now;
    sendPresence(true);
    return now;
  }

  function answer(): void {
    const now = clock.now();
    if (now - answeredAt < questionInterval()) return;
    answeredAt = now;
    sendPresence(false);
  }

  // Receiving

  function datagramRejected(path: Path, reason: string, kind: DatagramKind, virtualRouterId = 0): void {
    const now = clock.now();
    observer.rejected(path.peerName, path.id, reason, now);
    if (kind === 'advert') rejections.rejected(path.peerName, virtualRouterId, reason, now);
    ask();
  }

  function advertHeard(name: string, path: Path, advert: Advert, { order, addresses: own }: AdvertContext): void {
    observer.metrics.advertReceived();
    const group = options.groups().find((candidate) => candidate.name === name);
    const peer = peers.get(path.peerName);
    if (group === undefined || peer === undefined) return;
    const now = clock.now();
    advertAt.set(`${peer.name} ${name}`, now);
    rejections.accepted(peer.name, group.virtualRouterId);
    const { priority, interval, addresses } = advert;
    const sender = { peer: peer.name, group: name };
    if (order === 'overtaken') return;
    if (order === 'unknown' && priority > 0 && resignations.overtakes(sender, interval, now)) return;
    const isNewMaster = priority > 0 && currentAdvert(peer, group.virtualRouterId, now) === undefined;
    const otherAddresses = sameAddresses(addresses, own) ? undefined : addresses;
    if (otherAddresses !== undefined) observer.otherAddresses(name, peer.name, otherAddresses, now);
    peers.advert(peer.name, group.virtualRouterId, { priority, interval, at: now, otherAddresses });
    if (peer.vrrpOnly && isNewMaster) options.onSilentClaims(group);
    const named = groupOf(peer, group.virtualRouterId)?.successor;
    if (priority === 0) resignations.heard(sender, followerOf(named), now);
    tellElection(group, peer, priority, interval, named);
    silence.advertHeard();
  }

  function tellElection(
    group: Group,
    peer: Peer,
    priority: number,
    interval: Milliseconds,
    named: string | null | undefined,
  ): void {
    group.handle({
      kind: 'advert',
      // One router is one router, on whatever path it is heard.
      source: peer.paths[0]?.peer ?? '',
      priority,
      interval,
      successor: followerOf(named),
    });
  }

  function followerOf(named: string | null | undefined): Successor {
    return successorFor(self, loaded().config.routers.length, named);
  }

  function presenceHeard(path: Path, presence: Presence): void {
    const peer = peers.get(path.peerName);
    if (peer === undefined) return;
    const before = peer.presence;
    const isLate = isOlder(presence, before);
    if (!isLate) peers.presence(peer.name, presence, clock.now(), clock.wall());
    // With the challenge that has just come, or the answer would prove nothing.
    if (presence.wantsAnswer) answer();
    if (isLate) return;
    if (presence.configDigest !== loaded().digest && before?.configDigest !== presence.configDigest) {
      observer.log({ event: 'config-differs', peer: peer.name });
    }
    if (presence.freeze !== undefined) options.onFreeze(presence.freeze);
    for (const group of options.groups()) silence.heedVoucher(group, peer, presence);
    for (const told of presence.groups) {
      const group = options.groups().find(({ virtualRouterId }) => virtualRouterId === told.virtualRouterId);
      if (group === undefined) continue;
      const toldBefore = before?.groups.find(({ virtualRouterId }) => virtualRouterId === told.virtualRouterId);
      options.onTold(group, peer, told, toldBefore);
      if (told.successor === self) followNamed(group, peer);
      if (resignations.told({ peer: peer.name, group: group.name }, told, toldBefore))
        tellElection(group, peer, told.priority, intervalOf(group), null);
      else if (told.state === 'master' && told.successor === null) standInForAdvert(group, peer, told.priority);
    }
    for (const group of options.groups()) if (group.disputed()) group.ownership({ kind: 'peers' });
  }

  /** The name came after the resignation it belongs to: another path was faster. */
  function followNamed(group: Group, peer: Peer): void {
    if (group.state() !== 'backup' || group.master() !== undefined) return;
    if (!resignations.named({ peer: peer.name, group: group.name }, clock.now())) return;
    tellElection(group, peer, 0, intervalOf(group), self);
  }

  /**
   * Presence makes nobody master, but a master whose adverts are rejected (another version, interval, key) is one all the
   * same: its presence holds the timers and settles who yields, so that there are no two masters.
   */
  function standInForAdvert(group: Group, peer: Peer, priority: number): void {
    const now = clock.now();
    const key = `${peer.name} ${group.name}`;
    const last = advertAt.get(key) ?? Number.NEGATIVE_INFINITY;
    if (now - last <= 2 * intervalOf(group)) return;
    // It resigned: what it said before that is overtaken.
    if (resignations.areFresh({ peer: peer.name, group: group.name }, now)) return;
    tellElection(group, peer, priority, intervalOf(group), null);
  }

  const intervalOf = (group: Group) =>
    loaded().config.groups.find(({ name }) => name === group.name)?.heartbeat.interval ?? 0;

  return {
    receive: heartbeat.receive,
    sendAdvert: heartbeat.sendAdvert,
    start() {
      started = true;
      tick();
    },
    tellPeers: () => sendPresence(false),
    tellPeersSoon,
    ask,
    bootId,
    isCutOff: silence.isCutOff,
    reconfigured: heartbeat.reconfigured,
    rejects: (peer) => rejections.of(peer, clock.now()),
    close() {
      alarm.close();
      news.close();
      silence.close();
    },
  };
}

/** Another path, or chance, was faster with a later one: it tells nothing that is true now. */
function isOlder({ bootId, uptime }: Presence, before: Presence | undefined): boolean {
  if (before?.bootId !== bootId || uptime === undefined || before.uptime === undefined) return false;
  return uptime < before.uptime;
}
