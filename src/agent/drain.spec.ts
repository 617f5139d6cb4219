import { expect, it } from 'vitest';
import { ALL_ON_2, settled } from '../../test/simulation/settled.ts';
import type { LogEvent } from '../observe/index.ts';
import { drain } from './drain.ts';

const TIMEOUT = 10_000;
const STEP = 10;

/** Stops the master: what it logged, how long it took, and how many lists it asked for meanwhile. */
async function stopMaster(cluster: Awaited<ReturnType<typeof settled>>) {
  const startedAt = cluster.now();
  const events: LogEvent['event'][] = [];
  const waiting = new Set<{ readonly at: number; readonly resolve: () => void }>();
  let ended = false;
  const over = drain(cluster.router('vrouter1'), {
    timeout: TIMEOUT,
    now: cluster.now,
    delay: (after) => new Promise<void>((resolve) => waiting.add({ at: cluster.now() + after, resolve })),
    log: ({ event }) => events.push(event),
  }).then(() => {
    ended = true;
  });
  while (!ended) {
    await cluster.run(STEP);
    for (const wait of waiting) {
      if (wait.at > cluster.now()) continue;
      waiting.delete(wait);
      wait.resolve();
    }
    // What waited goes on before the clock does.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  await over;
  const lists = cluster.cloud.requests.filter(
    ({ at, router, operation }) => at >= startedAt && router === 'vrouter1' && operation === 'ListPrivateIps',
  );
  return { events, took: cluster.now() - startedAt, lists: lists.length };
}

it('a router that stops ends as soon as it sees that its VIPs have left', async () => {
  const cluster = await settled();
  const { events, took } = await stopMaster(cluster);
  expect(events).toEqual(['draining', 'drained']);
  expect(took).toBeLessThan(300);
  expect(cluster.holders()).toEqual(ALL_ON_2);
});

it('and where they do not leave, it looks once a second, so that a tenancy that throttles has room for the claims', async () => {
  const cluster = await settled();
  cluster.cloud.fail('vrouter2', 'throttled', 'UpdatePrivateIp');
  const { events, took, lists } = await stopMaster(cluster);
  expect(events).toEqual(['draining', 'drain-incomplete']);
  expect(took).toBeGreaterThanOrEqual(TIMEOUT);
  expect(took).toBeLessThan(TIMEOUT + 100);
  // Three subnets: once when it resigned, after 0.2, 0.6, 1.4 s, then each second, and once more by the conflict.
  expect(lists).toBeLessThanOrEqual(3 * 14);
});
