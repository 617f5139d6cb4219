import { describe, expect, it } from 'vitest';
import { createCommandBook } from './command-book.ts';
import { NOTHING_SAVED, type SavedState } from './state-store.ts';

const STANDBY_3 = { router: 'vrouter3', on: true, id: 7 };

/** The book of vrouter1 in a cluster with these routers, and what it saved. */
function bookWith(routers: readonly string[], saved: SavedState = NOTHING_SAVED) {
  let state = saved;
  const store = {
    load: () => state,
    save(next: SavedState) {
      state = next;
    },
  };
  const book = createCommandBook({ store, self: 'vrouter1', routers, wall: () => 1000 });
  return { book, saved: () => state };
}

describe('commands that name a router which is not in the file', () => {
  const saved: SavedState = {
    holds: {
      isv: { target: 'vrouter3', origin: 'vrouter1', id: 5 },
      other: { target: null, origin: 'vrouter3', id: 6 },
    },
    standby: { isv: [STANDBY_3, { router: 'vrouter2', on: true, id: 8 }] },
    freeze: null,
  };

  it('are forgotten at start', () => {
    const { book } = bookWith(['vrouter1', 'vrouter2'], saved);
    expect(book.hold('isv')).toBe(null);
    expect(book.inStandby('isv', 'vrouter3')).toBe(false);
    expect(book.standby('isv')).toEqual([{ router: 'vrouter2', on: true, id: 8 }]);
    expect(book.hold('other')).toEqual({ target: null, origin: 'vrouter3', id: 6 });
  });

  it('are not learned from a peer with another file', () => {
    const { book, saved: savedNow } = bookWith(['vrouter1', 'vrouter2']);
    expect(book.mergeStandby('isv', [STANDBY_3])).toBe(false);
    expect(book.mergeHold('isv', { target: 'vrouter3', origin: 'vrouter2', id: 9 })).toBe(false);
    expect(book.standby('isv')).toEqual([]);
    expect(savedNow()).toEqual(NOTHING_SAVED);
  });

  it('are kept as long as it is', () => {
    const { book } = bookWith(['vrouter1', 'vrouter2', 'vrouter3'], saved);
    expect(book.hold('isv')?.target).toBe('vrouter3');
    expect(book.inStandby('isv', 'vrouter3')).toBe(true);
  });
});

describe('a group that is called as something every object has', () => {
  it.each(['constructor', 'toString'])('has no command before one was given: %s', (group) => {
    const { book } = bookWith(['vrouter1', 'vrouter2']);
    expect(book.hold(group)).toBe(null);
    expect(book.standby(group)).toEqual([]);
    expect(book.inStandby(group, 'vrouter1')).toBe(false);
    expect(book.mergeHold(group, { target: 'vrouter2', origin: 'vrouter2', id: 9 })).toBe(true);
    book.giveStandby(group, 'vrouter2', true);
    expect(book.inStandby(group, 'vrouter2')).toBe(true);
    expect(book.hold(group)?.target).toBe('vrouter2');
  });
});
