import { type ConfigChange, formatMistake, type LoadedConfig } from '../config/index.ts';
import type { ReloadReport } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import type { Log } from '../observe/index.ts';
import type { ConfigRead } from './config-reader.ts';

/** Reads the configuration again and hands it on. Rejects with a ControlError; then nothing has changed. */
export type Reload = () => Promise<ReloadReport>;

export function createReload(options: {
  /** Reads the file, and compares it with the configuration in force. */
  readonly read: () => Promise<ConfigRead>;
  readonly apply: (next: LoadedConfig) => void;
  readonly log: Log;
}): Reload {
  // One after the other: each is compared with what the one before left in force.
  let last: Promise<unknown> = Promise.resolve();
  // Whoever asks before it has begun to read shares it: a storm of signals is one reload more, not a queue of them.
  let next: Promise<ReloadReport> | undefined;
  return () => {
    next ??= last.then(() => {
      next = undefined;
      return reload();
    });
    last = next.catch(() => {});
    return next;
  };

  async function reload(): Promise<ReloadReport> {
    try {
      const { next, changes, warnings } = await read();
      options.apply(next);
      options.log({ event: 'reloaded', changes });
      return { changes, warnings };
    } catch (error) {
      options.log({ event: 'reload-failed', detail: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  async function read() {
    const { result, changes } = await options.read().catch(notRead);
    if (!result.ok) throw new ControlError('bad-config', result.mistakes.map(formatMistake).join('\n'));
    const fixed = changes.filter(({ needsRestart }) => needsRestart !== undefined);
    if (fixed.length > 0) throw new ControlError('refused', refusal(fixed));
    const { loaded, warnings } = result;
    return { next: loaded, changes: changes.map(describeChange), warnings: warnings.map(formatMistake) };
  }
}

function notRead(cause: unknown): never {
  const detail = cause instanceof Error ? cause.message : String(cause);
  throw new ControlError('internal', `the configuration could not be read: ${detail}`, { cause });
}

function describeChange({ path, from, to }: ConfigChange): string {
  return `${path}: ${from} → ${to}`;
}

function refusal(fixed: readonly ConfigChange[]): string {
  const reasons = fixed.map((change) => `${describeChange(change)} (${change.needsRestart})`);
  return `this needs a restart, one router at a time, the backup first; nothing was changed: ${reasons.join('; ')}`;
}
