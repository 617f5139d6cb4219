import type { GroupConfig, LoadedConfig } from '../config/index.ts';
import {
  type Advert,
  type Authenticator,
  createAuthenticator,
  createReplayGuard,
  createSequencer,
  type DatagramKind,
  datagramKind,
  decodeAdvert,
  decodePresence,
  encodeAdvert,
  encodePresence,
  leadOf,
  type Milliseconds,
  type Presence,
  type ReceivedDatagram,
  type ReceiverClock,
  type ReplayGuard,
  type Transport,
} from '../dgram-vrrp/index.ts';
import { type AdvertForm, advertForms } from './advert-forms.ts';
import type { Clock } from './clock.ts';
import type { Freshness } from './freshness.ts';
import { createOrder } from './order.ts';
import type { Path } from './paths.ts';

/**
 * How a presence becomes a datagram, and how datagrams are signed. A simulation may hand presence over whole, and number
 * datagrams only: coding and signing are most of what its routers do.
 */
export interface PresenceCodec {
  readonly createAuthenticator?: typeof createAuthenticator;
  readonly encode: typeof encodePresence;
  readonly decode: typeof decodePresence;
}

/** What is known of an advert beside what stands in it. */
export interface AdvertContext {
  /** Those that this router lists on that path. */
  readonly addresses: readonly string[];
  /** A later one of the same router and group arrived before it, on another path; `unknown`: it bears no number. */
  readonly order: 'latest' | 'overtaken' | 'unknown';
}

export interface HeartbeatOptions {
  readonly codec?: PresenceCodec | undefined;
  /** The configuration in force; `reconfigured` tells that it is another one. */
  readonly loaded: () => LoadedConfig;
  readonly paths: readonly Path[];
  readonly clock: Clock;
  readonly freshness: Freshness;
  readonly onAdvert: (group: string, path: Path, advert: Advert, context: AdvertContext) => void;
  readonly onPresence: (path: Path, presence: Presence) => void;
  /** An authentic datagram arrived on this path. Called before the two above. */
  readonly onHeard: (path: Path) => void;
  /** `virtualRouterId`: what a rejected advert says it is about. */
  readonly onRejected: (path: Path, reason: string, kind: DatagramKind, virtualRouterId?: number) => void;
  /** A presence whose signature is right, but that may be a recording: only its challenge and question count. */
  readonly onUnproven: (path: Path, presence: Presence) => void;
  readonly onAdvertSent: () => void;
  /** This router's presence does not fit the wire; nothing was sent. */
  readonly onPresenceTooLarge: (reason: string) => void;
}

/** Adverts and presence between structures and signed datagrams. */
export interface Heartbeat {
  sendAdvert(group: string, advert: { priority: number; interval: Milliseconds; copies: number }): void;
  sendPresence(presence: Presence): void;
  receive(datagram: ReceivedDatagram): void;
  /** Keys, modes and groups are another configuration's. Replay marks stay. */
  reconfigured(): void;
}

