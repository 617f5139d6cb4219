import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CallOptions, field, type HandClient, handClient, type Reply } from './hand-client.ts';
import { startSimulator } from './index.ts';
import { loopbackSource, referenceTopology } from './reference-topology.ts';
import type { RequestRecord, Simulator } from './types.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const topology = referenceTopology({ vipsPerSubnet: 8, ipv6: true });
const vip = topology.vips.find(({ address }) => address === '10.0.0.4')?.id ?? '';
const vip6 = topology.vips.find(({ address }) => address === 'fd00:c0a8:5::4')?.id ?? '';
const [, pod1] = topology.subnets;
const vnicOf = (router: number, name: string) =>
  topology.instances[router - 1]?.vnics.find((vnic) => vnic.interface === name)?.id ?? '';

let simulator: Simulator;
let client: HandClient;
let other: HandClient;

beforeAll(async () => {
  simulator = await startSimulator({ topology, listen: { metadata: loopback, api: loopback } });
  client = handClient(simulator);
  other = handClient(simulator, loopbackSource(2));
  await client.login();
  await other.login();
});

beforeEach(async () => {
  await simulator.admin.resetParameters();
  for (const { address } of topology.vips) await simulator.admin.assign({ address, to: 'vrouter1' });
  await simulator.admin.resetRecords();
});

afterAll(async () => {
  client.close();
  other.close();
  await simulator.close();
});

async function last(): Promise<RequestRecord | undefined> {
  return (await simulator.admin.requests()).at(-1);
}

async function etagOf(path: string): Promise<string> {
  return (await client.call('GET', path)).headers.etag ?? '';
}

function rows(reply: Reply): readonly unknown[] {
  return Array.isArray(reply.json) ? reply.json : [];
}

describe('authentication', () => {
  const refusals: readonly [string, string, CallOptions][] = [
    ['an unsigned request', 'there is no Authorization header', { unsigned: true }],
    ['a token that is none', 'the token is no JWT', { token: 'x' }],
    [
      'another session key',
      'the signature is wrong',
      { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey },
    ],
    [
      'a changed body',
      'x-content-sha256 is not the body',
      {
        afterSigning: (draft) => {
          draft.body = draft.body.replace('ocid1', 'ocid2');
        },
      },
    ],
    [
      'an unsigned host',
      'host is not signed',
      { signed: ['x-date', '(request-target)', 'content-length', 'content-type', 'x-content-sha256'] },
    ],
    [
      'a date of the future',
      'the date is more than five minutes off',
      {
        beforeSigning: (draft) => {
          draft.headers['x-date'] = new Date(Date.now() + 400_000).toUTCString();
        },
      },
    ],
    [
      'no date at all',
      'the date cannot be read',
      {
        beforeSigning: (draft) => {
          draft.headers['x-date'] = 'soon';
        },
      },
    ],
  ];
  test.each(refusals)('%s gets 401 in the form of OCI', async (_what, detail, options) => {
    const reply = await client.call('PUT', `/privateIps/${vip}`, { vnicId: vnicOf(2, 'ens5') }, options);
    expect(reply.status).toBe(401);
    expect(reply.json).toEqual({ code: 'NotAuthenticated', message: expect.any(String) });
    expect(reply.headers['opc-request-id']).toMatch(/^[0-9A-F]{32}\/[0-9A-F]{32}\/[0-9A-F]{32}$/);
    expect(await last()).toMatchObject({
      detail,
      target: vip,
      operation: 'UpdatePrivateIp',
      status: 401,
      appliedAt: null,
    });
    expect(await simulator.admin.journal()).toEqual([]);
  });

  test('a token somebody else signed gets 401', async () => {
    const [header = '', payload = ''] = (await client.login()).split('.');
    const claims = { ...Object(JSON.parse(Buffer.from(payload, 'base64url').toString())), exp: 4e9 };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const reply = await client.call('GET', `/privateIps/${vip}`, undefined, { token: `${header}.${changed}.AAAA` });
    expect(reply.status).toBe(401);
    expect((await last())?.detail).toBe('the signature of the token is wrong');
  });

  test('a token ends', async () => {
    await simulator.admin.faults({ tokenLifetime: 0 });
    const token = field(await client.federate(), 'token');
    expect((await client.call('GET', `/privateIps/${vip}`, undefined, { token })).status).toBe(401);
    expect((await last())?.detail).toBe('the token has expired');
  });
});

