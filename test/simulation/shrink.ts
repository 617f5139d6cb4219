import type { Mutation } from './mutations.ts';
import { type Outcome, run } from './run.ts';
import type { Fault, GroupScenario, Scenario } from './scenario.ts';

/** Runs spent on making a failure smaller. */
const MOST_RUNS = 250;
/** Nothing is made shorter than this. */
const SHORTEST = 200;
/** Faults are drawn together until so much is left between them. */
const GAP = 4000;
const FIRST_FAULT = 25_000;

/** Finds the smallest scenario it can that breaks the same invariant, and its run. */
export async function shrink(
  scenario: Scenario,
  mutation?: Mutation,
): Promise<{ scenario: Scenario; outcome: Outcome }> {
  const options = { traced: true, mutation };
  let smallest = scenario;
  let outcome = await run(smallest, options);
  const invariant = outcome.violation?.invariant;
  let runs = 0;
  for (let progress = true; progress && runs < MOST_RUNS; ) {
    progress = false;
    for (const candidate of smallerThan(smallest)) {
      runs += 1;
      const tried = await run(candidate, options);
      if (tried.violation?.invariant === invariant) {
        smallest = candidate;
        outcome = tried;
        progress = true;
        break;
      }
      if (runs >= MOST_RUNS) break;
    }
  }
  return { scenario: smallest, outcome };
}

/** One step simpler in every way there is, the greatest steps first. */
function* smallerThan(scenario: Scenario): Generator<Scenario> {
  const { faults } = scenario;
  const half = Math.ceil(faults.length / 2);
  if (faults.length > 2) {
    yield { ...scenario, faults: faults.slice(half) };
    yield { ...scenario, faults: faults.slice(0, half) };
  }
  for (let index = faults.length - 1; index >= 0; index -= 1) {
    yield { ...scenario, faults: faults.filter((_, other) => other !== index) };
  }
  yield* calmer(scenario);
  for (const [index, fault] of faults.entries()) {
    const length = fault.until - fault.at;
    const shorter = Math.max(SHORTEST, Math.round(length / 2));
    if (shorter < length) yield { ...scenario, faults: faults.with(index, { ...fault, until: fault.at + shorter }) };
  }
  const earlier = drawnTogether(faults);
  if (earlier.some((fault, index) => fault.at !== faults[index]?.at)) yield { ...scenario, faults: earlier };
}

function* calmer(scenario: Scenario): Generator<Scenario> {
  const names = Object.keys(scenario.clocks);
  const { groups } = scenario;
  const each = (change: Partial<GroupScenario>) => ({ groups: groups.map((group) => ({ ...group, ...change })) });
  const calm: Partial<Scenario>[] = [
    { loss: 0 },
    { throttle: 0 },
    { signed: false },
    { older: [] },
    { interval: 1000 },
    ...(groups.length > 1 ? groups.map((left) => ({ groups: groups.filter((group) => group !== left) })) : []),
    each({ preemptDelay: 0 }),
    each({ preempt: true }),
    each({ holder: 'vrouter1' }),
    each({ priority: Object.fromEntries(names.map((name, index) => [name, 200 - index * 50])) }),
    { clocks: Object.fromEntries(names.map((name) => [name, { ahead: 0, rate: 0, drift: 0 }])) },
    { startAt: Object.fromEntries(names.map((name, index) => [name, index * 100])) },
  ];
  for (const change of calm) {
    const changed = { ...scenario, ...change };
    if (JSON.stringify(changed) !== JSON.stringify(scenario)) yield changed;
  }
}

/** No long silence between one fault and the next. */
function drawnTogether(faults: readonly Fault[]): readonly Fault[] {
  let end = FIRST_FAULT - GAP;
  let shift = 0;
  return faults.map((fault) => {
    shift = Math.max(shift, Math.min(fault.at - (end + GAP), fault.at - FIRST_FAULT));
    const moved = { ...fault, at: fault.at - shift, until: fault.until - shift };
    end = Math.max(end, moved.until);
    return moved;
  });
}
