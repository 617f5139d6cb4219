import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ParametersPatch,
  referenceMac,
  referenceTopology,
  type Simulator,
  startSimulator,
} from '../../test/oci-simulator/index.ts';
import { type Bundles, bundle, type Harness } from './harness.ts';
import type { InterfaceInventory, OciOptions, PrivateIpId, PrivateIpRecord, VnicId } from './types.ts';

let bundles: Bundles;
let simulator: Simulator;
let harness: Harness;
let directory: string;

const topology = referenceTopology({ vipsPerSubnet: 8, holder: 'vrouter2', ipv6: true });
const interfaces = ['ens3', 'ens5', 'ens6'];
const query = interfaces.map((name, index) => ({
  interface: name,
  mac: referenceMac(1, name).toUpperCase(),
  vips: topology.vips
    .filter((vip) => vip.subnet === topology.subnets[index]?.name && !vip.address.includes(':'))
    .map((vip) => vip.address),
}));

beforeAll(async () => {
  bundles = await bundle();
});
afterAll(() => bundles.remove());

async function start(parameters: ParametersPatch = {}, options: Partial<OciOptions> = {}): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'oci-spec-'));
  const listen = { host: '127.0.0.1', port: 0 };
  simulator = await startSimulator({
    topology,
    listen: { metadata: listen, api: listen },
    caDirectory: directory,
    parameters,
  });
  const { endpoints } = simulator;
  harness = bundles.start(
    { region: 'auto', endpoints, requestTimeout: 1_000, connections: 32, ...options },
    join(directory, 'ca.pem'),
  );
}

afterEach(async () => {
  await harness.close();
  await simulator.close();
  await rm(directory, { recursive: true, force: true });
});

const ready = () => harness.until((status) => status.ready);

interface Found {
  readonly record: PrivateIpRecord;
  readonly mine: VnicId;
}

/** Discovers everything; the records of all IPv4 VIPs with this router's VNIC in their subnet. */
async function found(): Promise<readonly Found[]> {
  await ready();
  return vipsOf(await harness.discover(query));
}

function vipsOf(inventory: readonly InterfaceInventory[]): readonly Found[] {
  return inventory.flatMap((entry) =>
    entry.ok ? entry.vips.flatMap((vip) => (vip.ok ? [{ record: vip.record, mine: entry.vnicId }] : [])) : [],
  );
}

const claim = ({ record, mine }: Found) =>
  harness.updatePrivateIp({ privateIpId: record.id, vnicId: mine, etag: record.etag });

