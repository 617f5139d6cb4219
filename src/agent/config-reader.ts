import { Worker } from 'node:worker_threads';
import { type Config, type ConfigChange, configChanges, type LoadResult, loadConfig } from '../config/index.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';

/** What a reload asks for. */
export interface ConfigQuery {
  readonly path: string;
  readonly node: string | undefined;
  readonly hostname: string;
  /** The configuration in force. */
  readonly before: Config;
}

/** The file as it is now, and what it changes. */
export interface ConfigRead {
  readonly result: LoadResult;
  readonly changes: readonly ConfigChange[];
}

/** Longer than a slow disk needs; a file on a dead network share must not hold a reload for ever. */
const PATIENCE: Milliseconds = 10_000;

/** Nothing that stays: the schema and one file. */
const LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 4 } as const;

export function readConfig({ before, ...source }: ConfigQuery): ConfigRead {
  const result = loadConfig(source);
  return { result, changes: result.ok ? configChanges(before, result.loaded.config) : [] };
}

/**
 * Reads the file in a thread of its own: parsing and comparing takes some 50 ms, and the heartbeat's thread has none of
 * them to spare. Rejects when the thread fails or does not answer in time.
 *
 * @param worker where its bundle is; beside the daemon's unless a test says otherwise
 */
export async function readConfigAside(
  query: ConfigQuery,
  worker = new URL('./config-worker.js', import.meta.url),
  patience = PATIENCE,
): Promise<ConfigRead> {
  const thread = new Worker(worker, { workerData: query, resourceLimits: LIMITS, name: 'config', execArgv: [] });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<ConfigRead>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', reject);
      thread.once('exit', () => reject(new Error('the thread that reads the configuration ended without an answer')));
      timer = setTimeout(() => reject(new Error(`the configuration was not read within ${patience} ms`)), patience);
    });
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}
