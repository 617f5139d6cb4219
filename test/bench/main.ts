/** `scripts/bench`: see USAGE. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lockLab } from '../lab/lock.ts';
import { BUILD } from '../lab/paths.ts';
import { createPaint } from '../lab/report.ts';
import { createRecorder, type Recorder } from './figures.ts';
import { keepalivedVersion } from './keepalived.ts';
import { describeMachine, jsonOf, load, renderFigures } from './report.ts';
import { chosenSessions, MEASUREMENTS } from './sessions.ts';

const USAGE = `usage: scripts/bench [--only NAME]… [--runs N] [--json FILE]

  --only   ${MEASUREMENTS.map(({ name, title }) => `${name.padEnd(10)} ${title}`).join('\n           ')}
  --runs   how often each fault happens; 12 unless told, fewer where a run takes long
  --json   write every sample to FILE as well
`;
const RUNS = 12;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
/** Another lab on this machine may take a while. */
const PATIENCE = 15 * 60_000;

let startedAt = 0;

function progress(text: string): void {
  const seconds = Math.floor((performance.now() - startedAt) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(`${clock.padStart(6)}  ${text}\n`);
}

/** Removes the lab when the user has had enough. Another process does it, while this one stands still. */
function cleanUpOnSignals(unlock: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.stderr.write(`\n${signal}: removing the lab\n`);
      unlock();
      spawnSync(process.execPath, [`${BUILD}/lab.js`, 'down'], { stdio: 'inherit' });
      process.exit(EXIT_INTERRUPTED);
    });
  }
}

/** Runs the chosen sessions one after the other; answers whether all of them came to their end. */
async function measure(names: readonly string[], runs: number, recorder: Recorder): Promise<boolean> {
  let complete = true;
  for (const session of chosenSessions(names, runs)) {
    try {
      await session(recorder, progress);
    } catch (error) {
      complete = false;
      recorder.note(`A measurement broke off: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return complete;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', multiple: true, default: [] },
      runs: { type: 'string', default: String(RUNS) },
      json: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const runs = Number(values.runs);
  const unknown = values.only.filter((name) => !MEASUREMENTS.some((measurement) => measurement.name === name));
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
    process.stderr.write(USAGE);
    return EXIT_USAGE;
  }
  if (process.getuid?.() !== 0) throw new Error('network namespaces need root: sudo scripts/bench');

  const unlock = await lockLab(PATIENCE);
  cleanUpOnSignals(unlock);
  startedAt = performance.now();
  const date = new Date();
  const machine = describeMachine(await keepalivedVersion());
  const recorder = createRecorder();
  const loadBefore = load();
  const complete = await measure(values.only, runs, recorder);
  unlock();

  const minutes = ((Date.now() - date.getTime()) / 60_000).toFixed(1);
  recorder.note(
    `Load average of a minute: ${loadBefore} before, ${load()} at the end. The run took ${minutes} minutes.`,
  );
  const about = Object.entries(machine).map(([name, text]) => `${name} ${text}`);
  const paint = createPaint(process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined);
  process.stdout.write(
    [
      `failoverd and keepalived, ${date.toISOString().slice(0, 10)}: ${about.join(', ')}`,
      '',
      renderFigures(recorder.figures(), paint),
      '',
      ...recorder.notes(),
      '',
    ].join('\n'),
  );
  if (values.json !== undefined) {
    await writeFile(values.json, jsonOf(date, machine, recorder.figures(), recorder.notes()));
  }
  return complete ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`scripts/bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
