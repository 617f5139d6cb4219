import type { GroupConfig, LoadedConfig } from '../config/index.ts';
import {
  type Advert,
  type Authenticator,
  addressFamily,
  createAuthenticator,
  createReplayGuard,
  createSequencer,
  datagramKind,
  decodeAdvert,
  decodePresence,
  encodeAdvert,
  encodePresence,
  type Milliseconds,
  type Presence,
  type ReceivedDatagram,
  type Sequencer,
  type Transport,
} from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { Path } from './paths.ts';

export interface HeartbeatOptions {
  readonly loaded: LoadedConfig;
  readonly paths: readonly Path[];
  readonly clock: Clock;
  readonly onAdvert: (group: string, path: Path, advert: Advert) => void;
  readonly onPresence: (path: Path, presence: Presence) => void;
  /** An authentic datagram arrived on this path. Called before the two above. */
  readonly onHeard: (path: Path) => void;
  readonly onRejected: (path: Path, reason: string) => void;
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
  const { loaded, paths, clock } = options;
  const { heartbeat, groups } = loaded.config;
  const sequencer = createSequencer(clock.wall);
  const presenceAuth = authenticatorFor(heartbeat.auth, sequencer);
  const groupAuth = new Map(
    groups.map((group) => [group.name, authenticatorFor(group.heartbeat.auth, sequencer)] as const),
  );
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
    if (!decoded.ok) return options.onRejected(path, decoded.error);
    const auth = group && groupAuth.get(group.name);
    if (group === undefined || auth === undefined) return options.onRejected(path, 'vrid');
    const opened = auth.open(bytes, decoded.pduLength, path.peer, { now: clock.wall() });
    if (!opened.ok) return options.onRejected(path, opened.error);
    options.onHeard(path);
    options.onAdvert(group.name, path, decoded.advert);
  }

  function receivePresence(bytes: Uint8Array, path: Path): void {
    const decoded = decodePresence(bytes);
    if (!decoded.ok) return options.onRejected(path, `presence-${decoded.error}`);
    const opened = presenceAuth.open(bytes, decoded.pduLength, path.peer, { now: clock.wall() });
    if (!opened.ok) return options.onRejected(path, opened.error);
    if (decoded.presence.router !== path.peerName) return options.onRejected(path, 'presence-name');
    options.onHeard(path);
    options.onPresence(path, decoded.presence);
  }

  return {
    sendAdvert(name, { priority, interval, copies }) {
      const group = groups.find((candidate) => candidate.name === name);
      const auth = groupAuth.get(name);
      if (group === undefined || auth === undefined) return;
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
          send(path.id, auth.seal(pdu, path.local));
          options.onAdvertSent();
        }
      }
    },
    sendPresence(presence) {
      const encoded = encodePresence(presence);
      if (!encoded.ok) return options.onPresenceTooLarge(encoded.error);
      for (const path of paths) send(path.id, presenceAuth.seal(encoded.bytes, path.local));
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

function authenticatorFor(auth: GroupConfig['heartbeat']['auth'], sequencer: Sequencer): Authenticator {
  // The password of VRRPv2 is refused by the configuration until protocol 112 is served.
  const mode = auth.mode === 'password' ? 'none' : auth.mode;
  return createAuthenticator({
    mode,
    keys: auth.keys,
    ...(mode !== 'none' && { activeKey: auth.activeKey }),
    sequencer,
    replayGuard: createReplayGuard(auth.timeWindow),
  });
}
