import { expect, test } from 'vitest';
import { sideBySide } from './side-by-side.ts';

/** Work that ends when it is told to. */
function gate() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    work: (item: string) =>
      new Promise<string>((resolve) => {
        begun.push(item);
        ends.set(item, () => resolve(item.toUpperCase()));
      }),
    async end(item: string) {
      ends.get(item)?.();
      // What follows is a chain of promises.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('so many at once, told as they end, answered in order', async () => {
  const { begun, work, end } = gate();
  const told: string[] = [];
  const done = sideBySide(['a', 'b', 'c', 'd'], 2, work, (result) => told.push(result));
  expect(begun).toEqual(['a', 'b']);
  await end('b');
  expect(begun).toEqual(['a', 'b', 'c']);
  await end('c');
  await end('d');
  expect(told).toEqual(['B', 'C', 'D']);
  await end('a');
  expect(told).toEqual(['B', 'C', 'D', 'A']);
  expect(await done).toEqual(['A', 'B', 'C', 'D']);
});

test('more workers than work', async () => {
  expect(
    await sideBySide(
      [1],
      3,
      async (item) => item + 1,
      () => {},
    ),
  ).toEqual([2]);
  expect(
    await sideBySide(
      [],
      3,
      async (item) => item,
      () => {},
    ),
  ).toEqual([]);
});
