import {
  type ConfigChange,
  configChanges,
  formatMistake,
  type LoadedConfig,
  type LoadResult,
} from '../config/index.ts';
import type { ReloadReport } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import type { Log } from '../observe/index.ts';

/** Reads the configuration again and hands it on. Throws ControlError; then nothing has changed. */
export type Reload = () => ReloadReport;

export function createReload(options: {
  readonly load: () => LoadResult;
  readonly current: () => LoadedConfig;
  readonly apply: (next: LoadedConfig) => void;
  readonly log: Log;
}): Reload {
  return () => {
    try {
      const { next, changes, warnings } = read();
      options.apply(next);
      options.log({ event: 'reloaded', changes });
      return { changes, warnings };
    } catch (error) {
      options.log({ event: 'reload-failed', detail: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  };

  function read() {
    const result = options.load();
    if (!result.ok) throw new ControlError('bad-config', result.mistakes.map(formatMistake).join('\n'));
    const next = result.loaded;
    const changes = configChanges(options.current().config, next.config);
    const fixed = changes.filter(({ needsRestart }) => needsRestart !== undefined);
    if (fixed.length > 0) throw new ControlError('refused', refusal(fixed));
    return { next, changes: changes.map(describeChange), warnings: result.warnings.map(formatMistake) };
  }
}

function describeChange({ path, from, to }: ConfigChange): string {
  return `${path}: ${from} → ${to}`;
}

function refusal(fixed: readonly ConfigChange[]): string {
  const reasons = fixed.map((change) => `${describeChange(change)} (${change.needsRestart})`);
  return `this needs a restart, one router at a time, the backup first; nothing was changed: ${reasons.join('; ')}`;
}
