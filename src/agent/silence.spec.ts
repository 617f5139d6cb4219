import { describe, expect, it } from 'vitest';
import { ALL_ON_1, settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';
import { datagramKind } from '../dgram-vrrp/index.ts';

const INTERVAL = 200;

function withInterval(config: Config, interval: number): Config {
  const groups = config.groups.map((group) => ({ ...group, heartbeat: { ...group.heartbeat, interval } }));
  return { ...config, groups };
}

describe('a master that another router hears', () => {
  it('is not followed because one answer is lost', async () => {
    // Somewhere in the rhythm of questions, answers and the presence of each second.
    for (let after = 0; after < 1000; after += 50) {
      let isLost = false;
      const cluster = await settled({
        routers: 3,
        delay: (router, bytes) =>
          isLost && router === 'vrouter3' && datagramKind(bytes) === 'presence' ? Number.POSITIVE_INFINITY : 0,
      });
      cluster.cut('vrouter1', 'vrouter2');
      await cluster.run(5000 + after);
      isLost = true;
      await cluster.run(INTERVAL - 1);
      isLost = false;
      await cluster.run(5000);
      expect(cluster.masters()).toEqual(['vrouter1']);
      expect(cluster.cloud.moves).toEqual([]);
    }
  });
});

describe('a router that loses everybody', () => {
  it.each([INTERVAL, 5 * INTERVAL])('does not follow at an interval of its own either (%i ms)', async (interval) => {
    const cluster = await settled({
      routers: 3,
      configOf: (name, config) => (name === 'vrouter2' ? withInterval(config, interval) : config),
    });
    cluster.cut('vrouter2', 'vrouter1');
    cluster.cut('vrouter2', 'vrouter3');
    await cluster.run(30_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toEqual([]);
  });
});
