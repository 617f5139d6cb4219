import { type Chance, createChance } from './chance.ts';
import { type DeployedGroup, GROUPS, ROUTERS } from './deployment.ts';
import type { ApiTrouble, ClockScenario, Fault, GroupScenario, Scenario } from './scenario.ts';
import { generateStory } from './stories.ts';

const SECOND = 1000;
/** Everybody has started and found its VIPs by then. */
const FIRST_FAULT = 25 * SECOND;
/** Somebody is master by then, mostly. */
const EARLY_FAULT = 12 * SECOND;
/** Seeds without any fault: nothing may move in them. */
const CALM_SEEDS = 0.04;
const MOST_FAULTS = 6;
/** Seeds whose faults belong together. */
const STORIES = 0.2;

type Names = readonly [string, ...string[]];

/** The scenario of a seed. */
export function generateScenario(seed: number, routers?: 2 | 3): Scenario {
  const chance = createChance(seed, 'scenario');
  const count = routers ?? (chance.happens(0.6) ? 2 : 3);
  const names = ROUTERS.slice(0, count).map(({ name }) => name) as unknown as Names;
  const interval = chance.happens(0.85) ? 1000 : chance.pick([200, 500]);
  const calm = chance.happens(CALM_SEEDS);
  const groups = GROUPS.slice(0, drawGroups(chance)).map((group, index) => generateGroup(chance, group, index, names));
  return {
    seed,
    routers: count,
    interval,
    signed: chance.happens(0.5),
    coded: chance.happens(0.005),
    older: chance.happens(0.1) ? [chance.pick(names)] : [],
    listed: chance.happens(0.1),
    groups,
    verifyInterval: chance.happens(0.8) ? 10_000 : 5000,
    addressed: chance.happens(0.6),
    startAt: Object.fromEntries(names.map((name) => [name, Math.round(chance.between(0, 3000))])),
    clocks: Object.fromEntries(names.map((name) => [name, generateClock(chance)])),
    loss: chance.pick([0, 0, 0.001, 0.01]),
    throttle: chance.happens(0.2) ? 20 : 0,
    patient: calm || chance.happens(0.1),
    faults: calm
      ? []
      : chance.happens(STORIES)
        ? generateStory(chance, { names, interval, groups })
        : generateFaults(chance, { names, groups }),
  };
}

/** One group mostly: each further one costs as much. */
function drawGroups(chance: Chance): number {
  return chance.happens(0.65) ? 1 : chance.happens(0.75) ? 2 : 3;
}

/** Most crystals are a few millionths off; one that is not disciplined, or a guest's, some hundred. */
function generateClock(chance: Chance): ClockScenario {
  const ahead = chance.happens(0.7) ? 0 : Math.round(chance.between(-20_000, 20_000));
  const off = () => (chance.happens(0.6) ? 0 : Math.round(chance.between(-1, 1) * chance.pick([20, 500])));
  return { ahead, rate: off(), drift: off() };
}

function generateGroup(chance: Chance, { name }: DeployedGroup, index: number, names: Names): GroupScenario {
  const priority = generatePriorities(chance, index, names);
  const best = names.toSorted((a, b) => (priority[b] ?? 0) - (priority[a] ?? 0))[0] ?? names[0];
  return {
    name,
    priority,
    preempt: chance.happens(0.8),
    preemptDelay: chance.happens(0.8) ? 0 : chance.pick([1000, 5000, 10_000]),
    holder: chance.happens(0.7) ? best : chance.pick([...names, 'stranger', 'nobody']),
  };
}

/** The first group is mostly that of the reference deployment, the others belong to anybody; some routers are equal. */
function generatePriorities(chance: Chance, index: number, names: Names): Readonly<Record<string, number>> {
  const values = [200, 100, 50].slice(0, names.length);
  const usual = index === 0 ? 0.75 : 0.3;
  const chosen = chance.happens(usual)
    ? values
    : chance.pick([values.toReversed(), values.map((value) => Math.min(value, 100)), values.map(() => 100)]);
  return Object.fromEntries(names.map((name, position) => [name, chosen[position] ?? 1]));
}

/** What faults may happen to. */
interface Targets {
  readonly names: Names;
  readonly groups: readonly GroupScenario[];
}

