import { describe, expect, it } from 'vitest';
import { clampPriority, countResult, meansFault, NO_RESULT, pointsOf, type TrackerState } from './count.ts';

/** Results in a row (+ success, - failure), and the state after each (u unknown, U up, D down). */
const ROWS: readonly (readonly [name: string, fall: number, rise: number, results: string, states: string])[] = [
  ['the first result decides', 3, 2, '+', 'U'],
  ['the first result decides', 3, 2, '-', 'D'],
  ['fall', 3, 2, '+---', 'UUUD'],
  ['rise', 3, 2, '-++', 'DDU'],
  ['a success in between starts the failures anew', 3, 2, '+--+---', 'UUUUUUD'],
  ['a failure in between starts the successes anew', 3, 3, '-++-+++', 'DDDDDDU'],
  ['1 is at once', 1, 1, '+-+-', 'UDUD'],
  ['after a rise the failures count from none', 2, 2, '+--++-+--', 'UUDDUUUUD'],
];

const LETTERS: Record<TrackerState, string> = { unknown: 'u', up: 'U', down: 'D' };

function states(results: string, rule: Parameters<typeof countResult>[2]): string {
  let count = NO_RESULT;
  return [...results]
    .map((result) => {
      count = countResult(count, result === '+', rule);
      return LETTERS[count.state];
    })
    .join('');
}

describe('the count of a tracker', () => {
  it.each(ROWS)('%s (fall %i, rise %i): %s', (_, fall, rise, results, expected) => {
    expect(states(results, { fall, rise, lenient: false })).toBe(expected);
  });

  it('of one that a reload added begins with its first success', () => {
    expect(states('----+--', { fall: 2, rise: 2, lenient: true })).toBe('uuuuUUD');
  });
});

describe('what trackers mean for their group', () => {
  const all: readonly TrackerState[] = ['unknown', 'up', 'down'];
  it.each([
    ['fault', [false, false, true], [0, 0, 0]],
    [20, [false, false, false], [0, 20, 0]],
    [-20, [false, false, false], [0, 0, -20]],
    [0, [false, false, false], [0, 0, 0]],
  ] as const)('weight %s', (weight, faults, points) => {
    expect(all.map((state) => meansFault([{ state, weight }]))).toEqual(faults);
    expect(all.map((state) => pointsOf([{ state, weight }]))).toEqual(points);
  });

  it('weights add up, and the priority stays an ordinary one', () => {
    expect(
      pointsOf([
        { state: 'up', weight: 30 },
        { state: 'down', weight: -50 },
        { state: 'down', weight: 'fault' },
      ]),
    ).toBe(-20);
    expect([-100, 0, 1, 100, 254, 255, 400].map(clampPriority)).toEqual([1, 1, 1, 100, 254, 254, 254]);
  });
});
