import { randomBytes } from 'node:crypto';
import type { Milliseconds, PresenceEcho } from '../dgram-vrrp/index.ts';

/**
 * What proves that a presence was written just now, whatever its writer's clock says: it echoes a challenge that this
 * router sent a moment ago (DESIGN §3). The sequence number of such a presence tells how far the writer's clock is
 * ahead, and the time window is applied to that difference from then on.
 */
export interface Freshness {
  /** A new challenge to send; remembered for as long as an echo of it proves something. */
  challenge(now: Milliseconds): string;
  /** True if one of the echoes is meant for this router and answers a challenge it sent lately. */
  proves(echoes: readonly PresenceEcho[], now: Milliseconds): boolean;
  /** How far the peer's sequence numbers are ahead of our own, by its last proof. */
  offsetOf(peer: string): Milliseconds;
  proven(peer: string, offset: Milliseconds): void;
}

/** Long enough for a presence and its answer on a bad line, short enough that a recording is worthless. */
const LIFETIME: Milliseconds = 10_000;
const CHALLENGE_BYTES = 8;

export function createFreshness(self: string): Freshness {
  /** In the order of sending. */
  const sent = new Map<string, Milliseconds>();
  const offsets = new Map<string, Milliseconds>();

  function forgetOld(now: Milliseconds): void {
    for (const [challenge, at] of sent) {
      if (now - at <= LIFETIME) return;
      sent.delete(challenge);
    }
  }

  return {
    challenge(now) {
      forgetOld(now);
      const challenge = randomBytes(CHALLENGE_BYTES).toString('hex');
      sent.set(challenge, now);
      return challenge;
    },
    proves(echoes, now) {
      forgetOld(now);
      return echoes.some((echo) => echo.router === self && sent.has(echo.challenge));
    },
    offsetOf: (peer) => offsets.get(peer) ?? 0,
    proven(peer, offset) {
      offsets.set(peer, offset);
    },
  };
}