/** @param send sends one datagram on one path; fire and forget. */
export function createHeartbeat(options: HeartbeatOptions, send: Transport['send']): Heartbeat {
  const { paths, clock, freshness } = options;
  const codec: PresenceCodec = options.codec ?? { encode: encodePresence, decode: decodePresence };
  const authenticator = codec.createAuthenticator ?? createAuthenticator;
  // Wall clock at start, monotonic from there: a step of the clock changes nothing that was agreed with the peers.
  const base = clock.wall() - clock.now();
  // Without presence nothing is agreed: a keepalived has only the time itself.
  const isIp = options.loaded().config.heartbeat.transport === 'ip';
  const steady = isIp ? clock.wall : () => base + clock.now();
  const sequencer = createSequencer(steady);
  const timeWindow = () => options.loaded().config.heartbeat.auth.timeWindow;
  const presenceGuard = createReplayGuard(timeWindow);
  const groupGuards = new Map<string, ReplayGuard>();
  let signers = makeSigners();
  const order = createOrder(timeWindow);
  const byPath = new Map(paths.map((path) => [path.id, path] as const));
  let forms = makeForms();

  const groups = () => options.loaded().config.groups;
  const groupNamed = (name: string) => groups().find((group) => group.name === name);

  function makeForms() {
    const { config } = options.loaded();
    return { config, ofPath: new Map(paths.map((path) => [path.id, advertForms(config, path)] as const)) };
  }

  /** What adverts of a group look like on a path; other ones only with another configuration. */
  function formOf({ id }: Path, virtualRouterId: number | undefined): AdvertForm | undefined {
    if (forms.config !== options.loaded().config) forms = makeForms();
    const ofPath = forms.ofPath.get(id);
    return ofPath?.get(virtualRouterId) ?? ofPath?.get(undefined);
  }

  function makeSigners() {
    const { heartbeat, groups: configured } = options.loaded().config;
    return {
      presence: authenticatorFor(heartbeat.auth, presenceGuard),
      groups: new Map(configured.map(({ name, heartbeat: { auth } }) => [name, authenticatorFor(auth, guardOf(name))])),
    };
  }

  function authenticatorFor(auth: GroupConfig['heartbeat']['auth'], replayGuard: ReplayGuard): Authenticator {
    // The password of VRRPv2 stands in the advert itself.
    const mode = auth.mode === 'password' ? 'none' : auth.mode;
    const activeKey = mode === 'none' ? {} : { activeKey: auth.activeKey };
    return authenticator({ mode, keys: auth.keys, ...activeKey, sequencer, replayGuard });
  }

  function guardOf(name: string): ReplayGuard {
    const guard = groupGuards.get(name) ?? createReplayGuard(() => groupNamed(name)?.heartbeat.auth.timeWindow ?? 0);
    groupGuards.set(name, guard);
    return guard;
  }

  function receiveAdvert({ bytes, ttl }: ReceivedDatagram, path: Path): void {
    const form = formOf(path, bytes[1]);
    if (form === undefined) return;
    const { group } = form;
    const decoded = decodeAdvert(bytes, ttl === undefined ? form.decode : { ...form.decode, ttl });
    const reject = (reason: string) => options.onRejected(path, reason, 'advert', bytes[1]);
    if (!decoded.ok) return reject(decoded.error);
    const auth = group && signers.groups.get(group.name);
    if (group === undefined || auth === undefined) return reject('vrid');
    const opened = auth.open(bytes, decoded.pduLength, path.peer, receiverClock(path));
    if (!opened.ok) return reject(opened.error);
    options.onHeard(path);
    const known = opened.signed ? order.advert(path, group.name, opened.sequence) : 'unknown';
    options.onAdvert(group.name, path, decoded.advert, { addresses: form.addresses, order: known });
  }

  function receivePresence(bytes: Uint8Array, path: Path): void {
    const decoded = codec.decode(bytes);
    const reject = (reason: string) => options.onRejected(path, reason, 'presence');
    if (!decoded.ok) return reject(`presence-${decoded.error}`);
    const { presence, pduLength } = decoded;
    const auth = signers.presence;
    const { peerName } = path;
    let opened = auth.open(bytes, pduLength, path.peer, receiverClock(path));
    if (!opened.ok && (opened.error === 'outside-window' || opened.error === 'replayed')) {
      const verified = auth.verify(bytes, pduLength, path.peer);
      if (!verified.ok) return reject(verified.error);
      if (presence.router !== peerName) return reject('presence-name');
      options.onUnproven(path, presence);
      if (!freshness.proves(peerName, presence.echoes, clock.now())) return reject(opened.error);
      // A new boot may count from a smaller number: its clock was put back meanwhile.
      if (order.isNewOn(path, presence.bootId)) forgetMarks(path);
      // By its own clock. What is refused all the same, a copy, must not move what is known of that clock.
      const offset = leadOf(verified.sequence, steady());
      opened = auth.open(bytes, pduLength, path.peer, { now: steady(), offset });
    }
    if (!opened.ok) return reject(opened.error);
    if (presence.router !== peerName) return reject('presence-name');
    const sequence = opened.signed ? opened.sequence : undefined;
    if (!order.presence(path, presence.bootId, sequence, clock.now())) return;
    if (sequence !== undefined && freshness.proves(peerName, presence.echoes, clock.now())) {
      freshness.proven(peerName, presence.echoes, leadOf(sequence, steady()));
    }
    options.onHeard(path);
    options.onPresence(path, presence);
  }

  function receiverClock({ peerName }: Path): ReceiverClock {
    return { now: steady(), offset: freshness.offsetOf(peerName) };
  }

  function forgetMarks({ peer }: Path): void {
    for (const guard of [presenceGuard, ...groupGuards.values()]) guard.reset(peer);
  }

  return {
    sendAdvert(name, { priority, interval, copies }) {
      const group = groupNamed(name);
      const auth = signers.groups.get(name);
      if (group === undefined || auth === undefined) return;
      const { virtualRouterId } = group;
      const { version } = group.heartbeat;
      for (let copy = 0; copy < copies; copy += 1) {
        for (const path of paths) {
          const form = formOf(path, virtualRouterId);
          if (form === undefined) continue;
          const { addresses, encode } = form;
          const pdu = encodeAdvert({ version, virtualRouterId, priority, interval, addresses }, encode);
          send(path.id, auth.seal(pdu, path.local));
          options.onAdvertSent();
        }
      }
    },
    sendPresence(presence) {
      // Whoever else speaks protocol 112 would take it for a broken advert.
      if (isIp) return;
      const encoded = codec.encode(presence);
      if (!encoded.ok) return options.onPresenceTooLarge(encoded.error);
      for (const path of paths) send(path.id, signers.presence.seal(encoded.bytes, path.local));
    },
    reconfigured() {
      signers = makeSigners();
    },
    receive(datagram) {
      const path = byPath.get(datagram.pathId);
      if (path === undefined) return;
      if (!isIp && datagramKind(datagram.bytes) === 'presence') receivePresence(datagram.bytes, path);
      else receiveAdvert(datagram, path);
    },
  };
}
