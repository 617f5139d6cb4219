import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';

describe('standby', () => {
  it('takes the master out at once, from any router, and survives its restart', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter2').maintenance.standby({ on: true, router: 'vrouter1' });
    expect(report).toEqual({ router: 'vrouter1', on: ['isv'], off: [] });
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    await cluster.crash('vrouter1');
    await cluster.run(1000);
    cluster.start('vrouter1');
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('standby');

    cluster.router('vrouter1').maintenance.standby({ on: false });
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('may be given for a router that is down: it learns of it when it returns', async () => {
    const cluster = await settled();
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    cluster.router('vrouter2').maintenance.standby({ on: true, router: 'vrouter1' });
    cluster.start('vrouter1');
    await cluster.run(30_000);
    expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('standby');
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('is not a target of a planned failover, and does not follow a crash', async () => {
    const cluster = await settled();
    cluster.router('vrouter2').maintenance.standby({ on: true });
    await cluster.run(100);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is in standby/);
    await cluster.crash('vrouter1');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual([]);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('says so when nobody is left to be master, whoever is asked', async () => {
    const cluster = await settled();
    const standby = (asked: string, router: string) =>
      cluster.router(asked).maintenance.standby({ on: true, router }).withoutSuccessor;
    expect(standby('vrouter2', 'vrouter2')).toBe(undefined);
    await cluster.run(2000);
    expect(standby('vrouter2', 'vrouter1')).toEqual(['isv']);
    cluster.router('vrouter1').maintenance.standby({ on: false, router: 'vrouter1' });
    await cluster.run(5000);
    expect(standby('vrouter1', 'vrouter1')).toEqual(['isv']);
  });

  it('counts nobody as left who could not take over', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter2', 'ens5', false);
    await cluster.run(2000);
    expect(cluster.router('vrouter1').maintenance.standby({ on: true }).withoutSuccessor).toEqual(['isv']);
    cluster.router('vrouter1').maintenance.standby({ on: false });
    await cluster.run(10_000);
    expect(cluster.router('vrouter2').maintenance.standby({ on: true }).withoutSuccessor).toBe(undefined);
  });

  it('is refused for a router or group that is not configured', async () => {
    const cluster = await settled();
    const { maintenance } = cluster.router('vrouter1');
    expect(() => maintenance.standby({ on: true, router: 'vrouter9' })).toThrow(/there is no router vrouter9/);
    expect(() => maintenance.standby({ on: true, router: 'vruoter2' })).toThrow(
      'there is no router vruoter2, did you mean vrouter2? The routers are vrouter1, vrouter2',
    );
    expect(() => maintenance.standby({ on: true, group: 'x' })).toThrow(/there is no group x; the groups are isv/);
  });
});

describe('freeze', () => {
  it('stops every claim in the cluster until it ends, and survives restarts', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    await cluster.run(100);
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().alarms[0]).toMatch(/^claims are frozen in the whole cluster/);
    await cluster.crash('vrouter2');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);

    cluster.router('vrouter2').maintenance.freeze({ on: false });
    // It started without ever hearing the holder, so the holder's lease has to expire first.
    await cluster.run(20_000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('is learned by a router that was cut off when it was given', async () => {
    const cluster = await settled();
    cluster.router('vrouter2').maintenance.standby({ on: true });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(500);
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    await cluster.run(5000);
    expect(cluster.router('vrouter2').status().alarms.join()).not.toMatch(/frozen/);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(2000);
    expect(cluster.router('vrouter2').status().alarms.join()).toMatch(/frozen/);
  });

  it('stops pre-emption too: a mastership that may not claim is worth nothing', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(5000);
    cluster.router('vrouter2').maintenance.freeze({ on: true });
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);

    cluster.router('vrouter1').maintenance.freeze({ on: false });
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('lets the router on which the VIPs still are be master again, so that nothing moves when it ends', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    await cluster.run(100);
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    cluster.start('vrouter1');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    cluster.router('vrouter1').maintenance.freeze({ on: false });
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });
});

describe('mode: observe', () => {
  it('elects, says what it would claim, and claims nothing', async () => {
    const cluster = createCluster({ config: { mode: 'observe' } });
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'would-claim',
      group: 'isv',
      vips: ['172.20.136.132', '10.0.0.4', '10.0.0.36'],
    });
  });

  it('writes nothing at all: no claim, no lease', async () => {
    const cluster = createCluster({ config: { mode: 'observe' } });
    cluster.start('vrouter2');
    await cluster.run(60_000);
    const before = { owner: 'network team' };
    expect(cluster.cloud.tags('vrouter2', 'ens3')).toEqual(before);
    const active = createCluster();
    active.start('vrouter2');
    await active.run(60_000);
    expect(active.cloud.tags('vrouter2', 'ens3')).not.toEqual(before);
  });

  it('may be entered and left by a reload', async () => {
    const cluster = await settled();
    for (const name of ['vrouter1', 'vrouter2'])
      cluster.reconfigure(name, (config) => ({ ...config, mode: 'observe' }));
    await cluster.crash('vrouter1');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);
    cluster.reconfigure('vrouter2', (config) => ({ ...config, mode: 'active' }));
    await cluster.run(2000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });
});
