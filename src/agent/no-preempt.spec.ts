import { describe, expect, it } from 'vitest';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';

const configOf = (_: string, config: Config): Config => ({
  ...config,
  groups: config.groups.map((group) => ({ ...group, preempt: false })),
});

describe('preempt: false, two masters that hear each other', () => {
  it('keep the holder, though it is the worse one', async () => {
    const cluster = await settled({ configOf });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(1000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.masters()).toEqual(['vrouter1', 'vrouter2']);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('follow the order of VRRP while nobody can read who holds the VIPs', async () => {
    const cluster = await settled({ configOf });
    for (const name of ['vrouter1', 'vrouter2']) cluster.cloud.fail(name, 'network');
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1', 'vrouter2']);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('follow it also where the worse one held them when it could still read', async () => {
    const cluster = await settled({ configOf });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(800);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    for (const name of ['vrouter1', 'vrouter2']) cluster.cloud.fail(name, 'network');
    await cluster.run(30_000);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    for (const name of ['vrouter1', 'vrouter2']) cluster.cloud.fail(name, undefined);
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('keep the holder that cannot read, as long as the other one can', async () => {
    const cluster = await settled({ configOf });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(800);
    cluster.cloud.fail('vrouter2', 'network');
    await cluster.run(500);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('keep the holder that can read, though the other one does not know yet that it holds nothing', async () => {
    const cluster = await settled({ configOf });
    cluster.cloud.fail('vrouter1', 'network');
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.masters()).toEqual(['vrouter1', 'vrouter2']);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('backup');
    cluster.cloud.fail('vrouter1', undefined);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });
});
