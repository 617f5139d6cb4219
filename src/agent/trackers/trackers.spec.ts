import { describe, expect, it } from 'vitest';
import { createCluster } from '../../../test/simulation/cluster.ts';
import type { Config, TrackerConfig } from '../../config/index.ts';

const UPLINK: TrackerConfig = {
  name: 'uplink',
  command: ['/usr/local/bin/check-uplink'],
  interval: 1000,
  timeout: 500,
  fall: 3,
  rise: 2,
  weight: 'fault',
};

const tracked = (config: Config, ...trackers: readonly TrackerConfig[]): Config => ({
  ...config,
  groups: config.groups.map((group) => ({ ...group, trackers })),
});

/** Whole routers whose commands fail where `broken` has the router and the command. */
function createTracked(trackers: readonly TrackerConfig[], routers = 2) {
  const broken = new Set<string>();
  let runs = 0;
  const cluster = createCluster({
    routers,
    configOf: (_, config) => tracked(config, ...trackers),
    runCommand({ argv, env }, router) {
      runs += 1;
      expect(env).toMatchObject({ FAILOVERD_GROUP: 'isv', FAILOVERD_ROUTER: router });
      const code = broken.has(`${router} ${argv[0]}`) ? 1 : 0;
      const output = code === 1 ? 'no route\n' : '';
      return { result: Promise.resolve({ kind: 'exited', code, output }), gone: Promise.resolve(), stop: () => {} };
    },
  });
  const start = () => {
    for (let index = 1; index <= routers; index += 1) cluster.start(`vrouter${index}`);
  };
  const transitions = () =>
    cluster.events.flatMap(({ router, event }) =>
      event.event === 'transition' ? [`${router} ${event.from} ${event.to} ${event.reason}`] : [],
    );
  const group = (router: string) => cluster.router(router).status().groups[0];
  return { cluster, broken, start, transitions, group, runs: () => runs };
}

const UPLINK_OF_1 = 'vrouter1 /usr/local/bin/check-uplink';
const ALL_ON_1 = ['vrouter1', 'vrouter1', 'vrouter1'];
const ALL_ON_2 = ['vrouter2', 'vrouter2', 'vrouter2'];

async function settled(trackers: readonly TrackerConfig[]) {
  const all = createTracked(trackers);
  all.start();
  await all.cluster.run(10_000);
  expect(all.cluster.masters()).toEqual(['vrouter1']);
  expect(all.cluster.holders()).toEqual(ALL_ON_1);
  return all;
}

