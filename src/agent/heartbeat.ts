import type { GroupConfig, LoadedConfig } from '../config/index.ts';
import {
  type Advert,
  type Authenticator,
  addressFamily,
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
  type Sequencer,
  type Transport,
} from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { Freshness } from './freshness.ts';
import type { Path } from './paths.ts';

export interface HeartbeatOptions {
  readonly loaded: LoadedConfig;
  readonly paths: readonly Path[];
  readonly clock: Clock;
  readonly freshness: Freshness;
  readonly onAdvert: (group: string, path: Path, advert: Advert) => void;
  readonly onPresence: (path: Path, presence: Presence) => void;
  /** An authentic datagram arrived on this path. Called before the two above. */
  readonly onHeard: (path: Path) => void;
  readonly onRejected: (path: Path, reason: string, kind: DatagramKind) => void;
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
}

/** @param send sends one datagram on one path; fire and forget. */
export function createHeartbeat(options: HeartbeatOptions, send: Transport['send']): Heartbeat {
  const { loaded, paths, clock, freshness } = options;
  const { heartbeat, groups } = loaded.config;
  // Wall clock at start, monotonic from there: a step of the clock changes nothing that was agreed with the peers.
  const base = clock.wall() - clock.now();
  const steady = () => base + clock.now();
  const sequencer = createSequencer(steady);
  const presenceAuth = signerFor(heartbeat.auth, sequencer);
  const groupAuth = new Map(groups.map((group) => [group.name, signerFor(group.heartbeat.auth, sequencer)] as const));
  const bootIds = new Map<string, string>();
  const byPath = new Map(paths.map((path) => [path.id, path] as const));
  const byVirtualRouterId = new Map(groups.map((group) => [group.virtualRouterId, group] as const));

  function receiveAdvert(bytes: Uint8Array, path: Path): void {
    const group = byVirtualRouterId.get(bytes[1] ?? 0);
    const decoded = decodeAdvert(bytes, {
      family: addressFamily(path.local) ?? 'ipv4',
      source: path.peer,
      destination: path.local,
      allowEmptyAddressList: true,
      ...(group && {
        version: group.heartbeat.version,
        virtualRouterId: group.virtualRouterId,
        interval: group.heartbeat.interval,
      }),
    });
    const reject = (reason: string) => options.onRejected(path, reason, 'advert');
    if (!decoded.ok) return reject(decoded.error);
    const signer = group && groupAuth.get(group.name);
    if (group === undefined || signer === undefined) return reject('vrid');
    const opened = signer.auth.open(bytes, decoded.pduLength, path.peer, receiverClock(path));
    if (!opened.ok) return reject(opened.error);
    options.onHeard(path);
    options.onAdvert(group.name, path, decoded.advert);
  }

  function receivePresence(bytes: Uint8Array, path: Path): void {
    const decoded = decodePresence(bytes);
    const reject = (reason: string) => options.onRejected(path, reason, 'presence');
    if (!decoded.ok) return reject(`presence-${decoded.error}`);
    const { presence, pduLength } = decoded;
    const { auth, replayGuard } = presenceAuth;
    let opened = auth.open(bytes, pduLength, path.peer, receiverClock(path));
    if (!opened.ok && (opened.error === 'outside-window' || opened.error === 'replayed')) {
      const verified = auth.verify(bytes, pduLength, path.peer);
      if (!verified.ok) return reject(verified.error);
      if (presence.router !== path.peerName) return reject('presence-name');
      options.onUnproven(path, presence);
      if (!freshness.proves(presence.echoes, clock.now())) return reject(opened.error);
      freshness.proven(path.peerName, leadOf(verified.sequence, steady()));
      // A new boot may count from a smaller number: its clock was put back meanwhile.
      if (bootIds.get(path.peerName) !== presence.bootId) forgetMarks(path.peerName, replayGuard);
      opened = auth.open(bytes, pduLength, path.peer, receiverClock(path));
    }
    if (!opened.ok) return reject(opened.error);
    if (presence.router !== path.peerName) return reject('presence-name');
    if (opened.signed && freshness.proves(presence.echoes, clock.now())) {
      freshness.proven(path.peerName, leadOf(opened.sequence, steady()));
    }
    bootIds.set(path.peerName, presence.bootId);
    options.onHeard(path);
    options.onPresence(path, presence);
  }

  function receiverClock({ peerName }: Path): ReceiverClock {
    return { now: steady(), offset: freshness.offsetOf(peerName) };
  }

  function forgetMarks(peer: string, presenceGuard: ReplayGuard): void {
    const guards = [presenceGuard, ...[...groupAuth.values()].map(({ replayGuard }) => replayGuard)];
    for (const path of paths) if (path.peerName === peer) for (const guard of guards) guard.reset(path.peer);
  }

  return {
    sendAdvert(name, { priority, interval, copies }) {
      const group = groups.find((candidate) => candidate.name === name);
      const signer = groupAuth.get(name);
      if (group === undefined || signer === undefined) return;
      for (let copy = 0; copy < copies; copy += 1) {
        for (const path of paths) {
          const advert = {
            version: group.heartbeat.version,
            virtualRouterId: group.virtualRouterId,
            priority,
            interval,
            addresses: advertisedAddresses(group, path.local),
          };
          const pdu = encodeAdvert(advert, { source: path.local, destination: path.peer });
          send(path.id, signer.auth.seal(pdu, path.local));
          options.onAdvertSent();
        }
      }
    },
    sendPresence(presence) {
      const encoded = encodePresence(presence);
      if (!encoded.ok) return options.onPresenceTooLarge(encoded.error);
      for (const path of paths) send(path.id, presenceAuth.auth.seal(encoded.bytes, path.local));
    },
    receive(datagram) {
      const path = byPath.get(datagram.pathId);
      if (path === undefined) return;
      if (datagramKind(datagram.bytes) === 'presence') receivePresence(datagram.bytes, path);
      else receiveAdvert(datagram.bytes, path);
    },
  };
}

/** The address list on the wire: only addresses of the path's own family fit. */
function advertisedAddresses(group: GroupConfig, local: string): readonly string[] {
  const { advertise } = group.heartbeat;
  if (advertise === 'none') return [];
  const all =
    advertise === 'vips' ? group.interfaces.flatMap(({ vips }) => vips.map(({ address }) => address)) : advertise;
  return all.filter((address) => addressFamily(address) === addressFamily(local));
}

interface Signer {
  readonly auth: Authenticator;
  readonly replayGuard: ReplayGuard;
}

function signerFor(auth: GroupConfig['heartbeat']['auth'], sequencer: Sequencer): Signer {
  // The password of VRRPv2 is refused by the configuration until protocol 112 is served.
  const mode = auth.mode === 'password' ? 'none' : auth.mode;
  const replayGuard = createReplayGuard(auth.timeWindow);
  const activeKey = mode === 'none' ? {} : { activeKey: auth.activeKey };
  return { replayGuard, auth: createAuthenticator({ mode, keys: auth.keys, ...activeKey, sequencer, replayGuard }) };
}
