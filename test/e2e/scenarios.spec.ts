/** Every scenario of the lab, as a test: the same code, the same checks. Several at once, each in namespaces of its own. */
import { existsSync } from 'node:fs';
import { beforeAll, test } from 'vitest';
import { BUILD } from '../lab/paths.ts';
import { failures } from '../lab/scenario.ts';
import { SCENARIOS } from '../lab/scenarios/index.ts';
import { performApart } from '../lab/side-by-side.ts';

beforeAll(() => {
  if (!existsSync(`${BUILD}/lab.js`)) throw new Error('there is no build/lab.js: npm run build -- --tests comes first');
});

for (const scenario of SCENARIOS) {
  test.concurrent(`${scenario.name}: ${scenario.title}`, async ({ expect }) => {
    const outcome = await performApart(scenario);
    expect(failures(outcome)).toEqual([]);
    expect(outcome.steps.length).toBe(scenario.steps.length);
  });
}
