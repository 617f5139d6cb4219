import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import type { AuthConfig, Config, ConfigChange, GroupConfig, LoadedConfig, LoadResult } from '../config/index.ts';
import type { LogEvent } from '../observe/index.ts';
import { createReload } from './reload.ts';

async function settled(config: Partial<Config> = {}) {
  const cluster = createCluster({ config });
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(10_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  return cluster;
}
type Cluster = Awaited<ReturnType<typeof settled>>;

const transitions = (cluster: Cluster) => cluster.events.filter(({ event }) => event.event === 'transition').length;

function withGroup(change: (group: GroupConfig) => GroupConfig): (config: Config) => Config {
  return (config) => ({ ...config, groups: config.groups.map(change) });
}

function withAuth(change: (auth: AuthConfig) => AuthConfig): (config: Config) => Config {
  return (config) => ({
    ...config,
    heartbeat: { ...config.heartbeat, auth: change(config.heartbeat.auth) },
    groups: config.groups.map((group) => ({
      ...group,
      heartbeat: { ...group.heartbeat, auth: change(group.heartbeat.auth) },
    })),
  });
}

describe('a reload on running routers', () => {
  it('of the same configuration changes nothing', async () => {
    const cluster = await settled();
    for (let round = 0; round < 20; round += 1) {
      cluster.reconfigure('vrouter1', (config) => config);
      cluster.reconfigure('vrouter2', (config) => config);
      await cluster.run(130);
    }
    expect(transitions(cluster)).toBe(3);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('does not restart the election: a crash is followed in time however often the backup reloads', async () => {
    const cluster = await settled();
    await cluster.crash('vrouter1');
    for (let round = 0; round < 8; round += 1) {
      await cluster.run(90);
      cluster.reconfigure(
        'vrouter2',
        withGroup((group) => ({ ...group, preemptDelay: round * 10 })),
      );
    }
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });

  it('moves mastership when the priorities say so', async () => {
    const cluster = await settled();
    const swap = withGroup((group) => ({ ...group, priority: { vrouter1: 50, vrouter2: 100 } }));
    cluster.reconfigure('vrouter1', swap);
    cluster.reconfigure('vrouter2', swap);
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('takes a VIP in and another out, and leaves the rest alone', async () => {
    const cluster = await settled();
    cluster.cloud.add('10.0.0.99', 'ens5', 'vrouter2');
    const change = withGroup((group) => ({
      ...group,
      interfaces: group.interfaces.map((entry) => {
        if (entry.name === 'ens5') return { ...entry, vips: [...entry.vips, { address: '10.0.0.99' }] };
        return entry.name === 'ens6' ? { ...entry, vips: [] } : entry;
      }),
    }));
    for (const name of ['vrouter1', 'vrouter2']) {
      cluster.reconfigure(name, change);
      await cluster.run(500);
    }
    await cluster.run(15_000);
    expect(transitions(cluster)).toBe(3);
    expect(cluster.cloud.moves.map(({ address, to }) => [address, to])).toEqual([['10.0.0.99', 'vrouter1']]);
    expect(
      cluster
        .router('vrouter2')
        .status()
        .groups[0]?.vips.map(({ address, holder }) => [address, holder]),
    ).toEqual([
      ['172.20.136.132', 'vrouter1'],
      ['10.0.0.4', 'vrouter1'],
      ['10.0.0.99', 'vrouter1'],
    ]);
  });

  it('does not drop mastership for an interface that is still to come, and tracks it from then on', async () => {
    const cluster = await settled();
    const change = withGroup((group) => ({ ...group, interfaces: [...group.interfaces, { name: 'ens7', vips: [] }] }));
    for (const name of ['vrouter1', 'vrouter2']) {
      cluster.setLink(name, 'ens7', false);
      cluster.reconfigure(name, change);
    }
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.router('vrouter1').status().alarms).toContain('interface ens7 is down or missing');
    cluster.setLink('vrouter1', 'ens7', true);
    cluster.setLink('vrouter2', 'ens7', true);
    await cluster.run(1000);
    cluster.setLink('vrouter1', 'ens7', false);
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });

  it('changes the advert interval without a gap', async () => {
    const cluster = await settled();
    for (const interval of [50, 1000, 200]) {
      const change = withGroup((group) => ({ ...group, heartbeat: { ...group.heartbeat, interval } }));
      for (const name of ['vrouter1', 'vrouter2']) {
        cluster.reconfigure(name, change);
        await cluster.run(5000);
      }
    }
    expect(transitions(cluster)).toBe(3);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('rotates the key without a gap, in three steps', async () => {
    const cluster = await settled();
    const next = { id: 2, secret: new Uint8Array(32).fill(8) };
    const steps: ((auth: AuthConfig) => AuthConfig)[] = [
      (auth) => ({ ...auth, keys: [...auth.keys, next] }),
      (auth) => ({ ...auth, activeKey: 2 }),
      (auth) => ({ ...auth, keys: [next] }),
    ];
    for (const step of steps) {
      for (const name of ['vrouter1', 'vrouter2']) {
        cluster.reconfigure(name, withAuth(step));
        await cluster.run(3000);
      }
    }
    expect(transitions(cluster)).toBe(3);
    expect(cluster.events.filter(({ event }) => event.event === 'datagram-rejected')).toEqual([]);
  });

  it('brings signatures in without a gap: none, receive-only, permissive, enforce', async () => {
    const auth = { keys: [{ id: 1, secret: new Uint8Array(32).fill(7) }], activeKey: 1, timeWindow: 5000 };
    const unsigned = withAuth(() => ({ ...auth, mode: 'none' }));
    const cluster = createCluster({ configOf: (_name, config) => unsigned(config) });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    for (const mode of ['receive-only', 'permissive', 'enforce'] as const) {
      for (const name of ['vrouter1', 'vrouter2']) {
        cluster.reconfigure(
          name,
          withAuth(() => ({ ...auth, mode })),
        );
        await cluster.run(3000);
      }
    }
    expect(transitions(cluster)).toBe(3);
    expect(cluster.events.filter(({ event }) => event.event === 'datagram-rejected')).toEqual([]);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('preempt: false keeps a worse master, and its end lets the better one back', async () => {
    const cluster = await settled();
    const keep = withGroup((group) => ({ ...group, preempt: false }));
    for (const name of ['vrouter1', 'vrouter2']) cluster.reconfigure(name, keep);
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(1000);
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    for (const name of ['vrouter1', 'vrouter2']) {
      cluster.reconfigure(
        name,
        withGroup((group) => ({ ...group, preempt: true })),
      );
    }
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });
});

describe('a reload that adds a group', () => {
  const withWest = (config: Config): Config => ({
    ...config,
    groups: [
      ...config.groups,
      ...config.groups.map((group) => ({
        ...group,
        name: 'west',
        virtualRouterId: 52,
        interfaces: [{ name: 'ens5', vips: [] }],
      })),
    ],
  });
  const withoutWest = (config: Config): Config => ({
    ...config,
    groups: config.groups.filter(({ name }) => name !== 'west'),
  });
  const stateOf = (cluster: Cluster, router: string) =>
    cluster
      .router(router)
      .status()
      .groups.find(({ name }) => name === 'west')?.state;

  it('starts its election beside the others, which notice nothing', async () => {
    const cluster = await settled();
    const before = transitions(cluster);
    for (const name of ['vrouter1', 'vrouter2']) cluster.reconfigure(name, withWest);
    await cluster.run(5000);
    expect([stateOf(cluster, 'vrouter1'), stateOf(cluster, 'vrouter2')]).toEqual(['master', 'backup']);
    expect(transitions(cluster)).toBe(before + 3);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('keeps to a hold, a standby and a freeze that were given for it before', async () => {
    const cluster = await settled();
    for (const name of ['vrouter1', 'vrouter2']) cluster.reconfigure(name, withWest);
    await cluster.run(5000);
    cluster.router('vrouter1').switchover.failover({ group: 'west', to: 'vrouter2' });
    await cluster.run(2000);
    cluster.reconfigure('vrouter1', withoutWest);
    await cluster.crash('vrouter1');
    cluster.start('vrouter1');
    await cluster.run(5000);
    expect(stateOf(cluster, 'vrouter1')).toBe(undefined);
    cluster.reconfigure('vrouter1', withWest);
    await cluster.run(20_000);
    expect([stateOf(cluster, 'vrouter1'), stateOf(cluster, 'vrouter2')]).toEqual(['backup', 'master']);

    cluster.router('vrouter2').switchover.failback({ group: 'west' });
    cluster.router('vrouter2').maintenance.standby({ on: true, router: 'vrouter1', group: 'west' });
    await cluster.run(2000);
    cluster.reconfigure('vrouter1', withoutWest);
    await cluster.crash('vrouter1');
    cluster.start('vrouter1');
    await cluster.run(5000);
    cluster.reconfigure('vrouter1', withWest);
    await cluster.run(20_000);
    expect([stateOf(cluster, 'vrouter1'), stateOf(cluster, 'vrouter2')]).toEqual(['standby', 'master']);
  });
});

describe('a reload while a link comes and goes', () => {
  it('does not end the wait that keeps the VIPs where they are', async () => {
    const cluster = await settled();
    for (let round = 0; round < 6; round += 1) {
      cluster.setLink('vrouter1', 'ens5', false);
      await cluster.run(1000);
      cluster.setLink('vrouter1', 'ens5', true);
      await cluster.run(2000);
    }
    expect(cluster.masters()).toEqual(['vrouter2']);
    cluster.reconfigure('vrouter1', (config) => config);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });
});

describe('what a reload refuses', () => {
  const config = { cluster: 'a' } as Config;
  const loaded: LoadedConfig = { config, self: { name: 'r', addresses: [], interfaces: {} }, file: 'f', digest: '' };
  const port = { path: 'heartbeat.port', from: '8112', to: '9999', needsRestart: 'the sockets are bound at start' };

  function setup(result: LoadResult, changes: readonly ConfigChange[] = []) {
    const events: LogEvent[] = [];
    const applied: LoadedConfig[] = [];
    const reload = createReload({
      read: async () => ({ result, changes }),
      apply: (next) => applied.push(next),
      log: (event) => events.push(event),
    });
    return { reload, applied, events };
  }

  it('is what needs a restart, by its name, together with all that does not', async () => {
    const level = { path: 'log.level', from: 'info', to: 'debug' };
    const { reload, applied } = setup({ ok: true, loaded, warnings: [] }, [level, port]);
    await expect(reload()).rejects.toThrow(/heartbeat\.port: 8112 → 9999 \(the sockets are bound at start\)$/);
    expect(applied).toEqual([]);
  });

  it('is never half of a file: two reloads at once follow each other', async () => {
    const steps: string[] = [];
    const reload = createReload({
      read: async () => {
        steps.push('read');
        await new Promise((resolve) => setTimeout(resolve, 5));
        return { result: { ok: true, loaded, warnings: [] }, changes: [] };
      },
      apply: () => steps.push('apply'),
      log: () => {},
    });
    const first = reload();
    await new Promise((resolve) => setTimeout(resolve, 1));
    // The file may have changed since the first one read it, and what a hundred ask for after that is one reading.
    await Promise.all([first, ...Array.from({ length: 100 }, reload)]);
    expect(steps).toEqual(['read', 'apply', 'read', 'apply']);
    await reload();
    expect(steps).toHaveLength(6);
  });

  it('is a file that cannot be read in time, and the next one is served', async () => {
    let fails = true;
    const reload = createReload({
      read: async () => {
        if (fails) throw new Error('not in time');
        return { result: { ok: true, loaded, warnings: [] }, changes: [] };
      },
      apply: () => {},
      log: () => {},
    });
    await expect(reload()).rejects.toThrow('not in time');
    fails = false;
    expect(await reload()).toEqual({ changes: [], warnings: [] });
  });

  it('is a file with mistakes: it says them all and changes nothing', async () => {
    const mistake = { file: 'f', line: 3, column: 5, path: 'mode', message: 'is wrong' };
    const { reload, applied, events } = setup({ ok: false, mistakes: [mistake, { ...mistake, line: 4 }] });
    await expect(reload()).rejects.toThrow('f:3:5: mode: is wrong\nf:4:5: mode: is wrong');
    expect(applied).toEqual([]);
    expect(events.map(({ event }) => event)).toEqual(['reload-failed']);
  });
});
