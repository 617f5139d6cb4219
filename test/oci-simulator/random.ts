/** Seeded randomness: the same seed and order of requests give the same latencies and faults. */
import type { Latency } from './types.ts';

/** Uniform in [0, 1). */
export type Random = () => number;

/** The mulberry32 generator. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263;

/** Draws a latency in ms. */
export function drawLatency(latency: Latency | undefined, random: Random): number {
  if (latency === undefined) return 0;
  if (typeof latency === 'number') return latency;
  if (latency.kind === 'uniform') return latency.min + random() * (latency.max - latency.min);
  // Box-Muller; 1 - random() keeps the logarithm finite.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const sigma = Math.log(latency.p99 / latency.median) / Z99;
  return Math.min(latency.median * Math.exp(sigma * normal), latency.max ?? Number.POSITIVE_INFINITY);
}
