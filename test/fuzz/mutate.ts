/** What damage or malice makes of a datagram. Never answers the datagram as it was. */
import type { Random } from './random.ts';

/** A datagram with its trailer, and the same without its signature being touched. */
export type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array;

/** Values on which length fields and counters trip. */
const EDGES: readonly [number, ...number[]] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
/** More than any datagram that is meant. */
const LONGEST = 1500;
const TRAILER = 28;

const flipBits: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  for (let count = 1 + random.below(4); count > 0; count -= 1) {
    const index = random.below(copy.length);
    copy[index] = (copy[index] ?? 0) ^ (1 << random.below(8));
  }
  return copy;
};

const setEdge: Mutation = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  // Headers are where lengths and kinds stand.
  const index = random.chance(0.5) ? random.below(Math.min(copy.length, 24)) : random.below(copy.length);
  copy[index] = random.pick(EDGES);
  return copy;
};

const truncate: Mutation = (bytes, random) => bytes.slice(0, random.below(bytes.length));

const extend: Mutation = (bytes, random) => {
  const more = random.bytes(1 + random.below(Math.max(1, LONGEST - bytes.length)));
  return Uint8Array.from([...bytes, ...more]);
};

const cutOut: Mutation = (bytes, random) => {
  const start = random.below(bytes.length);
  const end = start + 1 + random.below(bytes.length - start);
  return Uint8Array.from([...bytes.subarray(0, start), ...bytes.subarray(end)]);
};

const repeatPart: Mutation = (bytes, random) => {
  const start = random.below(bytes.length);
  const end = start + 1 + random.below(Math.min(64, bytes.length - start));
  return Uint8Array.from([...bytes.subarray(0, end), ...bytes.subarray(start, end), ...bytes.subarray(end)]);
};

const withoutTrailer: Mutation = (bytes) => bytes.slice(0, Math.max(0, bytes.length - TRAILER));

const noise: Mutation = (_, random) => {
  const bytes = random.bytes(random.below(LONGEST));
  // Half of it looks like something up to its first byte.
  if (bytes.length > 1 && random.chance(0.5)) bytes[0] = random.pick([0x31, 0x21, 0xf1]);
  return bytes;
};

const ALL: readonly [Mutation, ...Mutation[]] = [
  flipBits,
  flipBits,
  setEdge,
  setEdge,
  truncate,
  extend,
  cutOut,
  repeatPart,
  withoutTrailer,
  noise,
];

const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, index) => byte === other[index]);

/** One mutation, now and then several on top of each other. */
export function mutate(original: Uint8Array, random: Random): Uint8Array {
  for (;;) {
    let bytes = original;
    do bytes = bytes.length === 0 ? noise(bytes, random) : random.pick(ALL)(bytes, random);
    while (random.chance(0.2));
    if (!same(bytes, original)) return bytes;
  }
}
