import { compareAddresses, type Milliseconds } from '../dgram-vrrp/index.ts';
import type { Group } from './group-types.ts';
import { currentAdvert, type Peer } from './peers.ts';

/** What a peer's last presence says of one group. */
export function groupOf(peer: Peer, virtualRouterId: number) {
  return peer.presence?.groups.find((group) => group.virtualRouterId === virtualRouterId);
}

/** Its priority, if it is master: by a live peer's presence, or where it has none by its adverts, which only a master sends. */
export function priorityAsMaster(peer: Peer, virtualRouterId: number, now: Milliseconds): number | undefined {
  if (peer.vrrpOnly) return currentAdvert(peer, virtualRouterId, now)?.priority;
  const told = peer.alive ? groupOf(peer, virtualRouterId) : undefined;
  return told?.state === 'master' ? told.priority : undefined;
}

/** The master as this router knows it: itself, a peer that says so, or nobody. */
export function masterOf(self: string, group: Group, peers: readonly Peer[], now: Milliseconds): string | null {
  if (group.state() === 'master') return self;
  return peers.find((peer) => priorityAsMaster(peer, group.virtualRouterId, now) !== undefined)?.name ?? null;
}

/** A live peer that could claim the group's VIPs now. */
export function isReady(peer: Peer, virtualRouterId: number): boolean {
  return peer.alive && groupOf(peer, virtualRouterId)?.ready === true;
}

/** Why a peer cannot take over now; undefined if it can. */
export function whyNotSuccessor(peer: Peer, virtualRouterId: number): string | undefined {
  // Who follows is then for VRRP to find out: the best one that is there, after its skew time.
  if (peer.vrrpOnly) return `${peer.name} speaks VRRP only (heartbeat.transport ip): whether it is ready is not known`;
  if (!peer.alive) return `${peer.name} is not heard`;
  const group = groupOf(peer, virtualRouterId);
  if (peer.presence === undefined || group === undefined) return `${peer.name} has not told its state yet`;
  if (group.state === 'fault') return `${peer.name} is in fault: one of its interfaces is down`;
  if (group.state === 'standby') return `${peer.name} is in standby`;
  if (group.state === 'init') return `${peer.name} is starting or stopping`;
  if (!group.ready) return `${peer.name} is not ready: it could not claim the VIPs`;
  return undefined;
}

/** The best live ready router to resign to: highest priority, then the greater primary address. */
export function bestSuccessor(peers: readonly Peer[], virtualRouterId: number): Peer | undefined {
  const priority = (peer: Peer) => groupOf(peer, virtualRouterId)?.priority ?? 0;
  const primary = (peer: Peer) => peer.paths[0]?.peer ?? '';
  return peers
    .filter((peer) => whyNotSuccessor(peer, virtualRouterId) === undefined)
    .toSorted((a, b) => priority(b) - priority(a) || compareAddresses(primary(b), primary(a)))[0];
}

/**
 * A worse master lives, and a better router than this one is ready: that one will pre-empt, and the VIPs should not move
 * twice. A master that is silent is nobody's to wait for.
 */
export function betterIsReady(
  peers: readonly Peer[],
  virtualRouterId: number,
  own: { readonly priority: number; readonly address: string; readonly heardSince: number },
): boolean {
  if (livingMaster(peers, virtualRouterId, own.heardSince) === undefined) return false;
  return peers.some((peer) => {
    const told = groupOf(peer, virtualRouterId);
    if (told?.state !== 'backup' || whyNotSuccessor(peer, virtualRouterId) !== undefined) return false;
    const difference = told.priority - own.priority;
    return difference > 0 || (difference === 0 && compareAddresses(peer.paths[0]?.peer ?? '', own.address) > 0);
  });
}

/** What a master says that was heard since then. */
export function livingMaster(peers: readonly Peer[], virtualRouterId: number, heardSince: Milliseconds) {
  return peers
    .filter((peer) => peer.alive && (peer.lastHeard ?? 0) >= heardSince)
    .map((peer) => groupOf(peer, virtualRouterId))
    .find((told) => told?.state === 'master');
}
