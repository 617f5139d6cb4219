/** `scripts/simulate`: see USAGE. */
import { parseArgs } from 'node:util';
import { generateScenario } from './generate.ts';
import { type BatchResult, runJobs, serveBatches } from './jobs.ts';
import { MUTATIONS, type Mutation } from './mutations.ts';
import { renderCoverage, renderFailure, renderProgress } from './report.ts';
import { run } from './run.ts';
import type { Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

const USAGE = `usage: scripts/simulate [--seeds N] [--from S] [--routers 2|3] [--jobs N]   run N seeds, S and following
       scripts/simulate --seed S                       one seed with its log
       scripts/simulate --scenario JSON                one scenario with its log, as a failing seed prints it
       scripts/simulate --mutations [--seeds N]        each rule switched off: is it missed within N seeds?
  --without RULE  with a rule switched off: ${MUTATIONS.join(', ')}
`;

const EXIT_USAGE = 2;
/** Failures that are made small and shown; all are counted. */
const MOST_SHOWN = 3;
const PROGRESS_INTERVAL = 10_000;

const OPTIONS = {
  seeds: { type: 'string', default: '2000' },
  from: { type: 'string', default: '1' },
  jobs: { type: 'string', default: '2' },
  routers: { type: 'string' },
  seed: { type: 'string' },
  scenario: { type: 'string' },
  without: { type: 'string' },
  mutations: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

interface Settings {
  readonly seeds: number;
  readonly from: number;
  readonly jobs: number;
  readonly routers: 2 | 3 | undefined;
  readonly mutation: Mutation | undefined;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

function whole(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new TypeError(`--${name} takes a number, not ${text}`);
  return value;
}

function routersOf(text: string | undefined): 2 | 3 | undefined {
  if (text === undefined || text === '2' || text === '3') return text === undefined ? text : text === '2' ? 2 : 3;
  throw new TypeError(`--routers takes 2 or 3, not ${text}`);
}

function mutationOf(text: string | undefined): Mutation | undefined {
  const found = MUTATIONS.find((mutation) => mutation === text);
  if (text !== undefined && found === undefined) throw new TypeError(`no rule is called ${text}`);
  return found;
}

async function runSeeds(settings: Settings, onProgress: (sum: BatchResult) => boolean): Promise<BatchResult> {
  return runJobs(settings, settings.jobs, new URL(import.meta.url), onProgress);
}

/** A batch with progress, what it exercised, and the first failures made small. */
async function simulate(settings: Settings): Promise<number> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  const told = new Set<number>();
  const time = () => {
    const { user, system } = process.cpuUsage();
    return { elapsed: performance.now() - startedAt, processor: (user + system) / 1000 };
  };
  const sum = await runSeeds(settings, (so) => {
    const now = performance.now();
    // At once: a run of a night is looked at before it ends.
    for (const { seed, violation } of so.failures) {
      if (!told.has(seed)) print(`seed ${seed}: ${violation.invariant}: ${violation.detail}`);
      told.add(seed);
    }
    if (now - toldAt > PROGRESS_INTERVAL) print(renderProgress(so, settings.seeds, time()));
    if (now - toldAt > PROGRESS_INTERVAL) toldAt = now;
    return true;
  });
  print(renderCoverage(sum.counts));
  print(renderProgress(sum, settings.seeds, time()));
  const invariants = new Map<string, number[]>();
  for (const { seed, violation } of sum.failures) {
    invariants.set(violation.invariant, [...(invariants.get(violation.invariant) ?? []), seed]);
  }
  for (const [invariant, seeds] of invariants)
    print(`${invariant}: ${seeds.length} seeds: ${seeds.slice(0, 20).join(' ')}`);
  for (const [seed] of [...invariants.values()].slice(0, MOST_SHOWN)) {
    if (seed !== undefined) print(`\n${await explain(seed, settings)}`);
  }
  return sum.failures.length === 0 ? 0 : 1;
}

async function explain(seed: number, { routers, mutation }: Settings): Promise<string> {
  return renderFailure(seed, await shrink(generateScenario(seed, routers), mutation), mutation);
}

async function replay(scenario: Scenario, mutation: Mutation | undefined): Promise<number> {
  const { lines, violation, fingerprint } = await run(scenario, { traced: true, mutation });
  for (const line of lines) print(line);
  print(`fingerprint ${fingerprint}`);
  return violation === undefined ? 0 : 1;
}

/** Each rule in turn: the first seed at which its absence is noticed, and which passes with it. */
async function mutate(settings: Settings): Promise<number> {
  let missed = 0;
  for (const mutation of settings.mutation === undefined ? MUTATIONS : [settings.mutation]) {
    const found = await firstNoticed({ ...settings, mutation });
    if (found === undefined) missed += 1;
    print(
      found === undefined
        ? `without ${mutation}: NOT noticed in ${settings.seeds} seeds`
        : `without ${mutation}: seed ${found.seed}: ${found.violation.invariant}: ${found.violation.detail}`,
    );
  }
  return missed === 0 ? 0 : 1;
}

async function firstNoticed(settings: Settings) {
  const end = settings.from + settings.seeds;
  for (let from = settings.from; from < end; ) {
    const { failures, seeds } = await runSeeds(
      { ...settings, from, seeds: end - from },
      (sum) => sum.failures.length === 0,
    );
    for (const failure of failures) {
      const sound = await run(generateScenario(failure.seed, settings.routers));
      if (sound.violation === undefined) return failure;
    }
    from += seeds;
  }
  return undefined;
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const settings: Settings = {
    seeds: whole('seeds', values.seeds),
    from: whole('from', values.from),
    jobs: whole('jobs', values.jobs),
    routers: routersOf(values.routers),
    mutation: mutationOf(values.without),
  };
  if (values.scenario !== undefined) return replay(JSON.parse(values.scenario) as Scenario, settings.mutation);
  if (values.seed !== undefined) {
    return replay(generateScenario(whole('seed', values.seed), settings.routers), settings.mutation);
  }
  return values.mutations ? mutate(settings) : simulate(settings);
}

if (!serveBatches()) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(`scripts/simulate: ${error instanceof Error ? error.message : error}\n${USAGE}`);
    process.exitCode = EXIT_USAGE;
  }
}
