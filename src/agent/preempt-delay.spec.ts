import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';

const DELAY = 10_000;

function delayed(preemptDelay: number): (config: Config) => Config {
  return (config) => ({ ...config, groups: config.groups.map((group) => ({ ...group, preemptDelay })) });
}
const configOf = (_: string, config: Config) => delayed(DELAY)(config);
type Cluster = ReturnType<typeof createCluster>;

/** vrouter1 comes back after a fault and waits. */
async function waiting(): Promise<Cluster> {
  const cluster = await settled({ configOf });
  cluster.setLink('vrouter1', 'ens5', false);
  await cluster.run(5000);
  cluster.setLink('vrouter1', 'ens5', true);
  return cluster;
}

async function expectReturnAfter(cluster: Cluster, delay: number): Promise<void> {
  await cluster.run(delay - 500);
  expect(cluster.masters()).toEqual(['vrouter2']);
  await cluster.run(1500);
  expect(cluster.masters()).toEqual(['vrouter1']);
}

describe('preempt_delay', () => {
  it('counts from the first advert of the worse master, right at boot', async () => {
    const cluster = createCluster({ configOf });
    cluster.start('vrouter2');
    await cluster.run(10_000);
    cluster.start('vrouter1');
    await expectReturnAfter(cluster, DELAY);
  });

  it('is no reason to wait for a master that never was', async () => {
    const cluster = createCluster({ configOf });
    cluster.start('vrouter1');
    await cluster.run(3000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('counts again after a fault', async () => {
    await expectReturnAfter(await waiting(), DELAY);
  });

  it('does not keep a router from following a master that dies meanwhile', async () => {
    const cluster = await waiting();
    await cluster.run(3000);
    await cluster.crash('vrouter2');
    await cluster.run(1000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('goes on over reloads that leave it as it is', async () => {
    const cluster = await waiting();
    for (let round = 0; round < 5; round += 1) {
      await cluster.run(1000);
      cluster.reconfigure('vrouter1', (config) => config);
    }
    await expectReturnAfter(cluster, DELAY - 5000);
  });

  for (const [next, after] of [
    [7000, 4000],
    [15_000, 12_000],
  ] as const) {
    it(`becomes ${next} ms by a reload in its course, of which the time that has passed counts`, async () => {
      const cluster = await waiting();
      await cluster.run(3000);
      cluster.reconfigure('vrouter1', delayed(next));
      await expectReturnAfter(cluster, after);
    });
  }

  for (const next of [1000, 0]) {
    it(`that became ${next} ms after more than that is over at once`, async () => {
      const cluster = await waiting();
      await cluster.run(3000);
      cluster.reconfigure('vrouter1', delayed(next));
      await cluster.run(1000);
      expect(cluster.masters()).toEqual(['vrouter1']);
    });
  }

  it('ends without a pre-emption when a reload says that nobody pre-empts', async () => {
    const cluster = await waiting();
    await cluster.run(DELAY - 100);
    cluster.reconfigure('vrouter1', (config) => ({
      ...config,
      groups: config.groups.map((group) => ({ ...group, preempt: false })),
    }));
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });
});
