import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type HandClient, handClient } from './hand-client.ts';
import { startSimulator } from './index.ts';
import { loopbackSource, referenceTopology } from './reference-topology.ts';
import type { Simulator } from './types.ts';

const loopback = { host: '127.0.0.1', port: 0 };
let simulator: Simulator;
let first: HandClient;
let second: HandClient;

beforeAll(async () => {
  simulator = await startSimulator({ topology: referenceTopology(), listen: { metadata: loopback, api: loopback } });
  first = handClient(simulator);
  second = handClient(simulator, loopbackSource(2));
});

beforeEach(async () => {
  await simulator.admin.resetParameters();
});

afterAll(async () => {
  first.close();
  second.close();
  await simulator.close();
});

test('answers documents and leaves, of the instance that asks', async () => {
  expect((await first.metadata('/opc/v2/instance/')).json).toMatchObject({ hostname: 'vrouter1', region: 'iad' });
  expect((await second.metadata('/opc/v2/instance/')).json).toMatchObject({ hostname: 'vrouter2' });
  expect((await first.metadata('/opc/v2/instance/region')).text).toBe('iad');
  expect((await first.metadata('/opc/v2/instance/canonicalRegionName')).text).toBe('us-ashburn-1');
  expect((await first.metadata('/opc/v2/instance/regionInfo/realmDomainComponent')).text).toBe('oraclecloud.com');
  const vnics = await second.metadata('/opc/v2/vnics/');
  expect(vnics.json).toMatchObject([
    { macAddr: '02:00:17:00:02:03', privateIp: '172.20.136.131', subnetCidrBlock: '172.20.136.128/25' },
    { macAddr: '02:00:17:00:02:05', privateIp: '10.0.0.3', virtualRouterIp: '10.0.0.1' },
    { macAddr: '02:00:17:00:02:06', privateIp: '10.0.0.35' },
  ]);
});

test('answers 404 without its header, to unknown documents and to version 1', async () => {
  expect((await first.metadata('/opc/v2/instance/', {})).status).toBe(404);
  expect((await first.metadata('/opc/v2/instance/nothing')).status).toBe(404);
  expect((await first.metadata('/opc/v1/instance/')).status).toBe(404);
  expect((await first.metadata('/opc/v2/instance/constructor')).status).toBe(404);
});

test('answers 429 with a page and 404 for a while, as seen in the wild', async () => {
  await simulator.admin.faults({
    faults: {
      a: { operation: 'Metadata', count: 2, path: '/vnics', effect: { kind: 'status', status: 404 } },
      b: { operation: 'Metadata', count: 1, effect: { kind: 'status', status: 429, html: true } },
    },
  });
  const busy = await first.metadata('/opc/v2/instance/');
  expect([busy.status, busy.headers['content-type']]).toEqual([429, 'text/html']);
  const statuses = [];
  for (let round = 0; round < 3; round++) statuses.push((await first.metadata('/opc/v2/vnics/')).status);
  expect(statuses).toEqual([404, 404, 200]);
});

test('can be absent, silent, or slow', async () => {
  await simulator.admin.faults({ reachability: { metadata: 'refused' } });
  await expect(first.metadata('/opc/v2/instance/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await simulator.admin.faults({ reachability: { metadata: 'dropped' } });
  await expect(first.metadata('/opc/v2/instance/')).rejects.toMatchObject({ code: 'ECONNRESET' });
  await simulator.admin.faults({ reachability: { metadata: 'up' }, latency: { Metadata: 60 } });
  const before = performance.now();
  expect((await first.metadata('/opc/v2/instance/')).status).toBe(200);
  expect(performance.now() - before).toBeGreaterThan(55);
  await simulator.admin.faults({ latency: { Metadata: null }, reachabilityOf: { vrouter1: { metadata: 'hanging' } } });
  expect((await second.metadata('/opc/v2/instance/')).status).toBe(200);
  const hanging = first.metadata('/opc/v2/instance/');
  await new Promise((resolve) => setTimeout(resolve, 50));
  // What waited is served once the way is free, as the kernel's retransmissions would.
  await simulator.admin.faults({ reachabilityOf: { vrouter1: null } });
  expect((await hanging).status).toBe(200);
});
