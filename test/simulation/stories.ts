import type { Chance } from './chance.ts';
import type { Fault } from './scenario.ts';

/** Faults that belong together: what chance alone would hardly ever put in this order. */
export function generateStory(chance: Chance, names: readonly [string, ...string[]]): readonly Fault[] {
  const at = Math.round(chance.between(40_000, 60_000));
  const router = chance.pick(names);
  const later = (least: number, most: number) => Math.round(at + chance.between(least, most));
  const story = chance.pick<() => readonly Fault[]>([
    // Whoever holds the VIPs dies while nobody hears it.
    () => [
      { kind: 'partition', from: router, oneWay: false, at, until: later(140_000, 180_000) },
      {
        kind: 'crash',
        router: chance.pick(names),
        networkLate: 0,
        at: later(15_000, 25_000),
        until: later(130_000, 180_000),
      },
    ],
    // The best router comes back and does not reach the API.
    () => [
      { kind: 'api', router, trouble: 'outage', probability: 1, at, until: later(150_000, 200_000) },
      { kind: 'restart', router, at: later(1000, 20_000), until: later(25_000, 50_000) },
      {
        kind: 'link',
        router: chance.pick(names),
        device: 'ens5',
        api: false,
        at: later(80_000, 90_000),
        until: later(91_000, 140_000),
      },
    ],
    // The API is away for everybody while a router starts into a network that is not there yet.
    () => [
      {
        kind: 'api',
        trouble: chance.pick(['outage', 'metadata', 'slow']),
        probability: 1,
        at,
        until: later(30_000, 60_000),
      },
      {
        kind: 'crash',
        router,
        networkLate: chance.between(500, 2500),
        at: later(0, 10_000),
        until: later(11_000, 25_000),
      },
    ],
    // A claim of a master that stands still arrives when another is master.
    () => [
      { kind: 'api', router, trouble: 'late-writes', probability: 1, at, until: later(20_000, 30_000) },
      { kind: 'crash', router: chance.pick(names), networkLate: 0, at: later(500, 2000), until: later(9000, 40_000) },
      { kind: 'stall', router, at: later(3000, 7000), until: later(8000, 30_000) },
    ],
    // Back and forth.
    () =>
      names.map((name, index) => ({
        kind: 'crash',
        router: name,
        networkLate: 0,
        at: at + index * 3000,
        until: later(20_000, 60_000),
      })),
  ]);
  return story();
}
