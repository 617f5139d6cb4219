import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { Log } from '../observe/index.ts';
import type { Router } from './router-types.ts';

/**
 * While handing over, the owners are read after this long, doubled each time up to the longest: most failovers are over
 * with the first read. A tenancy that throttles gives its requests to the successor's claims, not to who only looks on.
 */
const FIRST_PAUSE: Milliseconds = 200;
const LONGEST_PAUSE: Milliseconds = 1000;

export interface DrainOptions {
  /** How long at most; 0: not at all. */
  readonly timeout: Milliseconds;
  readonly now: () => Milliseconds;
  /** Resolves after so long; it need not keep the process alive. */
  readonly delay: (after: Milliseconds) => Promise<unknown>;
  readonly log: Log;
}

/** Hands over and waits until the VIPs have left, at most for the drain timeout. */
export async function drain(
  router: Pick<Router, 'whyVipsStay' | 'resign' | 'holdsAnything' | 'verify'>,
  { timeout, now, delay, log }: DrainOptions,
): Promise<void> {
  const startedAt = now();
  const reason = router.whyVipsStay();
  router.resign();
  if (timeout === 0 || !router.holdsAnything()) return;
  if (reason !== undefined) {
    log({ event: 'drain-incomplete', detail: `${reason}; the VIPs stay on this router` });
    return;
  }
  log({ event: 'draining', timeout });
  for (let pause = FIRST_PAUSE; router.holdsAnything(); pause = Math.min(LONGEST_PAUSE, 2 * pause)) {
    const left = startedAt + timeout - now();
    if (left <= 0) {
      log({ event: 'drain-incomplete', detail: 'the drain timeout is over and some VIPs are still on this router' });
      return;
    }
    await delay(Math.min(pause, left));
    await Promise.race([router.verify(), delay(Math.max(0, startedAt + timeout - now()))]);
  }
  log({ event: 'drained', after: now() - startedAt });
}