describe('policy', () => {
  test.each([
    ['usePrivateIps', 'PUT', `/privateIps/${vip}`],
    ['useVnics', 'PUT', `/privateIps/${vip}`],
    ['useIpv6s', 'PUT', `/ipv6/${vip6}`],
    ['useVnics', 'PUT', `/vnics/${vnicOf(1, 'ens5')}`],
    ['inspectRouteTables', 'GET', `/routeTables/${topology.routeTables[0]?.id}`],
    ['inspectVnicAttachments', 'GET', `/vnicAttachments?compartmentId=${topology.compartmentId}`],
  ] as const)('without %s, %s %s gets 404', async (flag, method, path) => {
    await simulator.admin.faults({ policy: { [flag]: false } });
    const reply = await client.call(method, path, method === 'PUT' ? { displayName: 'x' } : undefined);
    expect([reply.status, field(reply, 'code')]).toEqual([404, 'NotAuthorizedOrNotFound']);
  });

  test('use includes inspect, neither means 404', async () => {
    await simulator.admin.faults({ policy: { inspectPrivateIps: false } });
    expect((await client.call('GET', `/privateIps/${vip}`)).status).toBe(200);
    await simulator.admin.faults({ policy: { usePrivateIps: false } });
    expect((await client.call('GET', `/privateIps/${vip}`)).status).toBe(404);
  });
});

describe('private IPs', () => {
  test('an update with the right etag moves the VIP and is written down', async () => {
    const etag = await etagOf(`/privateIps/${vip}`);
    const reply = await other.call('PUT', `/privateIps/${vip}`, { vnicId: vnicOf(2, 'ens5') }, { ifMatch: etag });
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      id: vip,
      vnicId: vnicOf(2, 'ens5'),
      ipAddress: '10.0.0.4',
      ipState: 'ASSIGNED',
    });
    expect(reply.headers.etag).not.toBe(etag);
    expect(await etagOf(`/privateIps/${vip}`)).toBe(reply.headers.etag);
    const [entry] = await simulator.admin.journal();
    const write = (await simulator.admin.requests()).find(({ method }) => method === 'PUT');
    expect(entry).toMatchObject({
      kind: 'move',
      address: '10.0.0.4',
      fromInstance: 'vrouter1',
      toInstance: 'vrouter2',
      instance: 'vrouter2',
      request: write?.id,
    });
    expect(write).toMatchObject({
      instance: 'vrouter2',
      ifMatch: etag,
      vnicId: vnicOf(2, 'ens5'),
      address: '10.0.0.4',
    });
    expect(write?.answeredAt ?? 0).toBeGreaterThanOrEqual(write?.at ?? Number.NaN);
  });

  test('a stale etag gets 412 and moves nothing', async () => {
    const etag = await etagOf(`/privateIps/${vip}`);
    await simulator.admin.assign({ id: vip, to: 'vrouter2' });
    const reply = await client.call('PUT', `/privateIps/${vip}`, { vnicId: vnicOf(1, 'ens5') }, { ifMatch: etag });
    expect([reply.status, field(reply, 'code')]).toEqual([412, 'NoEtagMatch']);
    expect((await simulator.admin.journal()).length).toBe(1);
  });

  test('an update that changes nothing keeps the etag', async () => {
    const etag = await etagOf(`/privateIps/${vip}`);
    const reply = await client.call('PUT', `/privateIps/${vip}`, { vnicId: vnicOf(1, 'ens5') }, { ifMatch: etag });
    expect([reply.status, reply.headers.etag]).toEqual([200, etag]);
    expect(await simulator.admin.journal()).toEqual([]);
  });

  test.each([
    ['a VNIC of another subnet', { vnicId: vnicOf(2, 'ens6') }],
    ['a VNIC that is not there', { vnicId: 'ocid1.vnic.oc1.iad.none' }],
    ['a vnicId that is no text', { vnicId: 7 }],
  ])('%s gets 400', async (_what, body) => {
    const reply = await client.call('PUT', `/privateIps/${vip}`, body);
    expect([reply.status, field(reply, 'code')]).toEqual([400, 'InvalidParameter']);
  });

  test('a primary address stays', async () => {
    const primary = topology.instances[0]?.vnics[1]?.privateIpId ?? '';
    expect((await client.call('PUT', `/privateIps/${primary}`, { vnicId: vnicOf(2, 'ens5') })).status).toBe(400);
    expect((await client.call('DELETE', `/privateIps/${primary}`)).status).toBe(400);
  });

  test('an unknown object gets 404, and so does one of the other family', async () => {
    expect((await client.call('GET', '/privateIps/ocid1.privateip.oc1.iad.none')).status).toBe(404);
    expect((await client.call('GET', `/privateIps/${vip6}`)).status).toBe(404);
    expect((await client.call('GET', `/ipv6/${vip}`)).status).toBe(404);
    expect((await client.call('GET', '/nothing')).status).toBe(404);
  });

  test('lists filter by subnet, address and VNIC', async () => {
    const one = await client.call('GET', `/privateIps?subnetId=${pod1?.id}&ipAddress=10.0.0.4`);
    expect(one.json).toMatchObject([{ id: vip, vnicId: vnicOf(1, 'ens5') }]);
    expect((await last())?.target).toBe(vip);
    const subnet = await client.call('GET', `/privateIps?subnetId=${pod1?.id}`);
    expect(rows(subnet).length).toBe(8 + 2);
    const vnic = await client.call('GET', `/privateIps?vnicId=${vnicOf(2, 'ens5')}`);
    expect(vnic.json).toMatchObject([{ isPrimary: true, ipAddress: '10.0.0.3' }]);
    expect((await client.call('GET', '/privateIps')).status).toBe(400);
    expect((await client.call('GET', '/privateIps?subnetId=ocid1.subnet.oc1.iad.none')).status).toBe(404);
  });

  test('lists come in pages', async () => {
    const addresses: unknown[] = [];
    let page: string | undefined = '';
    let pages = 0;
    while (page !== undefined) {
      const more: string = page === '' ? '' : `&page=${page}`;
      const reply: Reply = await client.call('GET', `/privateIps?subnetId=${pod1?.id}&limit=4${more}`);
      addresses.push(...rows(reply));
      const next = reply.headers['opc-next-page'];
      page = typeof next === 'string' ? next : undefined;
      pages++;
    }
    expect([pages, addresses.length]).toEqual([3, 10]);
    expect((await client.call('GET', `/privateIps?subnetId=${pod1?.id}&limit=0`)).status).toBe(400);
    expect((await client.call('GET', `/privateIps?subnetId=${pod1?.id}&page=zzz`)).status).toBe(400);
  });

  test('create, detach and delete work, so that a test can find them in the records', async () => {
    expect(
      (await client.call('POST', '/privateIps', { vnicId: vnicOf(1, 'ens5'), ipAddress: '10.0.0.4' })).status,
    ).toBe(409);
    const created = await client.call('POST', '/privateIps', { vnicId: vnicOf(1, 'ens5'), ipAddress: '10.0.0.14' });
    expect(created.status).toBe(200);
    const detached = await client.call('POST', `/privateIps/${field(created, 'id')}/actions/detach`);
    expect(detached.json).toMatchObject({ ipState: 'AVAILABLE' });
    expect((await client.call('DELETE', `/privateIps/${field(created, 'id')}`)).status).toBe(204);
    expect((await client.call('GET', `/privateIps/${field(created, 'id')}`)).status).toBe(404);
    expect((await simulator.admin.journal()).map(({ kind }) => kind)).toEqual(['create', 'move', 'delete']);
    const operations = (await simulator.admin.requests()).map(({ operation }) => operation);
    expect(operations).toEqual(expect.arrayContaining(['CreatePrivateIp', 'DetachPrivateIp', 'DeletePrivateIp']));
  });

  test('IPv6 moves in the same way', async () => {
    const etag = await etagOf(`/ipv6/${vip6}`);
    const body = { vnicId: vnicOf(2, 'ens5') };
    expect((await other.call('PUT', `/ipv6/${vip6}`, body, { ifMatch: 'old' })).status).toBe(412);
    const reply = await other.call('PUT', `/ipv6/${vip6}`, body, { ifMatch: etag });
    expect(reply.json).toMatchObject({ id: vip6, vnicId: vnicOf(2, 'ens5'), lifecycleState: 'AVAILABLE' });
    const list = await client.call('GET', `/ipv6?subnetId=${pod1?.id}&ipAddress=fd00:c0a8:5::4`);
    expect(list.json).toMatchObject([{ id: vip6 }]);
    expect((await client.call('GET', `/vnics/${vnicOf(2, 'ens5')}`)).json).toMatchObject({
      ipv6Addresses: ['fd00:c0a8:5::4'],
    });
  });
});

