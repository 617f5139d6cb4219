/** A short run of `scripts/fuzz`. */
import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { createRandom } from './random.ts';

const DATAGRAMS = 200_000;

test('damaged datagrams are counted and change nothing', async () => {
  const { failures, rejected, signed } = await fuzz({ datagrams: DATAGRAMS, seed: 1 });
  expect(failures).toEqual([]);
  expect(signed).toBeGreaterThan(DATAGRAMS / 20);
  // Every way of being wrong that a stranger can bring about.
  for (const reason of ['checksum', 'bad-hmac', 'truncated', 'version', 'presence-length', 'presence-malformed']) {
    expect(rejected.get(reason), reason).toBeGreaterThan(0);
  }
}, 120_000);

test('the same seed makes the same datagrams, and none is the original', () => {
  const original = new Uint8Array(60).map((_, index) => index);
  const make = (seed: number): string[] => {
    const random = createRandom(seed);
    return Array.from({ length: 2_000 }, () => Buffer.from(mutate(original, random)).toString('hex'));
  };
  expect(make(7)).toEqual(make(7));
  expect(make(7)).not.toEqual(make(8));
  expect(make(7)).not.toContain(Buffer.from(original).toString('hex'));
});
