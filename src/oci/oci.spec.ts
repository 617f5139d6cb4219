import { describe, expect, it } from 'vitest';
import { referenceMac } from '../../test/oci-simulator/index.ts';
import { query, sleep, useSimulator, vipsOf } from './fixture.ts';
import type { PrivateIpId } from './types.ts';

const on = useSimulator();
const ready = () => on.harness.until((status) => status.ready);

describe('start', () => {
  it('becomes ready by itself and tells region and token', async () => {
    await on.start();
    expect(await ready()).toMatchObject({ region: 'us-ashburn-1' });
    expect(on.harness.statuses[0]).toMatchObject({ ready: false, reason: 'waiting for instance metadata and a token' });
    expect(on.harness.statuses.at(-1)?.tokenExpiresAt).toBeGreaterThan(Date.now() + 15 * 60_000);
  });

  it('waits for metadata and federation as long as it takes, and says what it waits for', async () => {
    await on.start({ reachability: { metadata: 'refused', api: 'up' } });
    await on.harness.until((status) => status.reason?.includes('ECONNREFUSED') === true);
    await on.simulator.admin.faults({ reachability: { metadata: 'up', api: 'refused' } });
    await on.harness.until((status) => status.reason?.includes('token exchange') === true);
    expect((await on.harness.getPrivateIp('ocid1.privateip.x' as PrivateIpId)).ok).toBe(false);
    await on.simulator.admin.faults({ reachability: { api: 'up' } });
    await ready();
  });

  it('tries metadata again after 429 and 404', async () => {
    await on.start({
      faults: {
        busy: { operation: 'Metadata', count: 2, effect: { kind: 'status', status: 429, html: true } },
        gap: { operation: 'Metadata', path: 'cert.pem', count: 1, effect: { kind: 'status', status: 404, html: true } },
      },
    });
    await ready();
    expect(on.harness.statuses.filter((status) => !status.ready)).toHaveLength(1);
  });
});

