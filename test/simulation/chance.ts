/** Chance that can be repeated: one seed gives one run, and no stream of it depends on how often another was asked. */
export interface Chance {
  /** 0 ≤ x < 1. */
  readonly next: () => number;
  between(least: number, most: number): number;
  /** 0 ≤ x < limit, whole. */
  below(limit: number): number;
  happens(probability: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
}

/** Mixes a text into 32 bits (FNV-1a with a final avalanche). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  value = Math.imul(value ^ (value >>> 12), 0x297a2d39);
  return (value ^ (value >>> 15)) >>> 0;
}

/** The generator is sfc32. */
export function createChance(seed: number, stream: string): Chance {
  let a = hash(`${stream} a ${seed}`);
  let b = hash(`${stream} b ${seed}`);
  let c = hash(`${stream} c ${seed}`);
  let counter = 1;

  function next(): number {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  }
  for (let round = 0; round < 12; round += 1) next();

  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    between: (least, most) => least + next() * (most - least),
    happens: (probability) => next() < probability,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
