import type { Milliseconds, PresenceEcho } from '../dgram-vrrp/index.ts';
import { type Nonce, randomNonce } from './nonce.ts';

/**
 * What proves that a presence was written just now, whatever its writer's clock says: it echoes a challenge that this
 * router sent a moment ago (DESIGN §3). The sequence number of such a presence tells how far the writer's clock is
 * ahead, and the time window is applied to that difference from then on.
 *
 * A recording echoes a challenge, too. So one that is older than what the peer has echoed since proves nothing.
 */
export interface Freshness {
  /** A new challenge to send; remembered for as long as an echo of it proves something. */
  challenge(now: Milliseconds): string;
  /** True if one of the peer's echoes is meant for this router and answers a challenge it sent lately, its newest so far. */
  proves(peer: string, echoes: readonly PresenceEcho[], now: Milliseconds): boolean;
  /** How far the peer's sequence numbers are ahead of our own, by its last proof. */
  offsetOf(peer: string): Milliseconds;
  /** A presence that `proves` was believed. */
  proven(peer: string, echoes: readonly PresenceEcho[], offset: Milliseconds): void;
}

/** Long enough for a presence and its answer on a bad line, short enough that a recording is worthless. */
const LIFETIME: Milliseconds = 10_000;

export function createFreshness(self: string, nonce: Nonce = randomNonce): Freshness {
  /** In the order of sending. */
  const sent = new Map<string, Milliseconds>();
  const offsets = new Map<string, Milliseconds>();
  /** Peer → when the newest challenge was sent that it echoed. */
  const answered = new Map<string, Milliseconds>();

  function forgetOld(now: Milliseconds): void {
    for (const [challenge, at] of sent) {
      if (now - at <= LIFETIME) return;
      sent.delete(challenge);
    }
  }

  /** When the challenge was sent that is answered here. */
  function answeredBy(echoes: readonly PresenceEcho[]): Milliseconds | undefined {
    const echo = echoes.find(({ router }) => router === self);
    return echo && sent.get(echo.challenge);
  }

  return {
    challenge(now) {
      forgetOld(now);
      const challenge = nonce();
      sent.set(challenge, now);
      return challenge;
    },
    proves(peer, echoes, now) {
      forgetOld(now);
      const at = answeredBy(echoes);
      return at !== undefined && at >= (answered.get(peer) ?? at);
    },
    offsetOf: (peer) => offsets.get(peer) ?? 0,
    proven(peer, echoes, offset) {
      offsets.set(peer, offset);
      const at = answeredBy(echoes);
      if (at !== undefined) answered.set(peer, at);
    },
  };
}