describe('discover', () => {
  it('finds VNICs by MAC address and VIPs by subnet and address', async () => {
    await on.start();
    const all = await on.found();
    expect(all).toHaveLength(24);
    const state = await on.simulator.admin.state();
    for (const { record } of all) {
      expect(record.etag).toBe(state.vips.find((vip) => vip.id === record.id)?.etag);
    }
  });

  it('completes in a tenancy that throttles it, with one list of a subnet for all its VIPs', async () => {
    await on.start({ rateLimit: { perSecond: 20, burst: 5 } });
    expect(await on.found()).toHaveLength(24);
    const requests = (await on.simulator.admin.requests()).filter(({ operation }) => operation !== 'Metadata');
    expect(requests.some(({ status }) => status === 429)).toBe(true);
    expect(requests.filter(({ operation, status }) => operation === 'ListPrivateIps' && status === 200)).toHaveLength(
      3,
    );
  });

  it('says per interface and VIP what is missing', async () => {
    await on.start();
    await ready();
    const [gone, foreign, ens6] = await on.harness.discover([
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
    await on.start({ policy: { inspectPrivateIps: false, usePrivateIps: false } });
    await ready();
    const [ens3] = await on.harness.discover(query.slice(0, 1));
    expect(ens3).toMatchObject({
      ok: true,
      vips: expect.arrayContaining([
        expect.objectContaining({ ok: false, message: expect.stringContaining('use private-ips in compartment') }),
      ]),
    });
  });

  it('serves IPv6 VIPs in any spelling', async () => {
    await on.start();
    await ready();
    const asked = [{ interface: 'ens5', mac: referenceMac(1, 'ens5'), vips: ['fd00:c0a8:5:0:0:0:0:4'] }];
    const [vip] = vipsOf(await on.harness.discover(asked));
    expect(vip?.record.id).toContain('ocid1.ipv6.');
    const answer = vip && (await on.claim(vip));
    expect(answer).toMatchObject({ ok: true, record: { vnicId: vip?.mine } });
  });
});

describe('the token', () => {
  it('is renewed ahead of its end, by one exchange, without a failed request', async () => {
    await on.start({ tokenLifetime: 3_000, latency: { Federation: 100 } });
    const [first] = await on.found();
    if (!first) throw new Error('nothing found');
    const until = performance.now() + 6_000;
    while (performance.now() < until) {
      const reads = await Promise.all(Array.from({ length: 8 }, () => on.harness.getPrivateIp(first.record.id)));
      expect(reads.every((read) => read.ok)).toBe(true);
    }
    const exchanges = await on.requests('Federation');
    expect(exchanges.length).toBeGreaterThanOrEqual(3);
    expect(exchanges.length).toBeLessThanOrEqual(5);
    const seen = await on.simulator.admin.requests();
    expect(seen.filter((request) => request.status === 401)).toEqual([]);
  });

  it('is renewed once for any number of callers', async () => {
    await on.start({ latency: { Federation: 100 } }, { requestTimeout: 300 });
    await ready();
    await sleep(400);
    const before = (await on.requests('Federation')).length;
    const answers = await Promise.all(Array.from({ length: 24 }, () => on.harness.refreshToken()));
    expect(answers.every((answer) => answer.ok)).toBe(true);
    expect(await on.requests('Federation')).toHaveLength(before + 1);
  });

  it('that ended and cannot be renewed is told, and no request is sent without one', async () => {
    await on.start({ tokenLifetime: 2_000 });
    const [first] = await on.found();
    await on.simulator.admin.faults({ reachability: { metadata: 'refused', api: 'up' } });
    await on.harness.until((status) => !status.ready && status.reason?.includes('no valid token') === true);
    const before = (await on.simulator.admin.requests()).length;
    expect(first && (await on.claim(first))).toMatchObject({ ok: false, code: 'no-token' });
    expect(await on.simulator.admin.requests()).toHaveLength(before);
  });
});

describe('readSubnet', () => {
  it('lists, and gets only what changed', async () => {
    await on.start();
    const all = await on.found();
    const ens5 = all.filter(
      ({ record }) => record.address.startsWith('10.0.0.') && record.subnetId === all[8]?.record.subnetId,
    );
    const ids = ens5.map(({ record }) => record.id);
    const subnetId = ens5[0]?.record.subnetId;
    const changed = ids[2];
    if (!subnetId || !changed) throw new Error('nothing found');
    await on.harness.readSubnet(subnetId, ids);
    await on.simulator.admin.resetRecords();
    await on.harness.readSubnet(subnetId, ids);
    expect((await on.simulator.admin.requests()).map((request) => request.operation)).toEqual(['ListPrivateIps']);
    await on.simulator.admin.assign({ id: changed, to: 'vrouter1' });
    const answers = await on.harness.readSubnet(subnetId, ids);
    expect(answers.size).toBe(8);
    const state = await on.simulator.admin.state();
    const now = state.vips.find((vip) => vip.id === changed);
    expect(answers.get(changed)).toMatchObject({ ok: true, record: { vnicId: now?.vnicId, etag: now?.etag } });
    expect(await on.requests('GetPrivateIp')).toHaveLength(1);
    await on.simulator.admin.delete(changed);
    expect((await on.harness.readSubnet(subnetId, ids)).get(changed)).toMatchObject({ ok: false, code: 'not-found' });
  });
});

describe('VNIC tags', () => {
  it('are replaced under the etag', async () => {
    await on.start();
    const [first] = await on.found();
    const vnic = first && (await on.harness.getVnic(first.mine));
    if (!vnic?.ok) throw new Error('no VNIC');
    const { id: vnicId, etag } = vnic.record;
    const freeformTags = { ...vnic.record.freeformTags, 'failoverd-lease': 'vrouter1 1' };
    expect(await on.harness.tagVnic({ vnicId, etag, freeformTags })).toMatchObject({
      ok: true,
      record: { freeformTags },
    });
    expect(await on.harness.tagVnic({ vnicId, etag, freeformTags })).toMatchObject({ code: 'precondition-failed' });
  });
});
