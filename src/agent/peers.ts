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
}

interface MutablePeer extends Peer {
  heardOn: Map<string, Milliseconds>;
  lastHeard: Milliseconds | undefined;
  alive: boolean;
  presence: Presence | undefined;
  presenceAt: Milliseconds | undefined;
}

/** The table of peers; pure but for what it remembers. */
export interface Peers {
  all(): readonly Peer[];
  get(name: string): Peer | undefined;
  /** An authentic datagram arrived. True if the peer was silent until now. */
  heard(name: string, pathId: string, now: Milliseconds): boolean;
  presence(name: string, presence: Presence, now: Milliseconds): void;
  /** Names of the peers that fell silent since the last call. */
  expire(now: Milliseconds): readonly string[];
}

export function createPeers(paths: readonly Path[]): Peers {
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
    });
  }
  return {
    all: () => [...peers.values()],
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
    presence(name, presence, now) {
      const peer = peers.get(name);
      if (peer === undefined) return;
      peer.presence = presence;
      peer.presenceAt = now;
    },
    expire(now) {
      const silent: string[] = [];
      for (const peer of peers.values()) {
        if (!peer.alive || peer.lastHeard === undefined || now - peer.lastHeard < SILENT_AFTER) continue;
        peer.alive = false;
        silent.push(peer.name);
      }
      return silent;
    },
  };
}
