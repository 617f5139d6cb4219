import { expect, test } from 'vitest';
import { createFlow } from './flow.ts';

/** Probes at 0, 10, 20, … ms; `lost` never come back. */
function flowWithout(count: number, lost: readonly number[]) {
  const flow = createFlow('mgmt to cust1');
  for (let index = 0; index < count; index += 1) {
    const sequence = flow.send(index * 10);
    if (!lost.includes(index)) flow.receive(sequence);
  }
  return flow;
}

test('nothing lost is no outage', () => {
  const report = flowWithout(5, []).report(0, 100);
  expect(report).toEqual({ flow: 'mgmt to cust1', sent: 5, lost: 0, longest: null, lastAnswered: 40 });
});

test('the longest of several outages is told, from its first lost probe to the next answered one', () => {
  const report = flowWithout(10, [1, 4, 5, 6]).report(0, 100);
  expect(report.lost).toBe(4);
  expect(report.longest).toEqual({ start: 40, end: 70 });
});

test('an outage that does not end has no end', () => {
  const report = flowWithout(10, [1, 8, 9]).report(0, 100);
  expect(report.longest).toEqual({ start: 80, end: null });
  expect(report.lastAnswered).toBe(70);
});

test('probes outside the time asked for do not count', () => {
  const report = flowWithout(10, [0, 1, 9]).report(15, 85);
  expect(report).toMatchObject({ sent: 7, lost: 0, longest: null });
});

test('answers to numbers never sent are ignored', () => {
  const flow = createFlow('f');
  flow.receive(3);
  flow.send(0);
  expect(flow.report(0, 10).lost).toBe(1);
});
