import { describe, expect, it } from 'vitest';
import { settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';
import { datagramKind } from '../dgram-vrrp/index.ts';

const INTERVAL = 200;
/** How much later a datagram of the master arrives on one of its paths. */
const SLOWER = 60;

/** Without signatures an advert bears no number, so that nothing but time and presence tell what was sent first. */
function signed(config: Config, isSigned: boolean): Config {
  const mode = isSigned ? ('enforce' as const) : ('none' as const);
  const withMode = <T extends { readonly auth: Config['heartbeat']['auth'] }>(heartbeat: T): T => ({
    ...heartbeat,
    auth: { ...heartbeat.auth, mode },
  });
  const groups = config.groups.map((group) => ({ ...group, heartbeat: withMode(group.heartbeat) }));
  return { ...config, heartbeat: withMode(config.heartbeat), groups };
}

/** A settled cluster in which one path of vrouter1 is slower than the other, and all its presence is as late as told. */
async function withSlowPath(options: {
  routers: number;
  isSigned: boolean;
  slower: number;
  presence?: number;
  onlyResignations?: boolean;
}) {
  const { routers, isSigned, slower, presence = 0, onlyResignations = false } = options;
  return settled({
    routers,
    latency: 100,
    configOf: (_, config) => signed(config, isSigned),
    delay(router, bytes, path) {
      if (router !== 'vrouter1') return 0;
      const least = datagramKind(bytes) === 'presence' ? presence : 0;
      if (!path.endsWith('/1')) return least;
      const isLost = onlyResignations && bytes[2] !== 0;
      return isLost ? Number.POSITIVE_INFINITY : Math.max(slower, least);
    },
  });
}

type Cluster = Awaited<ReturnType<typeof settled>>;

const transitionsSince = (cluster: Cluster, from: number) =>
  cluster.events.slice(from).flatMap(({ router, event }) => (event.event === 'transition' ? [router] : []));

/** vrouter1 hands over to vrouter2, which hands back within one interval: vrouter3 takes no part in it. */
async function resignsAndIsNamed(options: {
  isSigned: boolean;
  slower: number;
  presence?: number;
  onlyResignations?: boolean;
}): Promise<void> {
  const cluster = await withSlowPath({ routers: 3, ...options });
  const before = cluster.events.length;
  cluster.router('vrouter1').switchover.failover({});
  await cluster.run(20);
  cluster.router('vrouter2').resign();
  await cluster.run(2 * INTERVAL);
  expect(cluster.masters()).toEqual(['vrouter1']);
  expect(transitionsSince(cluster, before)).not.toContain('vrouter3');
}

describe.each([true, false])('with signatures: %s', (isSigned) => {
  it.each([2, 3])('an advert that a resignation overtook makes nobody yield (%i routers)', async (routers) => {
    // Somewhere in an interval the last advert has not arrived yet.
    for (let after = 0; after < INTERVAL; after += SLOWER) {
      const cluster = await withSlowPath({ routers, isSigned, slower: SLOWER });
      await cluster.run(after);
      const before = cluster.events.length;
      cluster.router('vrouter1').switchover.failover({});
      await cluster.run(2 * INTERVAL);
      expect(cluster.masters()).toEqual(['vrouter2']);
      expect(transitionsSince(cluster, before)).toEqual(['vrouter1', 'vrouter2']);
    }
  });

  // What it says beside its adverts comes before them or after.
  it.each([0, 10])('a router that resigned a moment ago and is master again is heard (%i ms)', (presence) =>
    resignsAndIsNamed({ isSigned, slower: 0, presence }),
  );
});

it('a resignation that comes after the adverts of the next mastership is not followed', () =>
  // Early enough that the skew time is over before the next advert, and nothing later comes on its path.
  resignsAndIsNamed({ isSigned: true, slower: 30, onlyResignations: true }));

it('what a router said before, on a slower path, is not what it says', async () => {
  const cluster = await withSlowPath({ routers: 2, isSigned: false, slower: SLOWER });
  cluster.router('vrouter1').switchover.failover({});
  await cluster.run(SLOWER / 2);
  const stateOf1 = () =>
    cluster
      .router('vrouter2')
      .status()
      .routers.find(({ name }) => name === 'vrouter1')?.groups?.[0]?.state;
  const told: unknown[] = [];
  for (let at = 0; at < SLOWER; at += 5) {
    await cluster.run(5);
    told.push(stateOf1());
  }
  expect(new Set(told)).toEqual(new Set(['backup']));
});
