import { createHash } from 'node:crypto';
import { begin, end } from './actions.ts';
import { boundsOf } from './bounds.ts';
import type { Counts } from './coverage.ts';
import type { Violation } from './invariants.ts';
import { type Allowances, NOTHING, upTo } from './ledger.ts';
import type { Mutation } from './mutations.ts';
import type { Fault, Scenario } from './scenario.ts';
import { createWorld } from './world.ts';

export interface Outcome {
  readonly violation: Violation | undefined;
  /** Simulated milliseconds. */
  readonly simulated: number;
  readonly counts: Counts;
  readonly lines: readonly string[];
  /** Equal for equal runs: of every event and its instant, and of all that was counted. 16 hex digits. */
  readonly fingerprint: string;
}

/** After everything has to be in its place, or is, nothing may move for this long. */
const QUIET = 12_000;
/** The run is looked at this often: one that failed ends. */
const STEP = 1000;
/** And after so many steps the event loop gets a turn, in which Node tells of rejections that nobody handled. */
const STEPS_OF_A_TURN = 10;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Where the best router holds everything and starts first, nobody's start moves anything. */
function atStart({ groups, startAt }: Scenario): Allowances {
  const first = Math.min(...Object.values(startAt));
  return (name) => {
    const group = groups.find((each) => each.name === name);
    if (group === undefined || startAt[group.holder] !== first) return upTo(1);
    const others = Object.entries(group.priority).filter(([router]) => router !== group.holder);
    const own = group.priority[group.holder] ?? 0;
    return others.every(([, priority]) => priority < own) ? NOTHING : upTo(1);
  };
}

/** By what makes it another one to whoever reads the summary. */
function nameOf(fault: Fault): string {
  switch (fault.kind) {
    case 'api':
      return `api ${fault.trouble}`;
    case 'partition':
      return [fault.oneWay ? 'one-way' : '', fault.path === undefined ? '' : 'one-path', 'partition']
        .filter(Boolean)
        .join(' ');
    case 'stall':
      return fault.paused ? 'pause' : 'stall';
    case 'crash':
      return fault.networkLate > 0 ? 'crash and deaf boot' : 'crash';
    default:
      return fault.kind;
  }
}

/** Runs one scenario to its end, or to the first violation. */
export async function run(
  scenario: Scenario,
  options: { readonly traced?: boolean; readonly mutation?: Mutation | undefined } = {},
): Promise<Outcome> {
  const world = createWorld(scenario, { traced: options.traced ?? false, mutation: options.mutation });
  const { time, watch, coverage } = world;
  const bounds = boundsOf(scenario);
  for (const [name, at] of Object.entries(scenario.startAt)) {
    time.after(at, () => world.start(world.machine(name), atStart(scenario)));
  }
  coverage.scenario(scenario);
  for (const fault of scenario.faults) {
    coverage.count(`fault ${nameOf(fault)}`);
    time.after(fault.at, () => begin(world, fault));
    time.after(fault.until, () => end(world, fault));
  }
  const last = Math.max(...Object.values(scenario.startAt), ...scenario.faults.map(({ until }) => until));
  const duration = last + bounds.converged + QUIET;
  const thrown = (reason: unknown) =>
    watch.fail('exception', reason instanceof Error ? `${reason.stack}` : `${reason}`);
  process.on('unhandledRejection', thrown);
  try {
    for (let step = 1; time.now() < duration && watch.violation() === undefined; step += 1) {
      if (!scenario.patient && time.now() > last && time.now() - watch.settledSince() > QUIET) break;
      await time.advanceTo(Math.min(duration, time.now() + STEP));
      if (step % STEPS_OF_A_TURN === 0) await turn();
    }
    await turn();
  } finally {
    process.off('unhandledRejection', thrown);
  }
  const violation = watch.violation();
  if (violation !== undefined) world.trace.add('', () => `VIOLATION ${violation.invariant}: ${violation.detail}`);
  for (const [name, value] of Object.entries(world.network.counts)) coverage.count(`datagrams ${name}`, value);
  const counts = coverage.counts();
  const fingerprint = `${time.fingerprint()}${createHash('sha256').update(JSON.stringify(counts)).digest('hex').slice(0, 8)}`;
  return { violation, simulated: time.now(), counts, lines: world.trace.lines(), fingerprint };
}
