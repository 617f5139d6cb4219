import { expect, test } from 'vitest';
import { createRecorder, quantile, summarize } from './figures.ts';

test('quantiles lie between the two nearest samples', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], 0.9)).toBe(10);
  expect(quantile([7], 0.9)).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});

test('a goal is for the median or for the worst', () => {
  const figure = { section: 'crash', what: 'first claim', unit: 'ms', samples: [1, 2, 9] } as const;
  expect(summarize(figure).reached).toBeUndefined();
  expect(summarize({ ...figure, goal: { of: 'median', limit: 2 } }).reached).toBe(true);
  expect(summarize({ ...figure, goal: { of: 'max', limit: 2 } }).reached).toBe(false);
  expect(summarize({ ...figure, goal: { of: 'min', limit: 1 } }).reached).toBe(true);
  expect(summarize({ ...figure, goal: { of: 'min', limit: 2 } }).reached).toBe(false);
});

test('figures keep the order in which they were first seen', () => {
  const recorder = createRecorder();
  const first = { section: 'crash', what: 'first claim', unit: 'ms' } as const;
  recorder.add(first, 2);
  recorder.add({ ...first, what: 'last claim' }, 5);
  recorder.add(first, 1);
  expect(recorder.figures()).toEqual([
    { ...first, samples: [2, 1] },
    { ...first, what: 'last claim', samples: [5] },
  ]);
});
