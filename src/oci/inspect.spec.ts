import { expect, it } from 'vitest';
import { useSimulator } from './fixture.ts';
import type { PrivateIpId } from './types.ts';

const on = useSimulator();

const vipsFound = async () => (await on.found()).map(({ record }) => record.id);

it('tells how long the services took, the subnets, the connections and the rules that lead to VIPs', async () => {
  await on.start({ latency: { GetVnic: 40 } });
  const vips = await vipsFound();
  const { metadata, network, vnics, connections, routes } = await on.harness.inspect(vips);
  expect(metadata).toMatchObject({ ok: true });
  expect(network.ok && network.duration).toBeGreaterThanOrEqual(40);
  expect(vnics.map(({ cidrs }) => cidrs)).toEqual([['172.20.136.128/25'], ['10.0.0.0/28'], ['10.0.0.32/28']]);
  expect(connections.kept).toBeGreaterThan(24);
  expect(connections.open).toBeGreaterThan(0);
  expect(routes.ok && routes.rules).toHaveLength(16);
  expect(routes.ok && routes.rules[0]).toEqual({
    table: 'pods',
    destination: '192.168.0.0/24',
    target: on.simulator.topology.vips.find(({ address }) => address === '10.0.0.4')?.id,
  });
});

it('writes nothing', async () => {
  await on.start();
  const vips = await vipsFound();
  await on.simulator.admin.resetRecords();
  await on.harness.inspect(vips);
  const operations = (await on.simulator.admin.requests()).map(({ operation }) => operation);
  expect(new Set(operations)).toEqual(new Set(['Metadata', 'GetVnic', 'ListRouteTables']));
});

it('looks up where a rule leads that leads to no VIP, and says which object is gone', async () => {
  await on.start();
  await on.simulator.admin.delete('10.0.0.4');
  const vips = await vipsFound();
  const other = vips.find((id) => id === on.simulator.topology.vips.find(({ address }) => address === '10.0.0.36')?.id);
  const { routes } = await on.harness.inspect(vips.filter((id) => id !== other));
  const found = routes.ok ? routes.rules.filter((rule) => rule.found !== undefined) : [];
  expect(found).toMatchObject([
    { destination: '192.168.0.0/24', found: 'missing' },
    { destination: '192.168.8.0/24', target: other, found: { address: '10.0.0.36' } },
  ]);
});

it('goes on where the policy shows no route tables', async () => {
  await on.start({ policy: { inspectRouteTables: false } });
  const { network, routes } = await on.harness.inspect(await vipsFound());
  expect(network).toMatchObject({ ok: true });
  expect(routes).toMatchObject({ ok: false, code: 'not-found', status: 404 });
});

it('has a failure for each part that does not answer', async () => {
  await on.start({}, { requestTimeout: 300 });
  const vips = await vipsFound();
  await on.simulator.admin.faults({ reachability: { metadata: 'hanging' } });
  expect(await on.harness.inspect(vips)).toMatchObject({
    metadata: { ok: false, code: 'metadata' },
    network: { ok: false, code: 'metadata' },
    vnics: [],
  });
  await on.simulator.admin.faults({ reachability: { metadata: 'up', api: 'hanging' } });
  expect(await on.harness.inspect(vips)).toMatchObject({
    metadata: { ok: true },
    network: { ok: false, code: 'timeout' },
  });
});

it('says why there is nothing to look at before there is a token', async () => {
  await on.start({ reachability: { metadata: 'refused' } });
  await on.harness.until((status) => status.reason?.includes('ECONNREFUSED') === true);
  const { metadata, routes } = await on.harness.inspect([] as PrivateIpId[]);
  expect(metadata).toMatchObject({ ok: false, code: 'no-token', message: expect.stringContaining('ECONNREFUSED') });
  expect(routes).toMatchObject({ ok: false, code: 'no-token' });
});
