import { expect, it } from 'vitest';
import { createCloud } from '../../test/simulation/cloud.ts';
import { loadedFor, noCommands, ROUTERS, referenceConfig, VIPS } from '../../test/simulation/deployment.ts';
import { createVirtualTime } from '../../test/simulation/virtual-time.ts';
import { createHistory, createMetrics, type LogEvent } from '../observe/index.ts';
import { createObserver } from './observer.ts';
import { createRouter } from './router.ts';
import type { Router } from './router-types.ts';
import { NOTHING_SAVED } from './state-store.ts';

/** vrouter2 alone, on a machine with these addresses; OCI says that vrouter1 holds everything. */
function start(addresses: Set<string>) {
  const time = createVirtualTime(async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  });
  const cloud = createCloud({ time, vips: VIPS, holder: 'vrouter1', latency: 5 });
  const events: LogEvent[] = [];
  const rebound: (string | undefined)[] = [];
  let sent = 0;
  const router: Router = createRouter({
    loaded: loadedFor('vrouter2', referenceConfig(ROUTERS.slice(0, 2))),
    version: 'test',
    clock: time,
    random: () => 0.5,
    observer: createObserver({
      log: (event) => events.push(event),
      metrics: createMetrics('test', () => router.status()),
      history: createHistory(),
      wall: time.wall,
    }),
    store: { load: () => NOTHING_SAVED, save: () => {} },
    createTransport: (paths) => ({
      paths,
      send: () => {
        sent += 1;
      },
      sendAll: () => {},
      close: async () => {},
      opened: async () => {},
      rebind: (address) => void rebound.push(address),
    }),
    createOci: (listener) => cloud.connect('vrouter2', listener),
    runCommand: noCommands,
    interfaceState: () => ({ up: true, mac: '02:00:00:00:00:02' }),
    hasAddress: (address) => addresses.has(address),
    machineAlarms: () => [{ topic: 'state', about: 'router', text: 'the disk is full' }],
  });
  router.start();
  return { time, cloud, router, events, rebound, sent: () => sent };
}

it('a machine without any address of the router takes no part, and says so', async () => {
  const { time, cloud, router, events, sent } = start(new Set(['172.20.136.130', '10.0.0.2']));
  await time.advanceTo(60_000);
  const { groups, alarms } = router.status();
  expect(groups[0]?.state).toBe('init');
  expect(alarms[0]).toMatch(/^no address of vrouter2 \(172\.20\.136\.131, 10\.0\.0\.3\) is on this machine/);
  expect(events).toContainEqual({ event: 'elsewhere', addresses: ['172.20.136.131', '10.0.0.3'] });
  expect(cloud.moves).toEqual([]);
  // No lease: it would name vrouter2 on a VNIC that is another router's.
  expect(Object.keys(cloud.tags('vrouter2', 'ens3'))).toEqual(['owner']);
  expect(sent()).toBe(0);
});

it('it takes part as soon as one of them appears', async () => {
  const addresses = new Set<string>();
  const { time, router, sent } = start(addresses);
  await time.advanceTo(5_000);
  addresses.add('10.0.0.3');
  router.addressAppeared('10.0.0.3');
  await time.advanceTo(6_000);
  expect(router.status().groups[0]?.state).toBe('backup');
  expect(sent()).toBeGreaterThan(0);
});

it('one of several addresses is enough', async () => {
  const { time, router } = start(new Set(['10.0.0.3']));
  await time.advanceTo(1_000);
  expect(router.status().groups[0]?.state).toBe('backup');
});

it('an address that appears has the paths of that address bound anew, and no others', () => {
  const { router, rebound } = start(new Set(['172.20.136.131', '10.0.0.3']));
  rebound.splice(0);
  router.addressAppeared('10.0.0.3');
  // A VIP.
  router.addressAppeared('10.0.0.4');
  expect(rebound).toEqual(['10.0.0.3']);
});

it('what could not be done on this machine stands in the status, and what a doctor looks at', () => {
  const { router } = start(new Set(['172.20.136.131', '10.0.0.3']));
  expect(router.status().alarms).toContain('the disk is full');
  expect(router.examine().alarms).toContainEqual({ topic: 'state', about: 'router', text: 'the disk is full' });
});
