/** Deadlines and pauses: every wait on the outside world goes through here, and leaves no timer behind. */
import { OciFault } from './errors.ts';
import type { Milliseconds } from './types.ts';

/**
 * Runs `work` with a signal that aborts after `limit` ms, or when `outer` aborts. The timer is cleared when the work
 * ends. A deadline that passed is reported as `timeout`, whatever the work threw because of it.
 */
export async function withDeadline<T>(
  what: string,
  limit: Milliseconds,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const controller = new AbortController();
  const expired = new OciFault('timeout', `${what} did not answer within ${limit} ms`);
  const timer = setTimeout(() => controller.abort(expired), limit);
  timer.unref();
  const follow = () => controller.abort(outer?.reason);
  outer?.addEventListener('abort', follow, { once: true });
  if (outer?.aborted) follow();
  try {
    return await work(controller.signal);
  } catch (error) {
    throw controller.signal.reason === expired ? expired : error;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', follow);
  }
}

/** Waits `duration` ms; an aborted signal ends it with the signal's reason. */
export function pause(duration: Milliseconds, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, duration);
    timer.unref();
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Capped exponential backoff with jitter: 250 ms doubled per failed attempt up to 5 s, of which a random 50 to 100 % is
 * waited so that routers which lost the API together do not come back together.
 *
 * @param attempt failed attempts so far, from 0
 * @param random a number from 0 to 1
 */
export function backoff(attempt: number, random: number): Milliseconds {
  const full = Math.min(5_000, 250 * 2 ** Math.min(attempt, 10));
  return full * (0.5 + random / 2);
}

/** Milliseconds of the clock that all threads of a process share and that wall clock steps do not touch. */
export function monotonic(): Milliseconds {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
