import { describe, expect, it } from 'vitest';
import { loadedFor, ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import type { Config, RouteConfig } from '../config/index.ts';
import type { OwnRoute } from '../linux/index.ts';
import { createRouteKeeper } from './routes.ts';

const POD: RouteConfig = { to: '10.1.0.0/20', via: '10.0.0.1' };
const OTHER: RouteConfig = { to: '10.2.0.0/20', via: '10.0.0.1' };

/** A kernel with these devices and routes, and what the keeper does to it. */
function createKernel(routes: readonly RouteConfig[], options: { mode?: Config['mode'] } = {}) {
  const own: OwnRoute[] = [];
  const foreign = new Set<string>();
  const devices = new Map([['ens5', 3]]);
  const done: string[] = [];
  let configured = routes;
  let refusal: string | undefined;
  let unreadable: string | undefined;
  const base = referenceConfig(ROUTERS.slice(0, 2));
  const keeper = createRouteKeeper({
    loaded: () =>
      loadedFor('vrouter1', {
        ...base,
        mode: options.mode ?? 'active',
        groups: base.groups.map((group) => ({
          ...group,
          interfaces: group.interfaces.map((entry) =>
            entry.name === 'ens5' ? { ...entry, routes: configured } : entry,
          ),
        })),
      }),
    indexOf: (device) => devices.get(device),
    log: (event) => done.push('detail' in event ? String(event.detail) : `log ${event.event}`),
    table: {
      async add({ to, via, device }) {
        if (refusal !== undefined) throw new Error(refusal);
        if (foreign.has(to) || own.some((route) => route.to === to)) return 'taken';
        own.push({ to, via, index: devices.get(device) ?? 0 });
        done.push(`add ${to} via ${via} dev ${device}`);
        return 'added';
      },
      async remove(route) {
        own.splice(own.indexOf(route), 1);
        done.push(`remove ${route.to} via ${route.via}`);
      },
      async own() {
        if (unreadable !== undefined) throw new Error(unreadable);
        return [...own];
      },
    },
  });
  return {
    keeper,
    own,
    foreign,
    devices,
    take: () => done.splice(0),
    configure: (next: readonly RouteConfig[]) => {
      configured = next;
    },
    refuse: (reason: string | undefined) => {
      refusal = reason;
    },
    hide: (reason: string | undefined) => {
      unreadable = reason;
    },
  };
}

describe('routes', () => {
  it('are added at start, and those that left the configuration while nobody looked are removed', async () => {
    const { keeper, own, take } = createKernel([POD]);
    own.push({ to: '10.9.0.0/20', via: '10.0.0.1', index: 3 });
    await keeper.compare();
    expect(take()).toEqual([
      'remove 10.9.0.0/20 via 10.0.0.1',
      'log route-removed',
      'add 10.1.0.0/20 via 10.0.0.1 dev ens5',
      'log route-added',
    ]);
    await keeper.compare();
    await keeper.keep();
    expect(take()).toEqual([]);
  });

  it('come back with their link', async () => {
    const { keeper, own, devices, take } = createKernel([POD]);
    await keeper.compare();
    own.splice(0);
    devices.delete('ens5');
    await keeper.keep();
    take();
    devices.set('ens5', 3);
    await keeper.keep();
    expect(take()).toEqual(['add 10.1.0.0/20 via 10.0.0.1 dev ens5', 'log route-added']);
  });

  it('follow a reload: another gateway, one more, one less', async () => {
    const { keeper, configure, take } = createKernel([POD, OTHER]);
    await keeper.compare();
    take();
    configure([{ ...POD, via: '10.0.0.14' }]);
    await keeper.compare();
    expect(take().filter((line) => !line.startsWith('log'))).toEqual([
      'remove 10.1.0.0/20 via 10.0.0.1',
      'remove 10.2.0.0/20 via 10.0.0.1',
      'add 10.1.0.0/20 via 10.0.0.14 dev ens5',
    ]);
  });

  it('of somebody else stay, which is told once', async () => {
    const { keeper, foreign, take } = createKernel([POD]);
    foreign.add(POD.to);
    await keeper.compare();
    await keeper.compare();
    await keeper.keep();
    expect(take()).toEqual(["there is another route to 10.1.0.0/20, which is not this daemon's and stays"]);
  });

  it('that the kernel refuses are tried again, and told once', async () => {
    const { keeper, refuse, take } = createKernel([POD]);
    refuse('ENETUNREACH');
    await keeper.compare();
    await keeper.keep();
    expect(take()).toEqual(['10.1.0.0/20 via 10.0.0.1 could not be added to ens5: ENETUNREACH']);
    refuse(undefined);
    await keeper.keep();
    expect(take()).toEqual(['add 10.1.0.0/20 via 10.0.0.1 dev ens5', 'log route-added']);
  });

  it('asked for in a swarm are looked at one after the other, and a comparison is not lost', async () => {
    const { keeper, configure, take } = createKernel([POD]);
    const first = keeper.keep();
    configure([OTHER]);
    void keeper.compare();
    void keeper.keep();
    await first;
    expect(take().filter((line) => !line.startsWith('log'))).toEqual([
      'add 10.1.0.0/20 via 10.0.0.1 dev ens5',
      'remove 10.1.0.0/20 via 10.0.0.1',
      'add 10.2.0.0/20 via 10.0.0.1 dev ens5',
    ]);
  });

  it('are left alone in mode observe', async () => {
    const { keeper, take } = createKernel([POD], { mode: 'observe' });
    await keeper.compare();
    expect(take()).toEqual([]);
  });

  it('what is not as configured is an alarm until it is, or is no longer wanted', async () => {
    const { keeper, foreign, refuse, configure } = createKernel([POD, OTHER]);
    const alarms = () => keeper.alarms().map(({ about, text }) => [about, text]);
    foreign.add(POD.to);
    await keeper.compare();
    const taken = [POD.to, "route: there is another route to 10.1.0.0/20, which is not this daemon's and stays"];
    expect(alarms()).toEqual([taken]);
    configure([POD]);
    refuse('network is unreachable');
    foreign.clear();
    await keeper.keep();
    expect(alarms()).toEqual([
      [POD.to, 'route: 10.1.0.0/20 via 10.0.0.1 could not be added to ens5: network is unreachable'],
    ]);
    refuse(undefined);
    await keeper.keep();
    expect(alarms()).toEqual([]);
    foreign.add(OTHER.to);
    configure([POD, OTHER]);
    await keeper.compare();
    configure([POD]);
    await keeper.compare();
    expect(alarms()).toEqual([]);
  });

  it('that cannot be read are an alarm until they can', async () => {
    const { keeper, hide } = createKernel([POD]);
    hide('no answer');
    await keeper.compare();
    expect(keeper.alarms().map(({ text }) => text)).toEqual(['route: the routes could not be read: no answer']);
    hide(undefined);
    await keeper.compare();
    expect(keeper.alarms()).toEqual([]);
  });
});
