import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSequencer, isAfter, leadOf, sequenceAt } from './sequence.ts';

describe('sequence numbers', () => {
  it('are seconds, binary fraction and counter', () => {
    expect(sequenceAt(0)).toBe(0n);
    expect(sequenceAt(1000)).toBe(0x0000_0001_0000_0000n);
    // The image in the draft's appendix: 1744830464 s and a half.
    expect(sequenceAt(1_744_830_464_500)).toBe(0x6800_0000_8000_0000n);
    expect(sequenceAt(0.25)).toBe(16n << 16n);
  });

  it('compare as serial numbers, across the wrap in 2106', () => {
    const beforeWrap = sequenceAt((2 ** 32 - 1) * 1000);
    const afterWrap = sequenceAt(2 ** 32 * 1000);
    expect(afterWrap).toBe(0n);
    expect(isAfter(afterWrap, beforeWrap)).toBe(true);
    expect(isAfter(beforeWrap, afterWrap)).toBe(false);
    expect(isAfter(beforeWrap, beforeWrap)).toBe(false);
    expect(leadOf(afterWrap, (2 ** 32 - 1) * 1000)).toBe(1000);
  });

  it('tell how far their clock is ahead', () => {
    const time = 1_744_830_464_500;
    expect(leadOf(sequenceAt(time), time)).toBe(0);
    expect(leadOf(sequenceAt(time + 5000), time)).toBe(5000);
    expect(leadOf(sequenceAt(time - 86_400_000), time)).toBe(-86_400_000);
  });
});

describe('a sequencer', () => {
  function sequencerAt(times: number[]) {
    return createSequencer(() => times.shift() ?? 0);
  }

  it('follows the clock', () => {
    const sequencer = sequencerAt([1000, 2000]);
    expect([sequencer.next(), sequencer.next()]).toEqual([1n << 32n, 2n << 32n]);
  });

  it('counts within an instant', () => {
    const sequencer = sequencerAt([1000, 1000, 1000]);
    expect([sequencer.next(), sequencer.next(), sequencer.next()]).toEqual([
      1n << 32n,
      (1n << 32n) + 1n,
      (1n << 32n) + 2n,
    ]);
  });

  it('counts on while the clock is behind', () => {
    const sequencer = sequencerAt([5000, 1000, 5000, 6000]);
    expect([sequencer.next(), sequencer.next(), sequencer.next(), sequencer.next()]).toEqual([
      5n << 32n,
      (5n << 32n) + 1n,
      (5n << 32n) + 2n,
      6n << 32n,
    ]);
  });

  it('grows strictly, whatever the clock does within its range', () => {
    const clock = fc.array(fc.double({ min: 0, max: 4_000_000_000_000 / 2, noNaN: true }), { minLength: 2 });
    fc.assert(
      fc.property(clock, (times) => {
        const sequencer = sequencerAt([...times]);
        let last = sequencer.next();
        for (let index = 1; index < times.length; index++) {
          const next = sequencer.next();
          expect(isAfter(next, last)).toBe(true);
          last = next;
        }
      }),
    );
  });
});
