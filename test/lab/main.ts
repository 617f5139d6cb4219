/** `scripts/lab`: see USAGE. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hold, keep, takeDown, tellHolder, VERBS } from './keep.ts';
import { cleanUp } from './lab.ts';
import { lockLab } from './lock.ts';
import { perform } from './perform.ts';
import { createPaint, renderScenario, renderSummary } from './report.ts';
import { failoverctlCommand, onHost, onRouter } from './routers.ts';
import { failures, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { performApart, sideBySide } from './side-by-side.ts';

const USAGE = `usage: scripts/lab [--only NAME]… [--interval DURATION]   run the scenarios
                   [--jobs NUMBER]                     so many at once, each in namespaces of its own
       scripts/lab --list                                 name them
       scripts/lab --keep [--interval DURATION]           build the lab and leave it up
       scripts/lab ctl ROUTER ARGUMENT…                   failoverctl on a router of a lab that is up
       scripts/lab exec HOST COMMAND…                     any command on a router, or on mgmt, cust1, cust2
       scripts/lab start|stop|kill ROUTER                 its daemon
       scripts/lab link|cable ROUTER INTERFACE up|down    a link of it, or the far end of one
       scripts/lab traffic                                packets lost since you asked last
       scripts/lab down                                   remove the lab, also one left by a crash
`;

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;

function fail(message: string): number {
  process.stderr.write(`scripts/lab: ${message}\n`);
  return 1;
}

/** Runs a command with this terminal and answers its exit code. */
function passThrough(command: readonly string[]): Promise<number> {
  const [file = 'false', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: 'inherit' });
    child.once('error', (error) => resolve(fail(error.message)));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/**
 * Removes the lab when the user has had enough. In a process of its own, while this one stands still: a scenario under
 * way would go on building.
 */
function cleanUpOnSignals(unlock: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      process.stderr.write(`\n${signal}: removing the lab\n`);
      unlock();
      spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--clean'], { stdio: 'inherit' });
      process.exit(EXIT_INTERRUPTED);
    });
  }
}

/** Removes what a lab left behind, unless one is up. */
async function clean(): Promise<number> {
  const unlock = await lockLab(0);
  await cleanUp();
  unlock();
  return 0;
}

/** Runs one and tells the parent process, which made the namespaces that this process has to itself. */
async function tellParent(name: string | undefined, interval: string | undefined): Promise<number> {
  const scenario = SCENARIOS.find((each) => each.name === name);
  if (scenario === undefined) return fail(`no scenario is called ${name}`);
  if (process.send === undefined) return fail('--tell is for scripts/lab --jobs');
  process.send(await perform(scenario, interval), () => process.disconnect());
  return 0;
}

async function runScenarios(only: readonly string[], interval: string | undefined, jobs: number): Promise<number> {
  const unknown = only.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown.length > 0) return fail(`no scenario is called ${unknown.join(', ')}: see scripts/lab --list`);
  const chosen = only.length === 0 ? SCENARIOS : SCENARIOS.filter(({ name }) => only.includes(name));
  const paint = createPaint(
    process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
    process.stdout.columns,
  );
  const isAlone = jobs === 1;
  const unlock = isAlone ? await lockLab(0) : () => {};
  if (isAlone) cleanUpOnSignals(unlock);
  const act = (scenario: Scenario) => (isAlone ? perform : performApart)(scenario, interval);
  const outcomes = await sideBySide(chosen, jobs, act, (outcome) => {
    process.stdout.write(`${renderScenario(outcome, paint)}\n`);
  });
  unlock();
  process.stdout.write(`${renderSummary(outcomes, paint)}\n`);
  return outcomes.every((outcome) => failures(outcome).length === 0) ? 0 : 1;
}

async function main(argv: readonly string[]): Promise<number> {
  const [command = '', router = '', ...rest] = argv;
  if (process.getuid?.() !== 0) return fail('network namespaces need root: sudo scripts/lab');
  switch (command) {
    case 'ctl':
      return passThrough(onRouter(router, failoverctlCommand(rest)));
    case 'exec':
      return passThrough(onHost(router, rest));
    case 'down':
      return takeDown();
    default:
      if (VERBS.includes(command)) return tellHolder(argv);
  }
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      only: { type: 'string', multiple: true, default: [] },
      interval: { type: 'string' },
      jobs: { type: 'string', default: '1' },
      tell: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      hold: { type: 'boolean', default: false },
      clean: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const jobs = Number(values.jobs);
  if (positionals.length > 0 || !Number.isInteger(jobs) || jobs < 1) {
    process.stderr.write(USAGE);
    return EXIT_USAGE;
  }
  if (values.help) process.stdout.write(USAGE);
  else if (values.list)
    process.stdout.write(SCENARIOS.map(({ name, title }) => `${name.padEnd(18)}${title}\n`).join(''));
  else if (values.clean) return clean();
  else if (values.hold) return hold(values.interval);
  else if (values.keep) return keep(values.interval);
  else if (values.tell) return tellParent(values.only[0], values.interval);
  else return runScenarios(values.only, values.interval, jobs);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = fail(error instanceof Error ? error.message : String(error));
}
