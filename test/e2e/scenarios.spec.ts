/** Every scenario of the lab, as a test: the same code, the same checks. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { perform } from '../lab/perform.ts';
import { failures } from '../lab/scenario.ts';
import { SCENARIOS } from '../lab/scenarios/index.ts';
import { claimMachine } from './machine.ts';

let release: () => void;

beforeAll(async () => {
  release = await claimMachine();
});

afterAll(() => release?.());

for (const scenario of SCENARIOS) {
  test(`${scenario.name}: ${scenario.title}`, async () => {
    const outcome = await perform(scenario);
    expect(failures(outcome)).toEqual([]);
    expect(outcome.steps.length).toBe(scenario.steps.length);
  });
}
