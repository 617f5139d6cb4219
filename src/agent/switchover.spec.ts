import { describe, expect, it } from 'vitest';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';

describe('planned switchover', () => {
  it('hands over at once and nobody pre-empts until failback', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter1').switchover.failover({});
    expect(report).toEqual({ groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }] });
    await cluster.run(10);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
    expect(cluster.router('vrouter2').status().groups[0]?.hold?.target).toBe('vrouter2');

    cluster.router('vrouter2').switchover.failback({});
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it.each([2, 3])('gives back what was resigned a moment ago, in one step (%i routers)', async (routers) => {
    const cluster = await settled({ routers });
    cluster.router('vrouter1').switchover.failover({ to: 'vrouter2' });
    await cluster.run(300);
    expect(cluster.masters()).toEqual(['vrouter2']);
    const before = cluster.events.length;
    cluster.router('vrouter1').switchover.failover({ to: 'vrouter1' });
    await cluster.run(1000);
    // The name of the resignation still stands in the presence that asks for the way back.
    const changes = cluster.events.slice(before).flatMap(({ router, event }) => {
      return event.event === 'transition' ? [`${router} ${event.from} → ${event.to}`] : [];
    });
    expect(changes).toEqual(['vrouter2 master → backup', 'vrouter1 backup → master']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('may be asked for on the backup', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' });
    expect(report).toEqual({ groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }] });
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('is refused when the target could not take over', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter2', 'ens5', false);
    await cluster.run(2000);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is in fault/);
    expect(() => cluster.router('vrouter1').switchover.failover({ to: 'vrouter9' })).toThrow(/there is no router/);
    expect(() => cluster.router('vrouter1').switchover.failover({ to: 'vrouter1' })).toThrow(/master of isv already/);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('is refused when the target is not heard, or not ready', async () => {
    const cluster = await settled();
    cluster.cloud.setReady('vrouter2', false);
    await cluster.run(2000);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is not ready/);
    await cluster.crash('vrouter2');
    await cluster.run(5000);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is not heard/);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.router('vrouter1').status().groups[0]?.hold).toBe(null);
  });

  it('is refused where the master does not hear the router that asks', async () => {
    const cluster = await settled();
    cluster.cut('vrouter2', 'vrouter1', { oneWay: true });
    await cluster.run(5000);
    expect(() => cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' })).toThrow(
      /vrouter1 is master and does not hear vrouter2: give the command on vrouter1/,
    );
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('is refused while claims are frozen', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/claims are frozen/);
  });

  it('that reaches the master too late is ended, not carried out', async () => {
    const cluster = await settled();
    // vrouter2 gives the command in the instant in which it is cut off in one direction.
    cluster.cut('vrouter2', 'vrouter1', { oneWay: true });
    cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' });
    await cluster.run(60_000);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().groups[0]?.hold).toBe(null);
  });

  it('the hold survives a restart of the better router', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    cluster.start('vrouter1');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('the hold survives a restart of both routers', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter1');
    await cluster.crash('vrouter2');
    await cluster.run(10_000);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
    expect(cluster.router('vrouter1').status().groups[0]?.hold?.target).toBe('vrouter2');
  });

  it('the hold ends when its target resigns: its link is down', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    cluster.setLink('vrouter2', 'ens5', false);
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    for (const name of ['vrouter1', 'vrouter2']) expect(cluster.router(name).status().groups[0]?.hold).toBe(null);
  });

  it('the hold of a router that has left the file binds nobody', async () => {
    let routers = 3;
    const configOf = (_: string, config: Config): Config => ({ ...config, routers: config.routers.slice(0, routers) });
    const cluster = await settled({ routers: 3, configOf });
    cluster.router('vrouter1').switchover.failover({ to: 'vrouter3' });
    await cluster.run(2000);
    for (const name of ['vrouter1', 'vrouter2', 'vrouter3']) await cluster.crash(name);
    routers = 2;
    cluster.start('vrouter2');
    await cluster.run(30_000);
    cluster.start('vrouter1');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.router('vrouter1').status().groups[0]?.hold).toBe(null);
  });

  it('the hold ends when its target dies', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter2');
    await cluster.run(5000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.router('vrouter1').status().groups[0]?.hold).toBe(null);
  });
});
