import { expect, test } from 'vitest';
import { bucketsIn, bucketsOf, difference, histogramQuantile, together } from './histogram.ts';

const SCRAPED = `# TYPE lateness_seconds histogram
lateness_seconds_bucket{le="0.001"} 90
lateness_seconds_bucket{le="0.002"} 100
lateness_seconds_bucket{le="+Inf"} 100
lateness_seconds_sum 0.05
lateness_seconds_count 100
`;
const buckets = [
  { le: 0.001, count: 90 },
  { le: 0.002, count: 100 },
  { le: Infinity, count: 100 },
];

test('reads the buckets of a scrape', () => {
  expect(bucketsIn(SCRAPED, 'lateness_seconds')).toEqual(buckets);
});

test('reads the same out of samples', () => {
  const lines = SCRAPED.split('\n').filter((line) => line.startsWith('lateness'));
  const samples = new Map(lines.map((line) => [line.split(' ')[0] ?? '', Number(line.split(' ')[1])]));
  expect(bucketsOf(samples, 'lateness_seconds')).toEqual(buckets);
});

test('scrapes are subtracted and routers added bucket by bucket', () => {
  expect(difference(together(buckets, buckets), buckets)).toEqual(buckets);
});

test('a quantile lies within its bucket in proportion', () => {
  expect(histogramQuantile(buckets, 0.45)).toBeCloseTo(0.0005);
  expect(histogramQuantile(buckets, 0.95)).toBeCloseTo(0.0015);
});

test('beyond the last bound it is that bound, and nothing is nothing', () => {
  expect(
    histogramQuantile(
      [
        { le: 5, count: 1 },
        { le: Infinity, count: 100 },
      ],
      0.99,
    ),
  ).toBe(5);
  expect(histogramQuantile([], 0.99)).toBeNaN();
});
