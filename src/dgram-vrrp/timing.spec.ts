import { describe, expect, it } from 'vitest';
import { masterDownInterval, skewTime, type TimerParameters } from './timing.ts';

type Row = readonly [id: string, parameters: TimerParameters, skew: number, down: number];

const rows: readonly Row[] = [
  ['TMR-p100-i100', { version: 3, priority: 100, interval: 1000 }, 609.375, 3609.375],
  ['TMR-p254-i100', { version: 3, priority: 254, interval: 1000 }, 7.8125, 3007.8125],
  ['TMR-p1-i100', { version: 3, priority: 1, interval: 1000 }, 996.09375, 3996.09375],
  ['TMR-p255-i100', { version: 3, priority: 255, interval: 1000 }, 3.90625, 3003.90625],
  ['TMR-p100-i10', { version: 3, priority: 100, interval: 100 }, 60.9375, 360.9375],
  ['TMR-p200-i4095', { version: 3, priority: 200, interval: 40_950 }, 8957.8125, 131_807.8125],
  ['TMR-v2-p100', { version: 2, priority: 100, interval: 5000 }, 609.375, 15_609.375],
  // The intervals of the conformance rows for the backup state.
  ['BAK-05', { version: 3, priority: 100, interval: 4000 }, 2437.5, 14_437.5],
  ['BAK-18', { version: 3, priority: 200, interval: 4000 }, 875, 12_875],
];

describe('skew time and master down interval', () => {
  it.each(rows)('%s', (_id, parameters, skew, down) => {
    expect(skewTime(parameters)).toBe(skew);
    expect(masterDownInterval(parameters)).toBe(down);
  });
});
