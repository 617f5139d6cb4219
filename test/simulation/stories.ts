import type { Chance } from './chance.ts';
import type { Fault, GroupScenario } from './scenario.ts';

/** What a story may be told about. */
export interface Cast {
  readonly names: readonly [string, ...string[]];
  readonly interval: number;
  readonly groups: readonly GroupScenario[];
}

/** Faults that belong together: what chance alone would hardly ever put in this order. */
export function generateStory(chance: Chance, cast: Cast): readonly Fault[] {
  const { names, groups } = cast;
  const at = Math.round(chance.between(40_000, 60_000));
  const router = chance.pick(names);
  const master = mostLikelyMaster(groups[0], names);
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
    () => deafBoot(chance, cast, at),
    () => deafBoot(chance, cast, at),
    // A claim of a master that stands still arrives when another is master, or it is master again.
    () => [
      {
        kind: 'api',
        router,
        trouble: chance.pick(['late-writes', 'held-writes']),
        probability: 1,
        at,
        until: later(20_000, 30_000),
      },
      { kind: 'crash', router: chance.pick(names), networkLate: 0, at: later(500, 2000), until: later(9000, 40_000) },
      { kind: 'stall', router, paused: false, at: later(3000, 7000), until: later(8000, 30_000) },
    ],
    // The master stands still across a takeover and goes on with what it was about to do.
    () => [
      { kind: 'stall', router: master, paused: chance.happens(0.5), at, until: later(300, 15_000) },
      { kind: 'stall', router: master, paused: false, at: later(15_500, 20_000), until: later(20_500, 40_000) },
    ],
    // The old master does not reach the API any more, and nobody hears it.
    () => [
      { kind: 'api', router: master, trouble: 'outage', probability: 1, at, until: later(30_000, 120_000) },
      {
        kind: 'partition',
        from: master,
        oneWay: chance.happens(0.3),
        at: later(100, 8000),
        until: later(9000, 90_000),
      },
    ],
    // Somebody works in the console while routers come and go.
    () => [
      { kind: 'freeze', on: chance.pick(names), at, until: later(30_000, 60_000) },
      { kind: 'crash', router: master, networkLate: 0, at: later(2000, 10_000), until: later(12_000, 70_000) },
      { kind: 'partition', from: router, oneWay: false, at: later(12_000, 30_000), until: later(31_000, 70_000) },
    ],
    // Only the routers' word to each other is lost, one way.
    () => [
      { kind: 'partition', from: master, oneWay: true, at, until: later(20_000, 90_000) },
      {
        kind: 'api',
        trouble: chance.pick(['lag', 'lost-answers', 'conflicts']),
        probability: 1,
        at: later(-3000, 3000),
        until: later(5000, 30_000),
      },
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

/**
 * A router boots, and its network is there only when a master down interval is over, but not yet the listening; and it
 * cannot ask OCI either, so that nothing but the listening keeps it back.
 */
function deafBoot(chance: Chance, { names, interval }: Cast, at: number): readonly Fault[] {
  const router = chance.pick(names);
  const until = Math.round(at + chance.between(15_000, 25_000));
  // Later than any master down interval, sooner than the shortest listening of a router that is ready all the same.
  const deaf = chance.between(4 * interval, 3.2 * interval + 1900);
  return [
    {
      kind: 'api',
      ...(chance.happens(0.8) && { router }),
      trouble: chance.pick(['outage', 'outage', 'metadata']),
      probability: 1,
      at,
      until: Math.round(until + chance.between(10_000, 60_000)),
    },
    {
      kind: 'crash',
      router,
      networkLate: Math.round(deaf),
      at: Math.round(at + chance.between(0, 10_000)),
      until,
    },
  ];
}

function mostLikelyMaster(group: GroupScenario | undefined, names: Cast['names']): string {
  const priority = (name: string) => group?.priority[name] ?? 0;
  return names.toSorted((a, b) => priority(b) - priority(a))[0] ?? names[0];
}
