import { expect, test } from 'vitest';
import { createPaint, renderScenario, renderSummary } from './report.ts';
import type { ScenarioOutcome } from './scenario.ts';

const OUTCOME: ScenarioOutcome = {
  name: 'crash',
  title: "The master's daemon crashes.",
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1',
      measures: { faultAt: 1000, firstAdvert: 1600.25, firstClaim: 1601, lastHeld: 1602.5 },
      timeline: [
        { at: 900, text: 'vrouter1: last advert on the wire before it' },
        { at: 1000, text: 'SIGKILL to failoverd on vrouter1' },
        { at: 1602.5, text: '10.0.0.4 is on vrouter2' },
      ],
      vips: [{ address: '10.0.0.4', from: 'vrouter1', holder: 'vrouter2', moves: 1, heldAt: 1602.5 }],
      flows: [
        { flow: 'mgmt to cust1', sent: 400, lost: 300, outage: 602 },
        { flow: 'mgmt to cust2', sent: 400, lost: 100, outage: Number.POSITIVE_INFINITY },
      ],
      checks: [{ what: 'each VIP moved once', ok: true, detail: '1 VIPs' }],
    },
  ],
  checks: [],
};

test('a scenario as a person sees it', () => {
  expect(renderScenario(OUTCOME, createPaint(false))).toBe(`── crash: The master's daemon crashes.

    -100.0 ms  vrouter1: last advert on the wire before it
       0.0 ms  SIGKILL to failoverd on vrouter1
     602.5 ms  10.0.0.4 is on vrouter2

    VIP        was on     is on      moves   held after
    10.0.0.4   vrouter1   vrouter2       1     602.5 ms

    packets         sent   lost   longest outage
    mgmt to cust1    400    300         602.0 ms
    mgmt to cust2    400    100        still out

    ✓ each VIP moved once: 1 VIPs

   passed: crash
`);
});

test('the summary names what failed, and ends with the totals', () => {
  const broken: ScenarioOutcome = { name: 'stop', title: '', steps: [], checks: [], error: 'the lab did not come up' };
  const lines = renderSummary([OUTCOME, broken], createPaint(false)).split('\n');
  expect(lines).toContain('  ✗ the lab did not come up');
  expect(lines.at(-1)).toBe('1 passed, 1 failed');
});

test('a long line is cut at the width of the terminal', () => {
  const text = renderScenario(OUTCOME, createPaint(false, 40));
  expect(text).toContain('    -100.0 ms  vrouter1: last advert on…\n');
});
