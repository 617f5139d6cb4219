import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { PRESENCE_INTERVAL } from './peers.ts';

/** A rejected advert is told of for this long. */
const MEMORY: Milliseconds = 5 * PRESENCE_INTERVAL;

export interface Rejection {
  readonly virtualRouterId: number;
  /** A code of the decoder or of the authentication. */
  readonly reason: string;
}

/**
 * Whose adverts are not believed, and why: by peer and VRID, for a group whose key or password differs stands beside
 * others whose adverts are accepted. Bounded, as there are 256 VRIDs.
 */
export interface Rejections {
  rejected(peer: string, virtualRouterId: number, reason: string, now: Milliseconds): void;
  /** The same advert comes on several paths; the first that is accepted is enough. */
  accepted(peer: string, virtualRouterId: number): void;
  /** By VRID; empty when all are believed. */
  of(peer: string, now: Milliseconds): readonly Rejection[];
}

export function createRejections(): Rejections {
  const peers = new Map<string, Map<number, { readonly reason: string; readonly at: Milliseconds }>>();
  return {
    rejected(peer, virtualRouterId, reason, now) {
      const ofPeer = peers.get(peer) ?? new Map();
      peers.set(peer, ofPeer.set(virtualRouterId, { reason, at: now }));
    },
    accepted: (peer, virtualRouterId) => void peers.get(peer)?.delete(virtualRouterId),
    of(peer, now) {
      const recent = [...(peers.get(peer) ?? [])].filter(([, { at }]) => now - at < MEMORY);
      return recent.sort(([a], [b]) => a - b).map(([virtualRouterId, { reason }]) => ({ virtualRouterId, reason }));
    },
  };
}

/** `bad-hmac, VRID 51`, several with semicolons between them. */
export function rejectionsText(rejections: readonly Rejection[]): string {
  return rejections.map(({ reason, virtualRouterId }) => `${reason}, VRID ${virtualRouterId}`).join('; ');
}
