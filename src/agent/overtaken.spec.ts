import { expect, it } from 'vitest';
import { settled } from '../../test/simulation/settled.ts';

const INTERVAL = 200;
/** How much later a datagram of the master arrives on one of its paths. */
const SLOWER = 60;

it.each([2, 3])('an advert that a resignation overtook makes nobody yield (%i routers)', async (routers) => {
  // Somewhere in an interval the last advert has not arrived yet.
  for (let after = 0; after < INTERVAL; after += SLOWER) {
    const delay = (router: string, _: Uint8Array, path: string) =>
      router === 'vrouter1' && path.endsWith('/1') ? SLOWER : 0;
    const cluster = await settled({ routers, latency: 100, delay });
    await cluster.run(after);
    const before = cluster.events.length;
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2 * INTERVAL);
    expect(cluster.masters()).toEqual(['vrouter2']);
    const changes = cluster.events.slice(before).filter(({ event }) => event.event === 'transition');
    expect(changes.map(({ router }) => router)).toEqual(['vrouter1', 'vrouter2']);
  }
});