function generateFaults(chance: Chance, targets: Targets): readonly Fault[] {
  const faults: Fault[] = [];
  const count = 1 + chance.below(MOST_FAULTS);
  let at = chance.happens(0.3) ? FIRST_FAULT : EARLY_FAULT;
  for (let index = 0; index < count; index += 1) {
    const fault = generateFault(chance, targets, Math.round(at), Math.round(at + duration(chance)));
    faults.push(fault);
    // Often the next one comes while this one lasts or is hardly over, sometimes long after.
    const gap = chance.happens(0.5) ? chance.between(-1, 1) * (fault.until - fault.at) : chance.between(2000, 40_000);
    at = Math.max(fault.at + chance.between(0, 1500), fault.until + gap);
  }
  return faults;
}

/** From less than an advert interval to longer than every lease. */
function duration(chance: Chance): number {
  return chance.pick([
    () => chance.between(50, 1000),
    () => chance.between(1000, 6000),
    () => chance.between(4000, 20_000),
    () => chance.between(15_000, 60_000),
  ])();
}

const TROUBLES: readonly [ApiTrouble, ...ApiTrouble[]] = [
  'outage',
  'outage',
  'throttled',
  'errors',
  'conflicts',
  'lost-answers',
  'lost-answers',
  'late-writes',
  'held-writes',
  'lag',
  'lag',
  'slow',
  'token',
  'metadata',
];

function generateFault(chance: Chance, { names, groups }: Targets, at: number, until: number): Fault {
  const span = { at, until };
  const router = chance.pick(names);
  const other = chance.pick(names.filter((name) => name !== router) as unknown as Names);
  const group = chance.happens(0.5) ? {} : { group: chance.pick(groups as [GroupScenario]).name };
  const path = chance.happens(0.3) ? { path: chance.below(2) } : {};
  return chance.pick<() => Fault>([
    () => ({ kind: 'partition', ...span, from: router, oneWay: false }),
    () => ({ kind: 'partition', ...span, from: router, to: other, oneWay: false, ...path }),
    () => ({ kind: 'partition', ...span, from: router, to: other, oneWay: true, ...path }),
    () => ({ kind: 'partition', ...span, from: router, oneWay: true }),
    () => ({
      kind: 'noise',
      ...span,
      from: router,
      loss: chance.between(0.05, 0.9),
      duplication: chance.between(0, 0.3),
      delay: chance.pick([5, 50, 500, 4000]),
      ...path,
    }),
    () => ({ kind: 'crash', ...span, router, networkLate: chance.happens(0.5) ? 0 : chance.between(100, 1500) }),
    () => ({ kind: 'crash', ...span, router, networkLate: 0 }),
    () => ({ kind: 'restart', ...span, router }),
    () => ({ kind: 'stall', ...span, router, paused: false }),
    () => ({ kind: 'stall', ...span, router, paused: true }),
    () => ({ kind: 'link', ...span, router, device: chance.pick(VIPS_DEVICES), api: chance.happens(0.3) }),
    () => apiTrouble(chance, span, router),
    () => apiTrouble(chance, span, router),
    () => apiTrouble(chance, span, router),
    () => ({ kind: 'clock', at, until: at, router, ahead: Math.round(chance.between(-60_000, 60_000)) }),
    () => ({
      kind: 'console',
      at,
      until: at,
      vip: chance.pick(vipsOf(groups)),
      to: chance.pick([...names, 'stranger', 'nobody']),
    }),
    () => ({ kind: 'failover', ...span, on: router, ...(chance.happens(0.5) && { to: other }), ...group }),
    () => ({ kind: 'standby', ...span, on: router, router: chance.pick(names), ...group }),
    () => ({ kind: 'freeze', ...span, on: router }),
    () => ({ kind: 'verify', at, until: at, on: router }),
    () => ({
      kind: 'reload',
      ...span,
      change: chance.pick(['nothing', 'priorities', 'preempt', 'interval', 'verify-interval']),
    }),
  ])();
}

function vipsOf(groups: readonly GroupScenario[]) {
  const deployed = GROUPS.filter(({ name }) => groups.some((group) => group.name === name));
  return deployed.flatMap(({ vips }) => vips.map(({ address }) => address)) as unknown as readonly [string];
}

const VIPS_DEVICES = ['ens3', 'ens5', 'ens6'] as const;

function apiTrouble(chance: Chance, span: { at: number; until: number }, router: string): Fault {
  const trouble = chance.pick(TROUBLES);
  const probability = trouble === 'outage' || chance.happens(0.4) ? 1 : chance.between(0.2, 1);
  return { kind: 'api', ...span, trouble, probability, ...(chance.happens(0.6) && { router }) };
}
