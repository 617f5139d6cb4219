import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';

describe('an API that fails', () => {
  it('is claimed through as soon as it recovers', async () => {
    const cluster = await settled();
    for (const router of ['vrouter1', 'vrouter2']) cluster.cloud.fail(router, 'throttled');
    await cluster.crash('vrouter1');
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    cluster.cloud.fail('vrouter2', undefined);
    await cluster.run(2100);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('that refuses only the claims of the master: a ready peer is asked to try, and nobody flaps', async () => {
    const cluster = await settled();
    cluster.cloud.fail('vrouter2', 'not-found', 'UpdatePrivateIp');
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({ event: 'gave-up', group: 'isv', to: 'vrouter1' });
    await cluster.run(300_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('that refuses every claim of everybody: mastership is given away at most once a minute', async () => {
    const cluster = await settled({ routers: 3 });
    for (const name of ['vrouter1', 'vrouter2']) cluster.cloud.fail(name, 'not-found', 'UpdatePrivateIp');
    // As after work in the console: the record names a router that has gone.
    await cluster.crash('vrouter3');
    await cluster.run(30_000);
    for (const address of ['172.20.136.132', '10.0.0.4', '10.0.0.36']) cluster.cloud.assign(address, 'vrouter3');
    await cluster.run(600_000);
    const gaveUp = cluster.events.filter(({ event }) => event.event === 'gave-up');
    expect(gaveUp.length).toBeGreaterThan(1);
    for (const name of ['vrouter1', 'vrouter2']) {
      const times = gaveUp.filter(({ router }) => router === name).map(({ at }) => at);
      for (const [index, at] of times.entries()) {
        expect(at - (times[index - 1] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(60_000);
      }
    }
    expect(cluster.masters()).toHaveLength(1);
  }, 180_000);

  it('does not demote a master', async () => {
    const cluster = await settled();
    cluster.cloud.fail('vrouter1', 'server-error');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().routers[0]?.ready).toBe(false);
  });

  it('away at the start of both: when it comes back, for the worse one first, nothing moves', async () => {
    const cluster = createCluster();
    cluster.cloud.setReady('vrouter1', false);
    cluster.cloud.setReady('vrouter2', false);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    cluster.cloud.setReady('vrouter2', true);
    await cluster.run(3000);
    cluster.cloud.setReady('vrouter1', true);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('absent metadata at boot: ready peers win, and it recovers', async () => {
    const cluster = createCluster();
    cluster.cloud.setReady('vrouter1', false);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.router('vrouter1').status().oci.reason).toBe('metadata is absent');
    cluster.cloud.setReady('vrouter1', true);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });
});
