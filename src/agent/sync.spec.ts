import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { loadedFor, ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import { createVirtualTime } from '../../test/simulation/virtual-time.ts';
import type { Config, GroupConfig, TrackerConfig } from '../config/index.ts';
import { createPeers } from './peers.ts';
import { createSync } from './sync.ts';

/** The reference deployment in two groups: the transit network, and the PODs, which fail over together. */
function split(config: Config, change: (group: GroupConfig) => GroupConfig = (group) => group): Config {
  return {
    ...config,
    groups: config.groups.flatMap((group) => {
      const [transit, ...pods] = group.interfaces;
      if (transit === undefined) return [];
      return [
        change({ ...group, interfaces: [transit] }),
        change({ ...group, name: 'pods', virtualRouterId: 52, interfaces: pods, sync: ['isv'] }),
      ];
    }),
  };
}

interface Options {
  readonly change?: (group: GroupConfig) => GroupConfig;
  readonly routers?: number;
  readonly broken?: ReadonlySet<string>;
}

function createSynced({ change, routers = 2, broken }: Options = {}) {
  const cluster = createCluster({
    routers,
    configOf: (_, config) => split(config, change),
    runCommand: (_, router) => ({
      result: Promise.resolve({ kind: 'exited', code: broken?.has(router) ? 1 : 0, output: '' }),
      gone: Promise.resolve(),
      stop: () => {},
    }),
  });
  /** `isv:vrouter1 pods:vrouter1`; every router that says it is master. */
  const masters = () =>
    ['isv', 'pods']
      .map((name) => {
        const names = Array.from({ length: routers }, (_, index) => `vrouter${index + 1}`);
        const isMaster = (router: string) =>
          cluster
            .router(router)
            .status()
            .groups.find((group) => group.name === name)?.state === 'master';
        return `${name}:${names.filter(isMaster).join(',')}`;
      })
      .join(' ');
  const states = (router: string) =>
    cluster
      .router(router)
      .status()
      .groups.map(({ state }) => state)
      .join();
  return { cluster, masters, states };
}

async function settled(options: Options = {}) {
  const all = createSynced(options);
  for (let index = 1; index <= (options.routers ?? 2); index += 1) all.cluster.start(`vrouter${index}`);
  await all.cluster.run(10_000);
  expect(all.masters()).toEqual('isv:vrouter1 pods:vrouter1');
  return all;
}

const ON_1 = 'isv:vrouter1 pods:vrouter1';
const ON_2 = 'isv:vrouter2 pods:vrouter2';
const ALL_ON_2 = ['vrouter2', 'vrouter2', 'vrouter2'];

describe('groups that fail over together', () => {
  for (const device of ['ens3', 'ens5']) {
    it(`a fault of ${device} is a fault of both, and both are followed at once`, async () => {
      const { cluster, masters, states } = await settled();
      cluster.setLink('vrouter1', device, false);
      await cluster.run(10);
      expect(states('vrouter1')).toBe('fault,fault');
      expect(masters()).toBe(ON_2);
      expect(cluster.holders()).toEqual(ALL_ON_2);
      cluster.setLink('vrouter1', device, true);
      await cluster.run(5000);
      expect(masters()).toBe(ON_1);
      expect(cluster.cloud.moves).toHaveLength(6);
    });
  }

  it('without sync a fault is a fault of its own group', async () => {
    const { cluster, masters } = await settled({ change: (group) => ({ ...group, sync: [] }) });
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(10);
    expect(masters()).toBe('isv:vrouter1 pods:vrouter2');
  });

  it('a planned failover of one takes the other along, and so does failback', async () => {
    const { cluster, masters } = await settled();
    const report = cluster.router('vrouter1').switchover.failover({ group: 'pods' });
    expect(report.groups.map(({ group, to }) => `${group} ${to}`)).toEqual(['isv vrouter2', 'pods vrouter2']);
    await cluster.run(10);
    expect(masters()).toBe(ON_2);
    await cluster.run(30_000);
    expect(masters()).toBe(ON_2);
    cluster.router('vrouter2').switchover.failback({ group: 'isv' });
    await cluster.run(3000);
    expect(masters()).toBe(ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('a planned failover asked for on the backup, too', async () => {
    const { cluster, masters } = await settled();
    cluster.router('vrouter2').switchover.failover({ group: 'isv' });
    await cluster.run(10);
    expect(masters()).toBe(ON_2);
    await cluster.run(30_000);
    expect(masters()).toBe(ON_2);
  });

  it('standby of one is standby of both', async () => {
    const { cluster, masters, states } = await settled();
    const report = cluster.router('vrouter1').maintenance.standby({ on: true, group: 'pods' });
    expect(report.on).toEqual(['isv', 'pods']);
    await cluster.run(10);
    expect(states('vrouter1')).toBe('standby,standby');
    expect(masters()).toBe(ON_2);
  });

  it("a tracker's weight counts for both", async () => {
    const broken = new Set<string>();
    const tracker: TrackerConfig = {
      name: 'uplink',
      command: ['/check'],
      interval: 1000,
      timeout: 500,
      fall: 2,
      rise: 2,
      weight: -150,
    };
    const change = (group: GroupConfig) => (group.name === 'pods' ? { ...group, trackers: [tracker] } : group);
    const { cluster, masters } = await settled({ change, broken });
    broken.add('vrouter1');
    await cluster.run(5000);
    expect(masters()).toBe(ON_2);
    broken.clear();
    await cluster.run(5000);
    expect(masters()).toBe(ON_1);
  });

  it('a router that could not claim one takes over neither', async () => {
    const { cluster, masters } = await settled();
    // An address without an object in OCI, in the file of this router alone.
    cluster.reconfigure('vrouter2', (config) => ({
      ...config,
      groups: config.groups.map((group) => {
        const [first, ...others] = group.interfaces;
        if (group.name !== 'pods' || first === undefined) return group;
        return { ...group, interfaces: [{ ...first, vips: [...first.vips, { address: '10.0.0.9' }] }, ...others] };
      }),
    }));
    await cluster.run(60_000);
    const own = cluster
      .router('vrouter2')
      .status()
      .routers.find(({ self }) => self);
    expect(own?.groups.map(({ effectivePriority }) => effectivePriority)).toEqual([7, 7]);
    expect(masters()).toBe(ON_1);
  });

  it('a crash is followed for both', async () => {
    const { cluster } = await settled();
    await cluster.crash('vrouter1');
    await cluster.run(2000);
    expect(
      cluster
        .router('vrouter2')
        .status()
        .groups.map(({ state }) => state),
    ).toEqual(['master', 'master']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('that a partition split are put together by the first one, once, and stay', async () => {
    const { cluster, masters } = await settled({ change: (group) => ({ ...group, preempt: false }) });
    // Only the adverts of one group can be lost between two routers by a mistake; here the follower is moved by hand.
    const pods = cluster.router('vrouter1').status().groups[1];
    expect(pods?.sync).toEqual(['isv']);
    cluster.reconfigure('vrouter1', (config) => withoutSync(config));
    cluster.reconfigure('vrouter2', (config) => withoutSync(config));
    cluster.router('vrouter1').switchover.failover({ group: 'pods' });
    await cluster.run(2000);
    cluster.router('vrouter1').switchover.failback({ group: 'pods' });
    await cluster.run(10_000);
    expect(masters()).toBe('isv:vrouter1 pods:vrouter2');
    const moves = cluster.cloud.moves.length;
    cluster.reconfigure('vrouter1', (config) => withSync(config));
    cluster.reconfigure('vrouter2', (config) => withSync(config));
    expect(cluster.router('vrouter1').status().alarms).toContain(
      'pods fails over with isv, and has another master: vrouter2, not vrouter1',
    );
    await cluster.run(10_000);
    expect(masters()).toBe(ON_1);
    await cluster.run(120_000);
    expect(masters()).toBe(ON_1);
    expect(cluster.cloud.moves).toHaveLength(moves + 2);
    expect(cluster.router('vrouter1').status().alarms).toEqual([]);
  });

  it('do not ping-pong when a link flaps: as many moves as one group alone', async () => {
    const { cluster, masters } = await settled();
    for (let round = 0; round < 60; round += 1) {
      cluster.setLink('vrouter1', 'ens5', false);
      await cluster.run(1000);
      cluster.setLink('vrouter1', 'ens5', true);
      await cluster.run(2000);
    }
    expect(masters()).toBe(ON_2);
    expect(cluster.cloud.moves.length).toBeLessThanOrEqual(3 * 6);
  });

  it('with three routers go to the same one', async () => {
    const { cluster, masters } = await settled({ routers: 3 });
    cluster.setLink('vrouter2', 'ens6', false);
    await cluster.run(2000);
    cluster.setLink('vrouter1', 'ens3', false);
    await cluster.run(2000);
    expect(masters()).toBe('isv:vrouter3 pods:vrouter3');
  });
});

it('a group that gives its mastership away takes the masters of its set along, to the same router', () => {
  const config = split(referenceConfig(ROUTERS.slice(0, 2)));
  const told: string[] = [];
  const member = (name: string, state: 'master' | 'backup' | 'fault', successor: string | null) => ({
    name,
    virtualRouterId: 1,
    state: () => state,
    successor: () => successor,
    resignTo: (target: string) => told.push(`${name} to ${target}`),
  });
  const isv = member('isv', 'backup', 'vrouter2');
  const pods = member('pods', 'master', null);
  const { clock, observer } = { clock: createVirtualTime(async () => {}), observer: { log: () => {} } };
  const sync = createSync({
    loaded: () => loadedFor('vrouter1', config),
    clock,
    peers: createPeers([]),
    groups: () => [isv, pods],
    observer,
  });
  sync.transitioned(isv, 'master', 'higher-priority');
  sync.transitioned(isv, 'backup', 'switchover');
  expect(told).toEqual([]);
  sync.transitioned(isv, 'master', 'switchover');
  expect(told).toEqual(['pods to vrouter2']);
  // Nobody was named: there is nobody to follow.
  sync.transitioned(member('pods', 'backup', null), 'master', 'switchover');
  expect(told).toHaveLength(1);
});

const withSync = (config: Config): Config => ({
  ...config,
  groups: config.groups.map((group) => (group.name === 'pods' ? { ...group, sync: ['isv'] } : group)),
});
const withoutSync = (config: Config): Config => ({
  ...config,
  groups: config.groups.map((group) => ({ ...group, sync: [] })),
});
