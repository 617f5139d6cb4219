import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import type { Config } from '../config/index.ts';

const FORGOTTEN = '10.0.0.99';

/** The file names a VIP that nobody has made in OCI yet. */
const configOf = (_: string, config: Config): Config => ({
  ...config,
  groups: config.groups.map((group) => ({
    ...group,
    interfaces: group.interfaces.map((entry) =>
      entry.name === 'ens5' ? { ...entry, vips: [...entry.vips, { address: FORGOTTEN }] } : entry,
    ),
  })),
});

async function started() {
  const cluster = createCluster({ configOf });
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(20_000);
  return cluster;
}

describe('a VIP without an object in OCI', () => {
  it('is named, makes its routers not ready, and is never made', async () => {
    const cluster = await started();
    for (const name of ['vrouter1', 'vrouter2']) {
      const status = cluster.router(name).status();
      expect(status.alarms.find((alarm) => alarm.includes(FORGOTTEN))).toMatch(
        /^this router could not take over isv: VIP /,
      );
      expect(status.routers.find((router) => router.self)?.ready).toBe(false);
      expect(cluster.events).toContainEqual(
        expect.objectContaining({
          router: name,
          event: expect.objectContaining({ event: 'inventory-missing', interface: 'ens5', vip: FORGOTTEN }),
        }),
      );
    }
    expect(cluster.router('vrouter1').status().groups[0]?.vips).toHaveLength(4);
    expect(cluster.cloud.holder(FORGOTTEN)).toBe(undefined);
  });

  it('does not hold up the others when the master dies', async () => {
    const cluster = await started();
    await cluster.crash('vrouter1');
    await cluster.run(2000);
    expect(cluster.holders()).toEqual(['vrouter2', 'vrouter2', 'vrouter2']);
  });

  it('is found soon after it was made, and claimed by the master alone', async () => {
    const cluster = await started();
    cluster.cloud.add(FORGOTTEN, 'ens5', 'vrouter2');
    await cluster.run(90_000);
    expect(cluster.cloud.holder(FORGOTTEN)).toBe('vrouter1');
    expect(cluster.cloud.moves.map(({ address }) => address)).toEqual([FORGOTTEN]);
    expect(cluster.router('vrouter1').status().alarms).toEqual([]);
  });
});
