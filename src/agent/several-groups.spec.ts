import { expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import { ALL_ON_2 } from '../../test/simulation/settled.ts';
import type { GroupConfig } from '../config/index.ts';

/* An admin's commands where two groups have masters of their own, and a router that hears of one before the other. */

/** isv on ens3 and ens5 with vrouter1 as its master, pod on ens6 with vrouter2. */
async function settled() {
  const [isv] = referenceConfig(ROUTERS.slice(0, 2)).groups;
  if (isv === undefined) throw new Error('the reference has a group');
  const pod: GroupConfig = {
    ...isv,
    name: 'pod',
    virtualRouterId: 52,
    priority: { vrouter1: 100, vrouter2: 200 },
    interfaces: isv.interfaces.slice(2),
  };
  const groups = [{ ...isv, interfaces: isv.interfaces.slice(0, 2) }, pod];
  const cluster = createCluster({ config: { groups } });
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(20_000);
  return cluster;
}

it('failover --to a router that has some of the groups moves the others', async () => {
  const cluster = await settled();
  expect(cluster.holders()).toEqual(['vrouter1', 'vrouter1', 'vrouter2']);
  const { switchover } = cluster.router('vrouter1');
  expect(switchover.failover({ to: 'vrouter2' })).toEqual({
    groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }],
  });
  await cluster.run(2000);
  expect(cluster.holders()).toEqual(['vrouter2', 'vrouter2', 'vrouter2']);
  expect(() => switchover.failover({ to: 'vrouter2' })).toThrow('vrouter2 is master of isv already');
  expect(() => switchover.failover({ group: 'pod', to: 'vrouter2' })).toThrow('vrouter2 is master of pod already');
});

it('failover, failback and standby of one group leave the other alone', async () => {
  const cluster = await settled();
  const { switchover, maintenance } = cluster.router('vrouter1');
  switchover.failover({ group: 'pod' });
  await cluster.run(2000);
  expect(cluster.holders()).toEqual(['vrouter1', 'vrouter1', 'vrouter1']);
  expect(() => switchover.failback({ group: 'isv' })).toThrow('no planned failover is in force');
  expect(switchover.failback({ group: 'pod' }).groups.map(({ group }) => group)).toEqual(['pod']);
  await cluster.run(2000);
  expect(cluster.holders()).toEqual(['vrouter1', 'vrouter1', 'vrouter2']);
  expect(maintenance.standby({ on: true, group: 'isv' })).toEqual({ router: 'vrouter1', on: ['isv'], off: ['pod'] });
  await cluster.run(2000);
  expect(cluster.holders()).toEqual(['vrouter2', 'vrouter2', 'vrouter2']);
});

/** Both with vrouter1 as their master; its adverts of pod come 39 ms after those of isv. */
async function ledByOne() {
  const [isv] = referenceConfig(ROUTERS).groups;
  if (isv === undefined) throw new Error('the reference has a group');
  const pod: GroupConfig = {
    ...isv,
    name: 'pod',
    virtualRouterId: 52,
    priority: { ...isv.priority, vrouter1: 150 },
    interfaces: isv.interfaces.slice(2),
  };
  const groups = [{ ...isv, interfaces: isv.interfaces.slice(0, 2) }, pod];
  const cluster = createCluster({ config: { groups }, routers: 3 });
  for (const name of ['vrouter1', 'vrouter2', 'vrouter3']) cluster.start(name);
  await cluster.run(20_000);
  return cluster;
}

it('of three routers, one that hears its master of another group again asks it before it follows', async () => {
  for (const phase of [0, 40, 80, 120, 160]) {
    const cluster = await ledByOne();
    await cluster.run(phase);
    const told = cluster.events.length;
    for (const other of ['vrouter1', 'vrouter3']) cluster.cut(other, 'vrouter2');
    await cluster.run(600);
    for (const other of ['vrouter1', 'vrouter3']) cluster.heal(other, 'vrouter2');
    await cluster.run(3000);
    expect(cluster.events.slice(told).filter(({ event }) => event.event === 'transition')).toEqual([]);
    expect(cluster.cloud.moves).toEqual([]);
  }
});

it('nor follows in any where the third one hears it', async () => {
  for (const phase of [0, 40, 80, 120, 160]) {
    const cluster = await ledByOne();
    await cluster.run(phase);
    const told = cluster.events.length;
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(5000);
    expect(cluster.events.slice(told).filter(({ event }) => event.event === 'transition')).toEqual([]);
  }
});

it('and follows in both where it is gone', async () => {
  for (let phase = 0; phase < 1000; phase += 140) {
    const cluster = await ledByOne();
    await cluster.run(phase);
    await cluster.crash('vrouter1');
    await cluster.run(3000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
  }
});
