/** What failoverd's routers and the one of keepalived say of themselves, compared with what a test wants. */
import { expect } from 'vitest';
import { until } from '../lab/clock.ts';
import type { Keepalived } from '../lab/keepalived.ts';
import type { Lab } from '../lab/lab.ts';

export interface Theirs {
  readonly router: string;
  readonly keepalived: Keepalived;
}

/** Waits for a state of each group on each router, written `GROUP ROUTER STATE`; keepalived's is what it logged last. */
export async function agree(
  lab: Lab,
  { router: theirs, keepalived }: Theirs,
  wanted: readonly string[],
  patience: number,
): Promise<void> {
  let found: readonly string[] = [];
  await until(
    async () => {
      const statuses = new Map(
        await Promise.all(lab.running().map(async (name) => [name, await lab.status(name)] as const)),
      );
      found = wanted.map((line) => {
        const [group = '', router = ''] = line.split(' ');
        const state =
          router === theirs
            ? keepalived.state(group)?.toLowerCase()
            : statuses.get(router)?.groups.find(({ name }) => name === group)?.state;
        return `${group} ${router} ${state}`;
      });
      return found.join() === wanted.join();
    },
    patience,
    100,
  );
  const alarms = (await Promise.all(lab.running().map(async (name) => (await lab.status(name))?.alarms))).flat();
  expect(found, alarms.join('\n')).toEqual(wanted);
}

/**
 * keepalived found no mistake in any advert, and received some of these instances: those that somebody else was master of
 * while it ran. A master whom nobody contests hears nothing.
 */
export async function noErrors(keepalived: Keepalived, heard: readonly string[]): Promise<void> {
  const counters = await keepalived.counters();
  for (const name of heard) expect(counters.get(name)?.received, `adverts that ${name} received`).toBeGreaterThan(0);
  for (const [name, { errors }] of counters) {
    expect(
      Object.entries(errors).filter(([, count]) => count > 0),
      `keepalived's errors of ${name}`,
    ).toEqual([]);
  }
}
