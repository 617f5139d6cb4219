import { describe, expect, it } from 'vitest';
import { createChance } from './chance.ts';
import { generateScenario } from './generate.ts';
import { runBatch } from './jobs.ts';
import { run } from './run.ts';
import type { Fault, Scenario } from './scenario.ts';
import { shrink } from './shrink.ts';

const TRUE_CLOCK = { ahead: 0, rate: 0, drift: 0 };

/** Two routers, both well, and what happens to them. */
function scenario(...faults: readonly Fault[]): Scenario {
  return {
    seed: 1,
    routers: 2,
    interval: 1000,
    signed: false,
    coded: true,
    older: [],
    listed: true,
    groups: [
      { name: 'isv', priority: { vrouter1: 200, vrouter2: 100 }, preempt: true, preemptDelay: 0, holder: 'vrouter1' },
    ],
    verifyInterval: 10_000,
    addressed: true,
    startAt: { vrouter1: 0, vrouter2: 100 },
    clocks: { vrouter1: TRUE_CLOCK, vrouter2: TRUE_CLOCK },
    loss: 0,
    throttle: 0,
    patient: true,
    faults,
  };
}

/** The same with a third one. */
function ofThree(...faults: readonly Fault[]): Scenario {
  const two = scenario(...faults);
  const groups = two.groups.map((group) => ({ ...group, priority: { ...group.priority, vrouter3: 50 } }));
  const vrouter3 = TRUE_CLOCK;
  return {
    ...two,
    routers: 3,
    groups,
    startAt: { ...two.startAt, vrouter3: 200 },
    clocks: { ...two.clocks, vrouter3 },
  };
}

const PARTITION = { kind: 'partition', from: 'vrouter1', oneWay: false, at: 25_000, until: 60_000 } as const;

describe('the simulation', () => {
  it('is the same run for the same seed', async () => {
    for (const seed of [11, 12, 13]) {
      const first = await run(generateScenario(seed), { traced: true });
      const second = await run(generateScenario(seed), { traced: true });
      expect(second.lines).toEqual(first.lines);
      expect(second.fingerprint).toBe(first.fingerprint);
    }
  });

  it('does not depend on whether presence is coded and signatures are real', async () => {
    for (const seed of [21, 22, 23]) {
      for (const signed of [false, true]) {
        const plain = { ...generateScenario(seed), signed };
        const coded = await run({ ...plain, coded: true });
        const whole = await run({ ...plain, coded: false });
        expect(whole.fingerprint).toBe(coded.fingerprint);
      }
    }
  });

  it('moves nothing where nothing happens', async () => {
    const outcome = await run(scenario());
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBeUndefined();
  });

  it('sees a full partition cost one move, and its healing one more', async () => {
    const outcome = await run(scenario(PARTITION));
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBe(6);
  });

  it('sees a backup whose machine paused take nothing over', async () => {
    for (const until of [27_200, 27_755, 28_400, 28_900]) {
      const pause: Fault = { kind: 'stall', router: 'vrouter2', paused: true, at: 25_000, until };
      const outcome = await run(scenario(pause));
      expect(outcome.violation).toBeUndefined();
      expect(outcome.counts['moves']).toBeUndefined();
      const { violation } = await run(scenario(pause), { mutation: 'stall' });
      expect(violation?.invariant).toBe(until < 27_700 ? undefined : 'mastership-without-reason');
    }
  });

  it('sees the same where adverts are so close together that the pause is over between two presences', async () => {
    const pause: Fault = { kind: 'stall', router: 'vrouter2', paused: true, at: 25_000, until: 25_724 };
    const startAt = { vrouter1: 1094, vrouter2: 1592 };
    const outcome = await run({ ...scenario(pause), seed: 5863, interval: 200, startAt });
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBeUndefined();
  });

  it('sees a rival asked what it holds before anything is taken from it: one move there, none back', async () => {
    const short: Fault = { kind: 'partition', from: 'vrouter2', oneWay: false, at: 25_000, until: 26_378 };
    const [group] = scenario().groups;
    const groups = group === undefined ? [] : [{ ...group, name: 'dmz', preempt: false }];
    const outcome = await run({ ...scenario(short), seed: 553, interval: 200, groups });
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBe(2);
  });

  it('sees a better router take over from the one that a master named which had not heard it since a partition', async () => {
    const deaf = {
      kind: 'partition',
      from: 'vrouter2',
      to: 'vrouter1',
      oneWay: true,
      at: 25_000,
      until: 30_869,
    } as const;
    const outcome = await run(ofThree(deaf, { kind: 'restart', router: 'vrouter1', at: 31_000, until: 60_000 }));
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBe(9);
    const later = await run(ofThree(deaf, { kind: 'restart', router: 'vrouter1', at: 33_000, until: 60_000 }));
    expect(later.violation).toBeUndefined();
    expect(later.counts['moves']).toBe(6);
  });

  it('sees a lock that was put where the master hears nobody follow the election, and come back with the healing', async () => {
    const astray = { kind: 'console', vip: '172.20.136.132', to: 'vrouter2', at: 25_000, until: 25_000 } as const;
    const outcome = await run(ofThree(astray, { ...PARTITION, to: 'vrouter2', at: 26_017, until: 60_000 }));
    expect(outcome.violation).toBeUndefined();
    expect(outcome.counts['moves']).toBeGreaterThan(3);
  });

  it('notices a rule that is missing, and finds the fault that shows it', async () => {
    const clock: Fault = { kind: 'clock', router: 'vrouter2', ahead: 9000, at: 24_000, until: 24_000 };
    const { scenario: smallest, outcome } = await shrink(scenario(clock, PARTITION), 'lock');
    expect(outcome.violation?.invariant).toBe('move-without-reason');
    expect(smallest.faults.map(({ kind }) => kind)).toEqual(['partition']);
    expect(outcome.lines.at(-1)).toContain('VIOLATION');
  });

  it('passes some seeds; scripts/simulate runs many', { timeout: 120_000 }, async () => {
    const { failures } = await runBatch({ from: 1, seeds: 100 });
    expect(failures).toEqual([]);
  });
});

describe('chance', () => {
  it('is even, and the same for the same seed and stream', () => {
    const chance = createChance(7, 'a');
    const drawn = Array.from({ length: 10_000 }, chance.next);
    const mean = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
    expect(Array.from({ length: 3 }, createChance(7, 'a').next)).toEqual(drawn.slice(0, 3));
    expect(createChance(7, 'b').next()).not.toBe(drawn[0]);
  });
});
