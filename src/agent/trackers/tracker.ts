import type { TrackerConfig } from '../../config/index.ts';
import type { Milliseconds } from '../../dgram-vrrp/index.ts';
import { type CommandResult, type CommandRun, describeResult, type RunCommand } from '../../linux/command-result.ts';
import type { Clock } from '../clock.ts';
import { countResult, NO_RESULT, type TrackerCount, type TrackerState } from './count.ts';

/** One tracker: runs its command each interval, never twice at once, and counts the results. */
export interface Tracker {
  readonly name: string;
  config(): TrackerConfig;
  state(): TrackerState;
  /** When the last run ended, or was cut off. */
  lastResultAt(): Milliseconds | undefined;
  /** Why the last run failed; undefined if it did not. */
  error(): string | undefined;
  /** Another command or other limits; the state stays as it is. */
  reconfigure(next: TrackerConfig): void;
  close(): void;
}

export interface TrackerOptions {
  readonly config: TrackerConfig;
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly runCommand: RunCommand;
  /** Added by a reload: it counts from its first success. */
  readonly lenient: boolean;
  readonly onState: (state: TrackerState) => void;
  /** A run failed; the state may be the same. */
  readonly onFailure: (error: string) => void;
}

/** Starts with its first run. */
export function createTracker(options: TrackerOptions): Tracker {
  const { clock, lenient } = options;
  let { config } = options;
  let count: TrackerCount = NO_RESULT;
  let lastResultAt: Milliseconds | undefined;
  let error: string | undefined;
  let current: CommandRun | undefined;
  let startedAt: Milliseconds = 0;
  let closed = false;
  const alarm = clock.createAlarm(due);

  function due(): void {
    if (closed) return;
    // Even SIGKILL does not end a process that waits for a disk: that is no success either.
    if (current !== undefined) {
      counted(`its last run, started ${Math.round((clock.now() - startedAt) / 1000)} s ago, does not end`);
      alarm.set(clock.now() + config.interval);
      return;
    }
    start();
  }

  function start(): void {
    startedAt = clock.now();
    const { command: argv, timeout } = config;
    const run = options.runCommand({ argv, env: options.env, timeout });
    current = run;
    void run.result.then(ended);
    void run.gone.then(() => {
      if (current === run) current = undefined;
      if (closed) return;
      alarm.set(Math.max(clock.now(), startedAt + config.interval));
    });
    // Wakes this tracker when its run has outlasted its timeout and the signals after it.
    alarm.set(startedAt + Math.max(config.interval, 2 * timeout + KILLED_AFTER));
  }

  function ended(result: CommandResult): void {
    if (closed) return;
    counted(result.kind === 'exited' && result.code === 0 ? undefined : describeResult(result));
  }

  function counted(failure: string | undefined): void {
    const before = count.state;
    const { fall, rise } = config;
    lastResultAt = clock.now();
    error = failure;
    count = countResult(count, failure === undefined, { fall, rise, lenient });
    if (failure !== undefined) options.onFailure(failure);
    if (count.state !== before) options.onState(count.state);
  }

  start();
  return {
    name: config.name,
    config: () => config,
    state: () => count.state,
    lastResultAt: () => lastResultAt,
    error: () => error,
    reconfigure(next) {
      const sooner = next.interval < config.interval;
      config = next;
      if (sooner && current === undefined) alarm.set(Math.max(clock.now(), startedAt + config.interval));
    },
    close() {
      closed = true;
      alarm.close();
      current?.stop();
    },
  };
}

/** SIGTERM at the timeout, SIGKILL a second later, and time to be reaped. */
const KILLED_AFTER: Milliseconds = 2000;
