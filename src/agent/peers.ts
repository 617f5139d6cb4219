import type { Milliseconds, Presence } from '../dgram-vrrp/index.ts';
import type { Path } from './paths.ts';

/** Every router sends its presence this often on every path (DESIGN §3). */
export const PRESENCE_INTERVAL: Milliseconds = 1000;
/** A peer unheard on every path for this long is silent: three presences, and room for a fourth to be late. */
export const SILENT_AFTER: Milliseconds = 3.5 * PRESENCE_INTERVAL;

/** What this router knows of one peer. */
export interface Peer {
  readonly name: string;
  readonly paths: readonly Path[];
  /** Path id → when its last accepted datagram arrived. */
  readonly heardOn: ReadonlyMap<string, Milliseconds>;
  readonly lastHeard: Milliseconds | undefined;
  readonly alive: boolean;
  /** The last presence; kept when the peer falls silent, with its time. */
  readonly presence: Presence | undefined;
  readonly presenceAt: Milliseconds | undefined;
  /** The challenge to echo, and when it was heard. */
  readonly challenge: { readonly value: string; readonly at: Milliseconds } | undefined;
  /** How far the peer's wall clock is ahead of ours, by its last presence. */
  readonly clockOffset: Milliseconds;
  /** It has no presence: a keepalived, or anybody over the ip transport. A backup of that kind is silent. */
  readonly vrrpOnly: boolean;
  /** VRID → its last advert. */
  readonly adverts: ReadonlyMap<number, HeardAdvert>;
}

/** What an advert says of its sender. */
export interface HeardAdvert {
  readonly priority: number;
  readonly interval: Milliseconds;
  readonly at: Milliseconds;
  /** The addresses that it lists, where this router would list others. */
  readonly otherAddresses: readonly string[] | undefined;
}

/** Three missed adverts and the skew time, which is never longer than one more. */
const DOWN_INTERVALS = 4;

interface MutablePeer extends Peer {
  heardOn: Map<string, Milliseconds>;
  lastHeard: Milliseconds | undefined;
  alive: boolean;
  presence: Presence | undefined;
  presenceAt: Milliseconds | undefined;
  challenge: { readonly value: string; readonly at: Milliseconds } | undefined;
  clockOffset: Milliseconds;
  adverts: Map<number, HeardAdvert>;
}

/** The table of peers; pure but for what it remembers. */
export interface Peers {
  all(): readonly Peer[];
  get(name: string): Peer | undefined;
  /** An authentic datagram arrived. True if the peer was silent until now. */
  heard(name: string, pathId: string, now: Milliseconds): boolean;
  advert(name: string, virtualRouterId: number, advert: HeardAdvert): void;
  presence(name: string, presence: Presence, now: Milliseconds, wallClock: Milliseconds): void;
  /** A presence that may be a recording: it is echoed only while nothing better was heard lately. */
  unproven(name: string, presence: Presence, now: Milliseconds): void;
  /** Names of the peers that fell silent since the last call. */
  expire(now: Milliseconds): readonly string[];
}

/** @param vrrpOnly the transport carries no presence */
export function createPeers(paths: readonly Path[], vrrpOnly = false): Peers {
  const peers = new Map<string, MutablePeer>();
  for (const path of paths) {
    const known = peers.get(path.peerName);
    peers.set(path.peerName, {
      name: path.peerName,
      paths: [...(known?.paths ?? []), path],
      heardOn: new Map(),
      lastHeard: undefined,
      alive: false,
      presence: undefined,
      presenceAt: undefined,
      challenge: undefined,
      clockOffset: 0,
      vrrpOnly,
      adverts: new Map(),
    });
  }
  const all = [...peers.values()];
  return {
    all: () => all,
    get: (name) => peers.get(name),
    heard(name, pathId, now) {
      const peer = peers.get(name);
      if (peer === undefined) return false;
      const wasSilent = !peer.alive;
      peer.heardOn.set(pathId, now);
      peer.lastHeard = now;
      peer.alive = true;
      return wasSilent;
    },
    advert(name, virtualRouterId, advert) {
      peers.get(name)?.adverts.set(virtualRouterId, advert);
    },
    presence(name, presence, now, wallClock) {
      const peer = peers.get(name);
      if (peer === undefined) return;
      peer.presence = presence;
      peer.presenceAt = now;
      peer.challenge = { value: presence.challenge, at: now };
      peer.clockOffset = presence.clock - wallClock;
    },
    unproven(name, presence, now) {
      const peer = peers.get(name);
      if (peer === undefined || (peer.presenceAt !== undefined && now - peer.presenceAt < SILENT_AFTER)) return;
      peer.challenge = { value: presence.challenge, at: now };
    },
    expire(now) {
      const silent: string[] = [];
      for (const peer of peers.values()) {
        if (!peer.alive || peer.lastHeard === undefined || now - peer.lastHeard < silentAfter(peer)) continue;
        peer.alive = false;
        silent.push(peer.name);
      }
      return silent;
    },
  };
}

/** Without presence there are adverts only, which may come less often. */
function silentAfter({ vrrpOnly, adverts }: Peer): Milliseconds {
  if (!vrrpOnly) return SILENT_AFTER;
  return Math.max(SILENT_AFTER, ...[...adverts.values()].map(({ interval }) => DOWN_INTERVALS * interval));
}

/** The last advert of a master that is not known to have left: it did not resign, and its next ones are not long missing. */
export function currentAdvert(peer: Peer, virtualRouterId: number, now: Milliseconds): HeardAdvert | undefined {
  const advert = peer.adverts.get(virtualRouterId);
  if (advert === undefined || advert.priority === 0) return undefined;
  return now - advert.at < DOWN_INTERVALS * advert.interval ? advert : undefined;
}

/** A peer's own word that it hears this router. */
export function confirms(peer: Peer, self: string): boolean {
  const age = peer.alive ? peer.presence?.heard.find(({ router }) => router === self)?.age : undefined;
  return age != null && age < SILENT_AFTER;
}
