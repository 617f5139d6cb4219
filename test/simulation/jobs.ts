import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { addCounts, type Counts } from './coverage.ts';
import { generateScenario } from './generate.ts';
import type { Violation } from './invariants.ts';
import type { Mutation } from './mutations.ts';
import { type Outcome, run } from './run.ts';

/** Seeds one after the other, on several processors. */
export interface Batch {
  readonly from: number;
  readonly seeds: number;
  readonly routers?: 2 | 3 | undefined;
  readonly mutation?: Mutation | undefined;
}

export interface BatchResult {
  readonly seeds: number;
  /** Milliseconds. */
  readonly simulated: number;
  readonly counts: Counts;
  readonly failures: readonly { readonly seed: number; readonly violation: Violation }[];
}

export async function runBatch({ from, seeds, routers, mutation }: Batch): Promise<BatchResult> {
  const counts: Counts = {};
  const failures: { seed: number; violation: Violation }[] = [];
  let simulated = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await run(generateScenario(seed, routers), { mutation });
    simulated += outcome.simulated;
    addCounts(counts, outcome.counts);
    const violation = outcome.violation ?? (await unlessRepeated(seed, outcome, { routers, mutation }));
    if (violation !== undefined) failures.push({ seed, violation });
  }
  return { seeds, simulated, counts, failures };
}

/** Every so many seeds run twice: whatever of a run is not in its seed shows as a difference. */
const REPEATED = 100;

async function unlessRepeated(
  seed: number,
  first: Outcome,
  { routers, mutation }: Pick<Batch, 'routers' | 'mutation'>,
): Promise<Violation | undefined> {
  if (seed % REPEATED !== 0) return undefined;
  const { fingerprint } = await run(generateScenario(seed, routers), { mutation });
  if (fingerprint === first.fingerprint) return undefined;
  return { invariant: 'not-repeatable', at: 0, detail: `${first.fingerprint} at first, then ${fingerprint}` };
}

/** Seeds that a worker is given at a time. */
const CHUNK = 20;
/** A small young generation would be collected all the time: everything in a simulation is short-lived. */
const LIMITS = { maxYoungGenerationSizeMb: 96 };
/** Type feedback from each function's first call on: they are compiled sooner, a fifth less time for 300 seeds. */
const EAGER = '--no-lazy-feedback-allocation';

/**
 * Runs a batch on several threads of this very file.
 *
 * @param onProgress asked after each chunk; false ends the batch early
 */
export async function runJobs(
  batch: Batch,
  jobs: number,
  self: URL,
  onProgress: (sum: BatchResult) => boolean,
): Promise<BatchResult> {
  const failures: { seed: number; violation: Violation }[] = [];
  const counts: Counts = {};
  let next = batch.from;
  let seeds = 0;
  let simulated = 0;
  const end = batch.from + batch.seeds;
  const sum = (): BatchResult => ({ seeds, simulated, counts, failures });

  setFlagsFromString(EAGER);

  function work(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(self, { resourceLimits: LIMITS });
      const give = () => {
        if (next >= end) {
          worker.removeAllListeners('error');
          void worker.terminate().then(() => resolve());
          return;
        }
        const count = Math.min(CHUNK, end - next);
        worker.postMessage({ ...batch, from: next, seeds: count } satisfies Batch);
        next += count;
      };
      worker.on('error', reject);
      worker.on('message', (result: BatchResult) => {
        seeds += result.seeds;
        simulated += result.simulated;
        addCounts(counts, result.counts);
        failures.push(...result.failures);
        if (!onProgress(sum())) next = end;
        give();
      });
      give();
    });
  }

  await Promise.all(Array.from({ length: jobs }, work));
  failures.sort((a, b) => a.seed - b.seed);
  return sum();
}

/** In a worker: runs what it is given. True if this is one. */
export function serveBatches(): boolean {
  if (isMainThread) return false;
  parentPort?.on('message', (batch: Batch) => {
    void runBatch(batch).then((result) => parentPort?.postMessage(result));
  });
  return true;
}
