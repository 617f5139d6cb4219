import { describe, expect, it } from 'vitest';
import { createHistory } from './history.ts';

const transition = { time: 0, group: 'isv', from: 'backup', to: 'master', reason: 'no-response' } as const;

describe('history', () => {
  it('keeps the transitions with the time each VIP took, oldest first', () => {
    const history = createHistory();
    history.transition({
      ...transition,
      vips: [
        { address: 'a', held: false },
        { address: 'b', held: true },
      ],
    });
    history.held('isv', 'a', 12);
    history.transition({
      ...transition,
      time: 1000,
      from: 'master',
      to: 'fault',
      reason: 'fault',
      vips: [{ address: 'a', held: true }],
    });
    expect(history.entries()).toEqual([
      {
        time: '1970-01-01T00:00:00.000Z',
        group: 'isv',
        from: 'backup',
        to: 'master',
        reason: 'no-response',
        claims: [
          { address: 'a', heldAfter: 12 },
          { address: 'b', heldAfter: 0 },
        ],
      },
      { time: '1970-01-01T00:00:01.000Z', group: 'isv', from: 'master', to: 'fault', reason: 'fault', claims: [] },
    ]);
  });

  it('counts a VIP for the last mastership only, and only the first time', () => {
    const history = createHistory();
    history.transition({ ...transition, vips: [{ address: 'a', held: false }] });
    history.transition({ ...transition, vips: [{ address: 'a', held: false }] });
    history.held('isv', 'a', 5);
    history.held('isv', 'a', 500);
    expect(history.entries().map(({ claims }) => claims)).toEqual([
      [{ address: 'a', heldAfter: null }],
      [{ address: 'a', heldAfter: 5 }],
    ]);
  });

  it('answers the last ones and forgets the oldest', () => {
    const history = createHistory();
    for (let index = 0; index < 600; index += 1) history.transition({ ...transition, time: index, vips: [] });
    expect(history.entries()).toHaveLength(500);
    expect(history.entries(2).map(({ time }) => Date.parse(time))).toEqual([598, 599]);
  });
});