async function requests(operation: string) {
  return (await simulator.admin.requests()).filter((request) => request.operation === operation);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('start', () => {
  it('becomes ready by itself and tells region and token', async () => {
    await start();
    expect(await ready()).toMatchObject({ region: 'us-ashburn-1' });
    expect(harness.statuses[0]).toMatchObject({ ready: false, reason: 'waiting for instance metadata and a token' });
    expect(harness.statuses.at(-1)?.tokenExpiresAt).toBeGreaterThan(Date.now() + 15 * 60_000);
  });

  it('waits for metadata and federation as long as it takes, and says what it waits for', async () => {
    await start({ reachability: { metadata: 'refused', api: 'up' } });
    await harness.until((status) => status.reason?.includes('ECONNREFUSED') === true);
    await simulator.admin.faults({ reachability: { metadata: 'up', api: 'refused' } });
    await harness.until((status) => status.reason?.includes('token exchange') === true);
    expect((await harness.getPrivateIp('ocid1.privateip.x' as PrivateIpId)).ok).toBe(false);
    await simulator.admin.faults({ reachability: { api: 'up' } });
    await ready();
  });

  it('tries metadata again after 429 and 404', async () => {
    await start({
      faults: {
        busy: { operation: 'Metadata', count: 2, effect: { kind: 'status', status: 429, html: true } },
        gap: { operation: 'Metadata', path: 'cert.pem', count: 1, effect: { kind: 'status', status: 404, html: true } },
      },
    });
    await ready();
    expect(harness.statuses.filter((status) => !status.ready)).toHaveLength(1);
  });
});

describe('discover', () => {
  it('finds VNICs by MAC address and VIPs by subnet and address', async () => {
    await start();
    const all = await found();
    expect(all).toHaveLength(24);
    const state = await simulator.admin.state();
    for (const { record } of all) {
      expect(record.etag).toBe(state.vips.find((vip) => vip.id === record.id)?.etag);
    }
  });

  it('says per interface and VIP what is missing', async () => {
    await start();
    await ready();
    const [gone, foreign, ens6] = await harness.discover([
      { interface: 'ens3', vips: [] },
      { interface: 'ens5', mac: '02:00:00:00:00:99', vips: [] },
      { interface: 'ens6', mac: referenceMac(1, 'ens6'), vips: ['10.0.0.3', '10.0.0.34', '10.0.0.36'] },
    ]);
    expect(gone).toMatchObject({ ok: false, code: 'not-found', message: 'the kernel has no interface ens3 now' });
    expect(foreign).toMatchObject({ ok: false, message: expect.stringContaining('no VNIC of this instance has it') });
    expect(ens6).toMatchObject({
      ok: true,
      skipSourceDestCheck: true,
      vips: [
        { ok: false, code: 'not-found', message: expect.stringContaining('create it in the console') },
        { ok: false, code: 'rejected', message: expect.stringContaining('primary address') },
        { ok: true, address: '10.0.0.36' },
      ],
    });
  });

  it('names the policy statement behind a 404', async () => {
    await start({ policy: { inspectPrivateIps: false, usePrivateIps: false } });
    await ready();
    const [ens3] = await harness.discover(query.slice(0, 1));
    expect(ens3).toMatchObject({
      ok: true,
      vips: expect.arrayContaining([
        expect.objectContaining({ ok: false, message: expect.stringContaining('use private-ips in compartment') }),
      ]),
    });
  });

  it('serves IPv6 VIPs in any spelling', async () => {
    await start();
    await ready();
    const asked = [{ interface: 'ens5', mac: referenceMac(1, 'ens5'), vips: ['fd00:c0a8:5:0:0:0:0:4'] }];
    const [vip] = vipsOf(await harness.discover(asked));
    expect(vip?.record.id).toContain('ocid1.ipv6.');
    const answer = vip && (await claim(vip));
    expect(answer).toMatchObject({ ok: true, record: { vnicId: vip?.mine } });
  });
});

describe('claims', () => {
  it('go out all at once, on warm connections, without token, key or handshake', async () => {
    await start({ latency: { UpdatePrivateIp: 200 } });
    const all = await found();
    await sleep(300);
    await simulator.admin.resetRecords();
    const started = performance.now();
    const answers = await Promise.all(all.map(claim));
    const duration = performance.now() - started;
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(duration).toBeLessThan(300);
    expect((await simulator.admin.handshakes()).total).toBe(0);
    expect(await requests('Federation')).toHaveLength(0);
    const seen = await requests('UpdatePrivateIp');
    expect(new Set(seen.map((request) => request.connection)).size).toBe(24);
    expect(seen.every((request) => request.ifMatch !== null)).toBe(true);
  });

  it('find every connection open again after the API closed it for idling', async () => {
    await start({ idleTimeout: 1_500 });
    const all = await found();
    await sleep(2_500);
    const before = (await simulator.admin.handshakes()).total;
    expect(before).toBeGreaterThan(25);
    const answers = await Promise.all(all.map(claim));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect((await simulator.admin.handshakes()).total).toBe(before);
  });

  it('never land with a stale etag', async () => {
    await start();
    const [first] = await found();
    if (!first) throw new Error('nothing found');
    await simulator.admin.assign({ id: first.record.id, to: 'vrouter1' });
    await simulator.admin.assign({ id: first.record.id, to: 'vrouter2' });
    expect(await claim(first)).toMatchObject({ ok: false, code: 'precondition-failed', status: 412 });
    const read = await harness.getPrivateIp(first.record.id);
    expect(read).toMatchObject({ ok: true });
    if (read.ok) expect(await claim({ ...first, record: read.record })).toMatchObject({ ok: true });
  });

  it('that fail say how, with the words and the request id of the service', async () => {
    await start();
    const [first] = await found();
    const cases = [
      [400, 'rejected'],
      [401, 'unauthenticated'],
      [404, 'not-found'],
      [409, 'conflict'],
      [429, 'throttled'],
      [500, 'server-error'],
      [503, 'server-error'],
    ] as const;
    for (const [status, code] of cases) {
      await simulator.admin.faults({
        faults: { f: { operation: 'UpdatePrivateIp', effect: { kind: 'status', status } } },
      });
      expect(first && (await claim(first))).toMatchObject({ ok: false, code, status, requestId: expect.any(String) });
    }
    const failures = harness.exchanges.filter((exchange) => exchange.operation === 'UpdatePrivateIp');
    expect(failures.map((exchange) => exchange.failure)).toEqual(cases.map(([, code]) => code));
  });

  it('end with the deadline, and the connection with them', async () => {
    await start({ faults: { f: { operation: 'UpdatePrivateIp', effect: { kind: 'hang', applied: true } } } });
    const [first] = await found();
    const started = performance.now();
    expect(first && (await claim(first))).toMatchObject({ ok: false, code: 'timeout' });
    expect(performance.now() - started).toBeLessThan(1_300);
    await simulator.admin.faults({ faults: { f: null } });
    const read = first && (await harness.getPrivateIp(first.record.id));
    expect(read).toMatchObject({ ok: true, record: { vnicId: first?.mine } });
  });

  it('whose connection breaks are network', async () => {
    await start({ faults: { f: { operation: 'UpdatePrivateIp', count: 1, effect: { kind: 'lost-answer' } } } });
    const [first, second] = await found();
    expect(first && (await claim(first))).toMatchObject({ ok: false, code: 'network' });
    expect(second && (await claim(second))).toMatchObject({ ok: true });
  });

  it('that waited more than 500 ms are dropped unsent', async () => {
    // One connection, taken by a claim that takes longer.
    await start({ latency: { UpdatePrivateIp: 800 } }, { connections: 1 });
    const [first, second] = await found();
    if (!first || !second) throw new Error('nothing found');
    const [one, two] = await Promise.all([claim(first), claim(second)]);
    expect(one).toMatchObject({ ok: true });
    expect(two).toMatchObject({ ok: false, code: 'expired-unsent' });
    await sleep(300);
    expect(await requests('UpdatePrivateIp')).toHaveLength(1);
  });
});

describe('the token', () => {
  it('is renewed ahead of its end, by one exchange, without a failed request', async () => {
    await start({ tokenLifetime: 3_000, latency: { Federation: 100 } });
    const [first] = await found();
    if (!first) throw new Error('nothing found');
    const until = performance.now() + 6_000;
    while (performance.now() < until) {
      const reads = await Promise.all(Array.from({ length: 8 }, () => harness.getPrivateIp(first.record.id)));
      expect(reads.every((read) => read.ok)).toBe(true);
    }
    const exchanges = await requests('Federation');
    expect(exchanges.length).toBeGreaterThanOrEqual(3);
    expect(exchanges.length).toBeLessThanOrEqual(5);
    const seen = await simulator.admin.requests();
    expect(seen.filter((request) => request.status === 401)).toEqual([]);
  });

  it('is renewed once for any number of callers', async () => {
    await start({ latency: { Federation: 100 } }, { requestTimeout: 300 });
    await ready();
    await sleep(400);
    const before = (await requests('Federation')).length;
    const answers = await Promise.all(Array.from({ length: 24 }, () => harness.refreshToken()));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(await requests('Federation')).toHaveLength(before + 1);
  });

  it('that ended and cannot be renewed is told, and no request is sent without one', async () => {
    await start({ tokenLifetime: 2_000 });
    const [first] = await found();
    await simulator.admin.faults({ reachability: { metadata: 'refused', api: 'up' } });
    await harness.until((status) => !status.ready && status.reason?.includes('no valid token') === true);
    const before = (await simulator.admin.requests()).length;
    expect(first && (await claim(first))).toMatchObject({ ok: false, code: 'no-token' });
    expect(await simulator.admin.requests()).toHaveLength(before);
  });
});

describe('readSubnet', () => {
  it('lists, and gets only what changed', async () => {
    await start();
    const all = await found();
    const ens5 = all.filter(
      ({ record }) => record.address.startsWith('10.0.0.') && record.subnetId === all[8]?.record.subnetId,
    );
    const ids = ens5.map(({ record }) => record.id);
    const subnetId = ens5[0]?.record.subnetId;
    const changed = ids[2];
    if (!subnetId || !changed) throw new Error('nothing found');
    await harness.readSubnet(subnetId, ids);
    await simulator.admin.resetRecords();
    await harness.readSubnet(subnetId, ids);
    expect((await simulator.admin.requests()).map((request) => request.operation)).toEqual(['ListPrivateIps']);
    await simulator.admin.assign({ id: changed, to: 'vrouter1' });
    const answers = await harness.readSubnet(subnetId, ids);
    expect(answers.size).toBe(8);
    const state = await simulator.admin.state();
    const now = state.vips.find((vip) => vip.id === changed);
    expect(answers.get(changed)).toMatchObject({ ok: true, record: { vnicId: now?.vnicId, etag: now?.etag } });
    expect(await requests('GetPrivateIp')).toHaveLength(1);
    await simulator.admin.delete(changed);
    expect((await harness.readSubnet(subnetId, ids)).get(changed)).toMatchObject({ ok: false, code: 'not-found' });
  });
});

describe('VNIC tags', () => {
  it('are replaced under the etag', async () => {
    await start();
    const [first] = await found();
    const vnic = first && (await harness.getVnic(first.mine));
    if (!vnic?.ok) throw new Error('no VNIC');
    const { id: vnicId, etag } = vnic.record;
    const freeformTags = { ...vnic.record.freeformTags, 'failoverd-lease': 'vrouter1 1' };
    expect(await harness.tagVnic({ vnicId, etag, freeformTags })).toMatchObject({ ok: true, record: { freeformTags } });
    expect(await harness.tagVnic({ vnicId, etag, freeformTags })).toMatchObject({ code: 'precondition-failed' });
  });
});
