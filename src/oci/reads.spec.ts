import { expect, it } from 'vitest';
import { OciFault } from './errors.ts';
import { createReads } from './reads.ts';

/** A clock that sleeping moves, and a tenancy that refuses what comes before `servesAt`. */
function throttledUntil(servesAt: number, code: 'throttled' | 'server-error' = 'throttled') {
  const asked: number[] = [];
  let clock = 0;
  const reads = createReads({
    count: 1,
    patience: 10_000,
    now: () => clock,
    sleep: async (duration) => {
      clock += duration;
    },
    random: () => 1,
  });
  const work = async () => {
    asked.push(clock);
    if (clock < servesAt) throw new OciFault(code, 'not now');
    return 'served';
  };
  return { asked, read: () => reads(work) };
}

it('asks again after 429, each time later', async () => {
  const { asked, read } = throttledUntil(1_000);
  expect(await read()).toBe('served');
  expect(asked).toEqual([0, 250, 750, 1_750]);
});

it('gives up in time, with the refusal, and then no longer waits for anything', async () => {
  const { asked, read } = throttledUntil(Number.POSITIVE_INFINITY);
  await expect(read()).rejects.toMatchObject({ code: 'throttled' });
  expect(asked).toEqual([0, 250, 750, 1_750, 3_750, 7_750]);
  await expect(read()).rejects.toMatchObject({ code: 'throttled' });
  expect(asked.slice(6)).toEqual([7_750, 8_000, 8_500, 9_500]);
});

it('asks once when anything else fails', async () => {
  const { asked, read } = throttledUntil(1_000, 'server-error');
  await expect(read()).rejects.toMatchObject({ code: 'server-error' });
  expect(asked).toEqual([0]);
});

it('runs so many at a time, in their order, and one that fails gives its place on', async () => {
  const reads = createReads({
    count: 2,
    patience: 0,
    now: () => 0,
    sleep: async () => undefined,
    random: () => 1,
  });
  const started: number[] = [];
  const ends: ((failed: boolean) => void)[] = [];
  const all = [0, 1, 2, 3].map((number) =>
    reads(() => {
      started.push(number);
      return new Promise<void>((resolve, reject) => ends.push((failed) => (failed ? reject(new Error()) : resolve())));
    }),
  );
  const ended = Promise.allSettled(all);
  expect(started).toEqual([0, 1]);
  ends[1]?.(true);
  await new Promise(setImmediate);
  expect(started).toEqual([0, 1, 2]);
  ends[0]?.(false);
  await new Promise(setImmediate);
  expect(started).toEqual([0, 1, 2, 3]);
  for (const end of ends) end(false);
  expect((await ended).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
});
