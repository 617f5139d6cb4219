/** Scenarios in processes and namespaces of their own: several at once. */
import { spawn } from 'node:child_process';
import { apart } from './apart.ts';
import { BUILD } from './paths.ts';
import type { ScenarioOutcome } from './scenario.ts';

/** What `scripts/lab` is called with to run one scenario and tell its parent the outcome. */
export const TELL = '--tell';

/** Runs a scenario apart. Never throws: what went wrong stands in the outcome. */
export function performApart(
  { name, title }: { readonly name: string; readonly title: string },
  interval?: string,
): Promise<ScenarioOutcome> {
  const options = ['--only', name, TELL, ...(interval === undefined ? [] : ['--interval', interval])];
  const [program, ...args] = apart([process.execPath, `${BUILD}/lab.js`, ...options]);
  // The outcome has values that JSON does not know.
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], serialization: 'advanced' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (text: Buffer) => {
      said += text.toString();
    });
  }
  return new Promise((resolve) => {
    let outcome: ScenarioOutcome | undefined;
    child.once('message', (message) => {
      outcome = message as ScenarioOutcome;
    });
    const fail = (error: string) => resolve({ name, title, steps: [], checks: [], error });
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => {
      if (outcome === undefined) fail(`the scenario's process ended with ${code ?? signal}: ${said}`);
      else resolve(outcome);
    });
  });
}

/** Does `work` for each item, at most `jobs` at once; each result is told as it comes, all are answered in order. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  jobs: number,
  work: (item: Item) => Promise<Result>,
  tell: (result: Result) => void,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = [...items.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, item] = next;
      const result = await work(item);
      results[index] = result;
      tell(result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}
