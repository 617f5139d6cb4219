import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './duration.ts';

test.each([
  ['10ms', 10],
  ['200ms', 200],
  ['0s', 0],
  ['2s', 2000],
  ['40.95s', 40_950],
  ['0.25s', 250],
  ['1m', 60_000],
  ['1.5m', 90_000],
])('%s is %d ms', (text, duration) => {
  expect(parseDuration(text)).toBe(duration);
});

test.each(['', '5', 's', '1h', '-1s', '1 s', '1e3ms', '0.5ms', '1.s', '.5s', '1s1s', '1.2345s', '9999999999s'])(
  '%s is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined();
  },
);

test.each([
  [0, '0s'],
  [10, '10ms'],
  [1000, '1s'],
  [1005, '1005ms'],
  [40_950, '40.95s'],
  [60_000, '1m'],
  [90_000, '90s'],
])('%d ms is shown as %s, which reads back', (duration, text) => {
  expect(formatDuration(duration)).toBe(text);
  expect(parseDuration(text)).toBe(duration);
});