describe('other objects', () => {
  test('the tags of a VNIC change under its etag', async () => {
    const path = `/vnics/${vnicOf(1, 'ens3')}`;
    const before = await client.call('GET', path);
    expect(before.json).toMatchObject({ macAddress: '02:00:17:00:01:03', skipSourceDestCheck: true, isPrimary: true });
    const body = { freeformTags: { lease: 'vrouter1 1' } };
    const after = await client.call('PUT', path, body, { ifMatch: before.headers.etag ?? '' });
    expect(after.json).toMatchObject(body);
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect((await client.call('PUT', path, body, { ifMatch: before.headers.etag ?? '' })).status).toBe(412);
    expect((await client.call('PUT', path, { freeformTags: { lease: 1 } })).status).toBe(400);
  });

  test('attachments and route tables can be read', async () => {
    const instanceId = topology.instances[1]?.id;
    const path = `/vnicAttachments?compartmentId=${topology.compartmentId}&instanceId=${instanceId}`;
    const attachments = await client.call('GET', path);
    expect(rows(attachments).length).toBe(3);
    expect((await client.call('GET', '/vnicAttachments')).status).toBe(400);
    const tables = await client.call('GET', `/routeTables?compartmentId=${topology.compartmentId}`);
    expect(tables.json).toMatchObject([
      { routeRules: expect.arrayContaining([expect.objectContaining({ networkEntityId: vip })]) },
    ]);
    expect((await client.call('GET', `/routeTables/${topology.routeTables[0]?.id}`)).status).toBe(200);
  });
});
