import type { EventReport, StatusReport } from '../../control/api.ts';
import type { ControlClient } from '../../control/client.ts';
import { ControlError } from '../../control/errors.ts';

/** What is told of the cluster, live. */
export interface WatchView {
  readonly report: (report: StatusReport) => void;
  /** Something that the status alone does not tell. */
  readonly event: (event: EventReport) => void;
  /** The daemon does not answer; it is asked again in so many milliseconds. */
  readonly lost: (error: ControlError, retryIn: number) => void;
}

export interface FollowOptions {
  readonly client: Pick<ControlClient, 'status' | 'follow'>;
  readonly view: WatchView;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Ages on the screen go on without an event. */
const REFRESH = 1000;
/** Events come in bursts, and a status costs the daemon's heartbeat a moment. */
const LEAST_DISTANCE = 100;
/** Events that say what the next status says, too. */
const TOLD_BY_STATUS = new Set(['alarms', 'end']);
const FIRST_RETRY = 250;
const LONGEST_RETRY = 5000;

/**
 * Follows the cluster until the signal aborts. A daemon that stops answering is asked again and again, with backoff; one
 * that never answered is an error.
 *
 * @throws ControlError if the daemon does not answer at first
 */
export async function follow({ client, view, sleep, signal }: FollowOptions): Promise<void> {
  let failures = 0;
  let answered = false;
  while (!signal.aborted) {
    try {
      view.report(await client.status());
      answered = true;
      failures = 0;
      await live({ client, view, sleep, signal });
    } catch (error) {
      if (!(error instanceof ControlError) || !answered) throw error;
      const retryIn = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** failures);
      failures += 1;
      view.lost(error, retryIn);
      await sleep(retryIn, signal);
    }
  }
}

/** One life of the daemon: its events, and its status after each and each second. */
async function live({ client, view, sleep, signal }: FollowOptions): Promise<void> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  let wake = () => {};
  let served = true;
  let over = false;
  const tell = (event: EventReport) => {
    if (!TOLD_BY_STATUS.has(event.event)) view.event(event);
    wake();
  };
  const stream = client.follow(tell, both).then(
    () => {
      over = true;
    },
    (error: unknown) => {
      // A daemon of an earlier release has no events: its status each second does.
      if (error instanceof ControlError && (error.code === 'not-served' || error.code === 'not-found')) served = false;
      else over = true;
    },
  );
  try {
    while (!both.aborted) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      await sleep(LEAST_DISTANCE, both);
      await Promise.race([sleep(REFRESH - LEAST_DISTANCE, both), woken]);
      if (both.aborted) return;
      view.report(await client.status());
      // The stream ended, and the daemon is there: followed anew.
      if (over && served) return;
    }
  } finally {
    ended.abort();
    await stream;
  }
}