describe('a tracker that means fault', () => {
  it('is down after its failures in a row, and then the peer follows at once', async () => {
    const { cluster, broken, group } = await settled([UPLINK]);
    broken.add(UPLINK_OF_1);
    await cluster.run(2100);
    expect(cluster.masters()).toEqual(['vrouter1']);
    await cluster.run(1000);
    expect(group('vrouter1')?.state).toBe('fault');
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(group('vrouter1')?.trackers).toEqual([
      { name: 'uplink', state: 'down', weight: 'fault', lastRun: expect.any(String), error: 'exit code 1: no route' },
    ]);
    expect(cluster.router('vrouter1').status().alarms).toContain('isv: tracker uplink is down: exit code 1: no route');
  });

  it('is up after its successes in a row, and the better router takes over again', async () => {
    const { cluster, broken } = await settled([UPLINK]);
    broken.add(UPLINK_OF_1);
    await cluster.run(5000);
    broken.clear();
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('changes nothing at the start of a router where all is well', async () => {
    const { transitions } = await settled([UPLINK]);
    expect(transitions()).toEqual([
      'vrouter1 init backup startup',
      'vrouter2 init backup startup',
      'vrouter1 backup master no-response',
    ]);
  });

  it('is down with its first failure at start, before the router could become master', async () => {
    const { cluster, broken, start, transitions } = createTracked([UPLINK]);
    broken.add(UPLINK_OF_1);
    start();
    await cluster.run(10_000);
    expect(transitions()).toEqual([
      'vrouter1 init backup startup',
      'vrouter2 init backup startup',
      'vrouter1 backup fault fault',
      'vrouter2 backup master no-response',
    ]);
  });

  it('together with a link: both must be well', async () => {
    const { cluster, broken, group } = await settled([UPLINK]);
    broken.add(UPLINK_OF_1);
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(5000);
    broken.clear();
    await cluster.run(5000);
    expect(group('vrouter1')?.state).toBe('fault');
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });
});

describe('a tracker with a weight', () => {
  it('that is negative lowers the priority while it is down', async () => {
    const { cluster, broken, group } = await settled([{ ...UPLINK, weight: -150 }]);
    broken.add(UPLINK_OF_1);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(group('vrouter1')?.state).toBe('backup');
    const own = cluster.router('vrouter1').status().routers[0]?.groups[0];
    expect(own).toMatchObject({ priority: 200, effectivePriority: 50 });
    expect(cluster.router('vrouter2').status().routers[0]?.groups[0]?.effectivePriority).toBe(50);
    broken.clear();
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('too small to matter moves nothing', async () => {
    const { cluster, broken } = await settled([{ ...UPLINK, weight: -50 }]);
    broken.add(UPLINK_OF_1);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('that is positive raises it while up, and everybody has that', async () => {
    const { cluster, broken, group } = await settled([{ ...UPLINK, weight: 50 }]);
    const effective = (router: string) =>
      cluster
        .router(router)
        .status()
        .routers.find(({ self }) => self)?.groups[0]?.effectivePriority;
    expect([effective('vrouter1'), effective('vrouter2')]).toEqual([250, 150]);
    broken.add(UPLINK_OF_1);
    await cluster.run(5000);
    expect(effective('vrouter1')).toBe(200);
    expect(group('vrouter1')?.state).toBe('master');
  });

  it('never leaves 1 to 254', async () => {
    const { cluster, broken } = await settled([
      { ...UPLINK, weight: 100 },
      { ...UPLINK, name: 'deep', weight: -253 },
    ]);
    const effective = () => cluster.router('vrouter1').status().routers[0]?.groups[0]?.effectivePriority;
    expect(effective()).toBe(254);
    broken.add(UPLINK_OF_1);
    await cluster.run(5000);
    expect(effective()).toBe(1);
  });
});

describe('a reload', () => {
  it('that adds a tracker which never succeeds drops no mastership, and says so', async () => {
    const { cluster, broken, transitions, group } = await settled([]);
    broken.add(UPLINK_OF_1);
    const before = transitions().length;
    cluster.reconfigure('vrouter1', (config) => tracked(config, UPLINK));
    await cluster.run(30_000);
    expect(transitions()).toHaveLength(before);
    expect(group('vrouter1')?.trackers?.[0]).toMatchObject({ state: 'unknown', error: 'exit code 1: no route' });
    expect(cluster.router('vrouter1').status().alarms).toContainEqual(
      expect.stringMatching(/uplink was added by a reload, never succeeded/),
    );
  });

  it('that adds one which succeeds counts it from then on', async () => {
    const { cluster, broken } = await settled([]);
    cluster.reconfigure('vrouter1', (config) => tracked(config, UPLINK));
    await cluster.run(3000);
    broken.add(UPLINK_OF_1);
    await cluster.run(4000);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });

  it('that changes the command of one keeps its state', async () => {
    const { cluster, transitions, group } = await settled([UPLINK]);
    const before = transitions().length;
    cluster.reconfigure('vrouter1', (config) => tracked(config, { ...UPLINK, command: ['/other'], interval: 300 }));
    expect(group('vrouter1')?.trackers?.[0]?.state).toBe('up');
    await cluster.run(5000);
    expect(transitions()).toHaveLength(before);
  });

  it('that removes one which is down ends the fault, and its runs', async () => {
    const { cluster, broken, runs } = await settled([UPLINK]);
    broken.add(UPLINK_OF_1);
    await cluster.run(5000);
    cluster.reconfigure('vrouter1', (config) => tracked(config));
    cluster.reconfigure('vrouter2', (config) => tracked(config));
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    const before = runs();
    await cluster.run(5000);
    expect(runs()).toBe(before);
  });
});

it('a weight that changes does not shorten the pause of a router whose faults came too often', async () => {
  const { cluster, broken } = await settled([{ ...UPLINK, fall: 1, rise: 1, weight: -10 }]);
  for (let round = 0; round < 4; round += 1) {
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(1000);
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(500);
  }
  broken.add(UPLINK_OF_1);
  await cluster.run(5000);
  expect(cluster.masters()).toEqual(['vrouter2']);
});
