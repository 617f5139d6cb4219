import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import type { Config, HooksConfig } from '../config/index.ts';
import type { CommandResult } from '../linux/command-result.ts';

const HOOKS: HooksConfig = {
  master: [
    ['/hooks/master', 'a'],
    ['/hooks/master', 'b'],
  ],
  backup: [['/hooks/backup']],
  fault: [['/hooks/fault']],
};

interface Started {
  readonly at: number;
  readonly router: string;
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Whole routers whose hooks take `duration`, and fail where `broken` has the command. */
function createHooked(
  options: { duration?: number; lingering?: boolean; hooks?: HooksConfig; config?: Partial<Config> } = {},
) {
  /** With `lingering`, what a command that has ended leaves behind: nothing, once it is called. */
  const graves: (() => void)[] = [];
  const broken = new Set<string>();
  const started: Started[] = [];
  const stopped: string[] = [];
  let running = 0;
  let mostAtOnce = 0;
  const waiting: { until: number; end: () => void }[] = [];
  const cluster = createCluster({
    ...(options.config && { config: options.config }),
    configOf: (_, config) => ({
      ...config,
      groups: config.groups.map((group) => ({ ...group, hooks: options.hooks ?? HOOKS })),
    }),
    runCommand({ argv, env }, router) {
      const command = argv.join(' ');
      started.push({ at: cluster.now(), router, command, env });
      running += 1;
      mostAtOnce = Math.max(mostAtOnce, running);
      let end = (): void => {};
      const result = new Promise<CommandResult>((resolve) => {
        end = () => {
          running -= 1;
          resolve({ kind: 'exited', code: broken.has(command) ? 3 : 0, output: 'said\n' });
        };
      });
      if (options.duration === undefined) end();
      else waiting.push({ until: cluster.now() + options.duration, end });
      const buried = options.lingering === true ? new Promise<void>((resolve) => graves.push(resolve)) : undefined;
      const stop = () => {
        stopped.push(`${router} ${command}`);
        end();
      };
      return { result, gone: result.then(() => buried), stop };
    },
  });
  /** Lets time pass, and hooks end in it. */
  async function run(duration: number): Promise<void> {
    const until = cluster.now() + duration;
    while (cluster.now() < until) {
      await cluster.run(Math.min(50, until - cluster.now()));
      for (const entry of waiting.splice(0)) {
        if (entry.until <= cluster.now()) entry.end();
        else waiting.push(entry);
      }
    }
  }
  const of = (router: string) => started.filter((each) => each.router === router).map(({ command }) => command);
  const bury = () => {
    for (const grave of graves.splice(0)) grave();
  };
  return { cluster, broken, started, run, of, bury, stopped, mostAtOnce: () => mostAtOnce };
}

async function settled(options: Parameters<typeof createHooked>[0] = {}) {
  const all = createHooked(options);
  all.cluster.start('vrouter1');
  all.cluster.start('vrouter2');
  await all.run(12_000);
  expect(all.cluster.masters()).toEqual(['vrouter1']);
  return all;
}

describe('hooks', () => {
  it('run for each state in the order of their list', async () => {
    const { of, cluster, run } = await settled();
    expect(of('vrouter1')).toEqual(['/hooks/backup', '/hooks/master a', '/hooks/master b']);
    cluster.setLink('vrouter1', 'ens5', false);
    await run(2000);
    cluster.setLink('vrouter1', 'ens5', true);
    await run(5000);
    expect(of('vrouter1').slice(3)).toEqual(['/hooks/fault', '/hooks/backup', '/hooks/master a', '/hooks/master b']);
    expect(of('vrouter2')).toEqual(['/hooks/backup', '/hooks/master a', '/hooks/master b', '/hooks/backup']);
  });

  it('are told what happened, and nothing secret', async () => {
    const { started, cluster, run } = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await run(1000);
    const { env } = started.filter(({ router }) => router === 'vrouter2').at(-1) ?? { env: {} };
    const told = Object.entries(env).filter(([name]) => !['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ'].includes(name));
    expect(Object.fromEntries(told)).toEqual({
      FAILOVERD_GROUP: 'isv',
      FAILOVERD_STATE: 'master',
      FAILOVERD_FROM: 'backup',
      FAILOVERD_REASON: 'named-successor',
      FAILOVERD_ROUTER: 'vrouter2',
      FAILOVERD_VIPS: '172.20.136.132 10.0.0.4 10.0.0.36',
    });
  });

  it('are not waited for: every VIP is held long before a slow one ends', async () => {
    const { cluster, run } = await settled({ duration: 5000 });
    cluster.setLink('vrouter1', 'ens5', false);
    await run(50);
    expect(cluster.holders()).toEqual(['vrouter2', 'vrouter2', 'vrouter2']);
  });

  it('start after the claims of their failover', async () => {
    const { cluster, started } = await settled();
    const before = started.length;
    cluster.setLink('vrouter1', 'ens5', false);
    const claims = cluster.cloud.moves.length;
    expect(started).toHaveLength(before);
    await cluster.run(20);
    expect(started.length).toBeGreaterThan(before);
    expect(cluster.cloud.moves.length).toBeGreaterThan(claims);
  });

  it('run one at a time, and quick flaps come down to the last state', async () => {
    const { cluster, run, of, mostAtOnce } = await settled({
      duration: 3000,
      hooks: { ...HOOKS, master: [['/hooks/master']] },
    });
    const before = of('vrouter1').length;
    for (let round = 0; round < 3; round += 1) {
      cluster.setLink('vrouter1', 'ens5', false);
      await run(300);
      cluster.setLink('vrouter1', 'ens5', true);
      await run(300);
    }
    cluster.setLink('vrouter1', 'ens5', false);
    await run(20_000);
    expect(of('vrouter1').slice(before)).toEqual(['/hooks/fault']);
    cluster.setLink('vrouter1', 'ens5', true);
    await run(60_000);
    expect(of('vrouter1').slice(before)).toEqual(['/hooks/fault', '/hooks/backup', '/hooks/master']);
    expect(mostAtOnce()).toBeLessThanOrEqual(2);
  });

  it('of a state that is over are not begun', async () => {
    const { cluster, run, of } = await settled({ duration: 3000 });
    cluster.setLink('vrouter1', 'ens5', false);
    await run(300);
    cluster.setLink('vrouter1', 'ens5', true);
    // vrouter2 is backup again while its first hook for master runs.
    await run(20_000);
    expect(of('vrouter2')).toEqual(['/hooks/backup', '/hooks/master a', '/hooks/backup']);
  });

  it('that fail are logged and an alarm until all of a state have worked', async () => {
    const { cluster, broken, run, of } = createHooked();
    broken.add('/hooks/master a');
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await run(10_000);
    expect(of('vrouter1')).toEqual(['/hooks/backup', '/hooks/master a', '/hooks/master b']);
    expect(cluster.holders()).toEqual(['vrouter1', 'vrouter1', 'vrouter1']);
    expect(cluster.router('vrouter1').status().alarms).toEqual([
      expect.stringMatching(/^isv: the hook \/hooks\/master a for master failed at .*: exit code 3: said$/),
    ]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'hook',
      group: 'isv',
      state: 'master',
      command: '/hooks/master a',
      after: 0,
      output: 'said\n',
      error: 'exit code 3: said',
    });
    cluster.setLink('vrouter1', 'ens5', false);
    await run(1000);
    expect(cluster.router('vrouter1').status().groups[0]?.failedHook).toBeUndefined();
  });

  it('for backup run in standby, and once more only when that ends in another state', async () => {
    const { cluster, run, of } = await settled();
    cluster.router('vrouter1').maintenance.standby({ on: true });
    await run(1000);
    cluster.router('vrouter1').maintenance.standby({ on: false });
    await run(300);
    expect(of('vrouter1').slice(3)).toEqual(['/hooks/backup']);
  });

  it('for backup run when a router in fault is put in standby', async () => {
    const { cluster, run, of } = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await run(1000);
    cluster.router('vrouter1').maintenance.standby({ on: true });
    await run(1000);
    cluster.setLink('vrouter1', 'ens5', true);
    await run(1000);
    expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('standby');
    expect(of('vrouter1').slice(3)).toEqual(['/hooks/fault', '/hooks/backup']);
  });

  it('do not begin while something of the one before is still there', async () => {
    const { cluster, run, of, bury } = createHooked({ lingering: true, hooks: { ...HOOKS, backup: [] } });
    cluster.start('vrouter1');
    await run(12_000);
    expect(of('vrouter1')).toEqual(['/hooks/master a']);
    bury();
    await run(1000);
    expect(of('vrouter1')).toEqual(['/hooks/master a', '/hooks/master b']);
  });

  it('for backup run when a master is told to stop, and the stop can wait for them', async () => {
    const { cluster, run, started } = await settled({ duration: 2000 });
    const router = cluster.router('vrouter1');
    router.resign();
    let ended = false;
    void router.hooksEnded().then(() => {
      ended = true;
    });
    await run(1900);
    expect(ended).toBe(false);
    await run(200);
    expect(ended).toBe(true);
    const { command, env } = started.filter((each) => each.router === 'vrouter1').at(-1) ?? {};
    expect(command).toBe('/hooks/backup');
    expect(env).toMatchObject({ FAILOVERD_STATE: 'backup', FAILOVERD_REASON: 'shutdown' });
  });

  it('are ended with the router, and what waits is not begun', async () => {
    const { cluster, run, of, stopped } = await settled({ duration: 2000 });
    await run(5000);
    const router = cluster.router('vrouter1');
    router.resign();
    await run(100);
    cluster.setLink('vrouter1', 'ens5', false);
    const before = of('vrouter1').length;
    await router.close();
    expect(stopped).toEqual(['vrouter1 /hooks/backup']);
    await run(5000);
    expect(of('vrouter1')).toHaveLength(before);
  });

  it('do not run in mode observe, which says what it would run', async () => {
    const { started, cluster } = await settled({ config: { mode: 'observe' } });
    expect(started).toEqual([]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'would-run-hook',
      group: 'isv',
      state: 'master',
      command: '/hooks/master b',
    });
  });

  it('of a reload run from the next transition on', async () => {
    const { cluster, run, of } = await settled();
    const before = of('vrouter1').length;
    const fault = [['/hooks/new']];
    cluster.reconfigure('vrouter1', (config) => ({
      ...config,
      groups: config.groups.map((group) => ({ ...group, hooks: { ...HOOKS, fault } })),
    }));
    await run(1000);
    cluster.setLink('vrouter1', 'ens5', false);
    await run(1000);
    expect(of('vrouter1').slice(before)).toEqual(['/hooks/new']);
  });
});
