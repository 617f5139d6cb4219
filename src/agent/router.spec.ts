import { describe, expect, it } from 'vitest';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';

/** 3 × 200 ms and the skew time of priority 100. */
const MASTER_DOWN = 721.875;

describe('a cluster of two', () => {
  it('without a fault moves nothing', async () => {
    const cluster = await settled();
    await cluster.run(120_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter1').status().alarms).toEqual([]);
    expect(cluster.router('vrouter2').status().alarms).toEqual([]);
  });

  it('a crash is followed after the master down interval', async () => {
    const cluster = await settled();
    const crashedAt = cluster.now();
    await cluster.crash('vrouter1');
    await cluster.run(MASTER_DOWN + 10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
    for (const move of cluster.cloud.moves) expect(move.at).toBeLessThanOrEqual(crashedAt + MASTER_DOWN + 10);
  });

  for (const device of ['ens3', 'ens5', 'ens6']) {
    it(`${device} going down is followed at once`, async () => {
      const cluster = await settled();
      cluster.setLink('vrouter1', device, false);
      await cluster.run(10);
      expect(cluster.masters()).toEqual(['vrouter2']);
      expect(cluster.holders()).toEqual(ALL_ON_2);
      expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('fault');
    });
  }

  it('the better router takes everything back when its link returns', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(5000);
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('a link that comes and goes moves the VIPs a few times, then the better router keeps back', async () => {
    const cluster = await settled();
    for (let round = 0; round < 60; round += 1) {
      cluster.setLink('vrouter1', 'ens5', false);
      await cluster.run(1000);
      cluster.setLink('vrouter1', 'ens5', true);
      await cluster.run(2000);
    }
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves.length).toBeLessThanOrEqual(3 * 6);
    await cluster.run(320_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    // Minutes of the cluster's time: where the machine has no time for them, they are no failure.
  }, 180_000);

  it('the better router waits until the API answers over the link that returned', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens3', false);
    await cluster.run(500);
    cluster.cloud.fail('vrouter1', 'network');
    cluster.setLink('vrouter1', 'ens3', true);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    cluster.cloud.fail('vrouter1', undefined);
    await cluster.run(2500);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('a resignation travels on the path that is left', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2', { path: 0 });
    cluster.setLink('vrouter1', 'ens3', false);
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('losing one path changes nothing', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2', { path: 0 });
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter1').status().alarms).toEqual([
      'vrouter2 is not heard on the path 172.20.136.130 ← 172.20.136.131',
    ]);
  });

  it('two masters that hear each other are told of once, not with every advert', async () => {
    const cluster = await settled();
    const rivals = () => cluster.events.filter(({ event }) => event.event === 'rival').length;
    for (const episode of [1, 2]) {
      cluster.cut('vrouter1', 'vrouter2', { oneWay: true });
      await cluster.run(10_000);
      cluster.heal('vrouter1', 'vrouter2');
      await cluster.run(20_000);
      expect(rivals()).toBe(episode);
    }
  });

  it('both in fault: the holder keeps the VIPs', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(1000);
    cluster.setLink('vrouter2', 'ens6', false);
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual([]);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    for (const name of ['vrouter1', 'vrouter2']) {
      expect(cluster.router(name).status().alarms).toContain('isv has no master as far as this router sees');
    }
    cluster.setLink('vrouter2', 'ens6', true);
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('a stop hands over at once, and the VIPs are seen leaving', async () => {
    const cluster = await settled();
    const router = cluster.router('vrouter1');
    expect(router.whyVipsStay()).toBe(undefined);
    router.resign();
    await cluster.run(10);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    const verified = router.verify();
    await cluster.run(100);
    await verified;
    expect(router.holdsAnything()).toBe(false);
  });

  it('a stop that nobody can follow is known to be one', async () => {
    const cluster = await settled();
    const router = cluster.router('vrouter1');
    router.maintenance.freeze({ on: true });
    expect(router.whyVipsStay()).toBe('claims are frozen in the whole cluster');
    router.maintenance.freeze({ on: false });
    cluster.setLink('vrouter2', 'ens5', false);
    await cluster.run(2000);
    expect(router.whyVipsStay()).toBe('nobody is ready to take over');
  });

  it('a drift is found and claimed back', async () => {
    const cluster = await settled();
    cluster.cloud.assign('10.0.0.4', 'vrouter2');
    await cluster.run(12_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(1);
  });

  it('verify reports where every VIP is', async () => {
    const cluster = await settled();
    cluster.cloud.assign('10.0.0.4', 'vrouter2');
    const verified = cluster.router('vrouter1').verify();
    await cluster.run(100);
    const { vips } = await verified;
    expect(vips.map(({ address, result }) => [address, result])).toEqual([
      ['172.20.136.132', 'ok'],
      ['10.0.0.4', 'reclaiming'],
      ['10.0.0.36', 'ok'],
    ]);
    await cluster.run(4000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });
});

describe('a cluster of three', () => {
  it('the best of the rest follows a crash, and only it', async () => {
    const cluster = await settled({ routers: 3 });
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('whose master and successor die at once is served by the last one, after the lease of the holder', async () => {
    const cluster = await settled({ routers: 3 });
    await Promise.all([cluster.crash('vrouter1'), cluster.crash('vrouter2')]);
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter3']);
    expect(cluster.holders()).toEqual(['vrouter3', 'vrouter3', 'vrouter3']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('whose successor dies with the claims of a crash on their way is served by the last one', async () => {
    const cluster = await settled({ routers: 3, latency: 300 });
    await cluster.crash('vrouter1');
    await cluster.run(MASTER_DOWN + 50);
    expect(cluster.masters()).toEqual(['vrouter2']);
    await cluster.crash('vrouter2');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter3']);
    expect(cluster.holders()).toEqual(['vrouter3', 'vrouter3', 'vrouter3']);
    expect(cluster.cloud.moves.length).toBeLessThanOrEqual(6);
  });

  it('a resignation names its successor, which follows at once', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a router that alone lost its paths to the master does not take over', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'path-lost',
      group: 'isv',
      master: 'vrouter1',
      heardBy: 'vrouter3',
    });
  });

  it('and still follows when that master dies', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    await cluster.crash('vrouter1');
    await cluster.run(3000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a hold is not ended by a router that was cut off and stands back at once', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.router('vrouter1').switchover.failover({ to: 'vrouter2' });
    await cluster.run(5000);
    cluster.cut('vrouter1', 'vrouter3');
    cluster.cut('vrouter2', 'vrouter3');
    await cluster.run(30_000);
    cluster.heal('vrouter1', 'vrouter3');
    cluster.heal('vrouter2', 'vrouter3');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('a planned failover may name any of them', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.router('vrouter2').switchover.failover({ to: 'vrouter3' });
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter3']);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter3']);
    expect(cluster.holders()).toEqual(['vrouter3', 'vrouter3', 'vrouter3']);
  });
});
