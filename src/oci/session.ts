/**
 * Keeps a valid session: one refresher, well ahead of the token's end, never on the path of a request.
 *
 * A refresh is started at 50 to 66 % of the token's lifetime (the jitter keeps routers apart), by `refresh()` after a
 * 401, and at the start. It makes a whole new session and then replaces the old one in a single assignment, so that a
 * request under way keeps the key and token it was signed with. A failed refresh is repeated with backoff forever; the
 * old session serves until it ends.
 */
import { backoff, monotonic } from './deadline.ts';
import { failureOf } from './errors.ts';
import type { Session } from './instance-principal.ts';
import type { Milliseconds, OciFailure } from './types.ts';

export interface SessionKeeper {
  /** The session to sign with now; absent before the first and after the end of the last. */
  current(): Session | undefined;
  /** Why there is none, or why the last refresh failed. */
  failure(): OciFailure | undefined;
  /** A request signed with this session was answered with 401. */
  rejected(session: Session): void;
  /** True while the service refuses the present session and no other one can be had. */
  refused(): boolean;
  /** Gets a new session now, unless one is under way, or the present one is young and was not rejected. */
  refresh(): Promise<{ readonly ok: true } | OciFailure>;
  close(): void;
}

export interface SessionKeeperOptions {
  /** Makes a new session; rejects with an `OciFault`. */
  readonly request: () => Promise<Session>;
  /** After a success, a failure, and when the session ends without a successor. */
  readonly onChange: () => void;
  /** A rejection seen within this time after a refresh belongs to the session before. */
  readonly requestTimeout: Milliseconds;
}

/**
 * Timers run at most this long, because tokens end by the wall clock: it counts the time a virtual machine is paused,
 * which timers do not, and it may be stepped.
 */
const LONGEST_TIMER: Milliseconds = 5_000;

/**
 * When to refresh a token, in milliseconds from now.
 *
 * @param lifetime what is left of the token when it is received
 * @param random a number from 0 to 1
 */
export function refreshDelay(lifetime: Milliseconds, random: number): Milliseconds {
  return Math.max(100, lifetime * (0.5 + 0.16 * random));
}

/** Starts at once. */
export function keepSession(options: SessionKeeperOptions): SessionKeeper {
  let session: Session | undefined;
  let failure: OciFailure | undefined;
  let wasRejected = false;
  let underWay: Promise<{ readonly ok: true } | OciFailure> | undefined;
  let attempts = 0;
  /** Monotonic: a wall clock that was an hour ahead when an attempt failed must not put off the next one by an hour. */
  let refreshAt = 0;
  let endTold = false;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const current = () => (session !== undefined && Date.now() < session.expiresAt ? session : undefined);

  function arm(): void {
    clearTimeout(timer);
    if (closed) return;
    const left = session === undefined || endTold ? Number.POSITIVE_INFINITY : session.expiresAt - Date.now();
    const wait = Math.max(0, Math.min(refreshAt - monotonic(), left, LONGEST_TIMER));
    timer = setTimeout(tick, wait);
    timer.unref();
  }

  function tick(): void {
    if (session !== undefined && !current() && !endTold) {
      endTold = true;
      options.onChange();
    }
    if (monotonic() >= refreshAt || endedEarly()) void start();
    else arm();
  }

  /** By the wall clock, and the timers did not see it coming. */
  const endedEarly = () => session !== undefined && !current() && attempts === 0;

  function start(): Promise<{ readonly ok: true } | OciFailure> {
    underWay ??= run().finally(() => {
      underWay = undefined;
      arm();
    });
    return underWay;
  }

  async function run(): Promise<{ readonly ok: true } | OciFailure> {
    try {
      const next = await options.request();
      session = next;
      failure = undefined;
      wasRejected = false;
      endTold = false;
      attempts = 0;
      refreshAt = monotonic() + refreshDelay(next.expiresAt - Date.now(), Math.random());
      return { ok: true };
    } catch (error) {
      failure = failureOf(error);
      refreshAt = monotonic() + backoff(attempts, Math.random());
      attempts += 1;
      return failure;
    } finally {
      if (!closed) options.onChange();
    }
  }

  void start();
  return {
    current,
    failure: () => failure,
    rejected(of) {
      if (of === session) wasRejected = true;
    },
    refused: () => wasRejected && failure !== undefined,
    refresh() {
      const young = session !== undefined && monotonic() - session.receivedAt < options.requestTimeout;
      if (current() && young && !wasRejected) return Promise.resolve({ ok: true });
      return start();
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
