import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { field, type HandClient, handClient } from './hand-client.ts';
import { startSimulator } from './index.ts';
import { createRandom, drawLatency } from './random.ts';
import { loopbackSource, referenceTopology } from './reference-topology.ts';
import type { FaultEffect, FaultRule, ParametersPatch, RequestRecord, Simulator } from './types.ts';

const loopback = { host: '127.0.0.1', port: 0 };
const topology = referenceTopology({ vipsPerSubnet: 2 });
const vip = topology.vips.find(({ address }) => address === '10.0.0.4')?.id ?? '';
const secondVip = topology.vips.find(({ address }) => address === '10.0.0.6')?.id ?? '';
const path = `/privateIps/${vip}`;
const target = { vnicId: topology.instances[1]?.vnics[1]?.id ?? '' };

let simulator: Simulator;
let client: HandClient;
let other: HandClient;

beforeAll(async () => {
  simulator = await startSimulator({ topology, listen: { metadata: loopback, api: loopback } });
});

beforeEach(async () => {
  await simulator.admin.resetParameters();
  for (const { address } of topology.vips) await simulator.admin.assign({ address, to: 'vrouter1' });
  client?.close();
  other?.close();
  client = handClient(simulator);
  other = handClient(simulator, loopbackSource(2));
  await client.login();
  await other.login();
  await simulator.admin.resetRecords();
});

afterAll(async () => {
  client.close();
  other.close();
  await simulator.close();
});

const fault = (effect: FaultEffect, more: Partial<FaultRule> = {}): ParametersPatch => ({
  faults: { f: { operation: 'UpdatePrivateIp', count: 1, effect, ...more } },
});

async function holder(): Promise<string | null | undefined> {
  return (await simulator.admin.state()).vips.find(({ id }) => id === vip)?.instance;
}

async function writes(): Promise<readonly RequestRecord[]> {
  return (await simulator.admin.requests()).filter(({ method }) => method === 'PUT');
}

describe('faults', () => {
  test('a status is answered once, without the write', async () => {
    await simulator.admin.faults(fault({ kind: 'status', status: 503 }));
    const reply = await client.call('PUT', path, target);
    expect([reply.status, field(reply, 'code')]).toEqual([503, 'ServiceUnavailable']);
    expect(await holder()).toBe('vrouter1');
    expect((await simulator.admin.state()).parameters.faults).toEqual({});
    expect((await client.call('PUT', path, target)).status).toBe(200);
    expect((await writes()).map((record) => [record.fault, record.appliedAt !== null])).toEqual([
      ['f', false],
      [null, true],
    ]);
  });

  test('a status may hide that the write happened', async () => {
    await simulator.admin.faults(fault({ kind: 'status', status: 500, applied: true }));
    expect((await client.call('PUT', path, target)).status).toBe(500);
    expect(await holder()).toBe('vrouter2');
  });

  test('a fault hits the instance, object and operation it names', async () => {
    const rule: Partial<FaultRule> = { count: 9, instance: 'vrouter2', target: '10.0.0.4' };
    await simulator.admin.faults(fault({ kind: 'status', status: 429 }, rule));
    expect((await client.call('PUT', path, target)).status).toBe(200);
    expect((await other.call('PUT', `/privateIps/${secondVip}`, target)).status).toBe(200);
    expect((await other.call('GET', path)).status).toBe(200);
    expect((await other.call('PUT', path, target)).status).toBe(429);
  });

  test('a probability and several statuses come from the seed', async () => {
    const run = async () => {
      const effect: FaultEffect = { kind: 'status', status: [429, 500, 503] };
      await simulator.admin.faults({
        seed: 7,
        faults: { f: { operation: '*', probability: 0.5, effect } },
      });
      const statuses: number[] = [];
      for (let round = 0; round < 12; round++) statuses.push((await client.call('GET', path)).status);
      return statuses;
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(2);
  });

  test.each([
    [true, 'vrouter2'],
    [false, 'vrouter1'],
  ])('a hang never answers; applied: %s', async (applied, expected) => {
    await simulator.admin.faults(fault({ kind: 'hang', applied }));
    await expect(client.call('PUT', path, target, { timeout: 80 })).rejects.toThrow('timeout');
    expect(await holder()).toBe(expected);
    expect((await writes()).at(-1)).toMatchObject({ status: null, answeredAt: null });
  });

  test('a lost answer has written, a drop has not', async () => {
    await simulator.admin.faults(fault({ kind: 'drop' }));
    await expect(client.call('PUT', path, target)).rejects.toThrow();
    expect(await holder()).toBe('vrouter1');
    await simulator.admin.faults(fault({ kind: 'lost-answer' }));
    await expect(client.call('PUT', path, target)).rejects.toThrow();
    expect(await holder()).toBe('vrouter2');
  });

  test('a held write comes late, and is checked when it comes', async () => {
    const ifMatch = (await client.call('GET', path)).headers.etag ?? '';
    await simulator.admin.faults(fault({ kind: 'hold' }, { count: 2 }));
    const held = client.call('PUT', path, target, { ifMatch, timeout: 100 });
    await expect(held).rejects.toThrow('timeout');
    await expect(client.call('PUT', path, target, { ifMatch, timeout: 100 })).rejects.toThrow('timeout');
    expect(await holder()).toBe('vrouter1');
    const { held: ids } = await simulator.admin.state();
    expect(ids.length).toBe(2);
    expect(await simulator.admin.release(ids[0])).toEqual([ids[0]]);
    await sleep(5);
    expect(await holder()).toBe('vrouter2');
    await simulator.admin.assign({ id: vip, to: 'vrouter1' });
    expect(await simulator.admin.release()).toEqual([ids[1]]);
    await sleep(5);
    // Its etag is stale by now.
    expect(await holder()).toBe('vrouter1');
    expect((await simulator.admin.state()).held).toEqual([]);
  });

  test('a misspelled parameter or operation is refused', async () => {
    await expect(simulator.admin.faults(JSON.parse('{"latencies":{}}'))).rejects.toThrow(
      'there is no parameter latencies',
    );
    await expect(simulator.admin.faults(JSON.parse('{"faults":{"f":{"operation":"Update"}}}'))).rejects.toThrow(
      'Update',
    );
  });
});

describe('time', () => {
  test('latency passes before and after the write', async () => {
    await simulator.admin.faults({ latency: { '*': 300 }, commitPoint: 0.25 });
    const reply = client.call('PUT', path, target);
    await sleep(180);
    expect(await holder()).toBe('vrouter2');
    await reply;
    const [write] = await writes();
    const applied = (write?.appliedAt ?? 0) - (write?.at ?? 0);
    const answered = (write?.answeredAt ?? 0) - (write?.at ?? 0);
    expect(applied).toBeGreaterThan(70);
    expect(applied).toBeLessThan(180);
    expect(answered).toBeGreaterThan(290);
  });

  test('a write goes on when its client has gone', async () => {
    await simulator.admin.faults({ latency: { UpdatePrivateIp: 400 } });
    await expect(client.call('PUT', path, target, { timeout: 20 })).rejects.toThrow('timeout');
    expect(await holder()).toBe('vrouter1');
    await sleep(280);
    expect(await holder()).toBe('vrouter2');
  });

  test('distributions keep their bounds and their median', () => {
    const random = createRandom(3);
    const draws = Array.from({ length: 2000 }, () =>
      drawLatency({ kind: 'log-normal', median: 100, p99: 900, max: 2000 }, random),
    ).sort((left, right) => left - right);
    expect(draws[1000]).toBeGreaterThan(90);
    expect(draws[1000]).toBeLessThan(111);
    expect(draws[1980]).toBeGreaterThan(650);
    expect(draws[1999]).toBeLessThanOrEqual(2000);
    const uniform = Array.from({ length: 500 }, () => drawLatency({ kind: 'uniform', min: 5, max: 6 }, random));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...uniform)).toBeLessThan(6);
  });

  test('reads lag behind writes, if-match does not', async () => {
    await simulator.admin.faults({ readLag: 400 });
    await sleep(420);
    const before = await client.call('GET', path);
    const written = await client.call('PUT', path, target, { ifMatch: before.headers.etag ?? '' });
    expect((await client.call('GET', path)).headers.etag).toBe(before.headers.etag);
    const list = await client.call('GET', `/privateIps?vnicId=${target.vnicId}`);
    expect(list.text).not.toContain(vip);
    expect((await client.call('PUT', path, {}, { ifMatch: before.headers.etag ?? '' })).status).toBe(412);
    await sleep(420);
    expect((await client.call('GET', path)).headers.etag).toBe(written.headers.etag);
  });
});

describe('limits', () => {
  test('more requests than the rate limit get 429', async () => {
    await simulator.admin.faults({ rateLimit: { perSecond: 5, burst: 3 } });
    const replies = await Promise.all(Array.from({ length: 6 }, () => client.call('GET', path)));
    expect(replies.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(2);
    expect((await other.call('GET', path)).status).toBe(200);
    await sleep(250);
    expect((await client.call('GET', path)).status).toBe(200);
  });

  test('two writes on one VNIC at once conflict when asked to', async () => {
    const both = () =>
      Promise.all(
        [vip, secondVip].map((id) => client.call('PUT', `/privateIps/${id}`, { ...target, displayName: 'x' })),
      );
    await simulator.admin.faults({ latency: { UpdatePrivateIp: 100 } });
    expect((await both()).map(({ status }) => status)).toEqual([200, 200]);
    await simulator.admin.faults({ conflictOnConcurrentVnicUpdates: true });
    expect((await both()).map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await client.call('PUT', path, target)).status).toBe(200);
  });
});

describe('connections', () => {
  test('handshakes are counted by instance, and fresh requests are told', async () => {
    await client.call('GET', path);
    await client.call('GET', path);
    client.close();
    const again = handClient(simulator);
    const token = await again.login();
    await again.call('GET', path, undefined, { token });
    again.close();
    const { byInstance, total } = await simulator.admin.handshakes();
    // `client` and `other` connected before the records were reset.
    expect([byInstance, total]).toEqual([{ vrouter1: 1 }, 1]);
    const fresh = (await simulator.admin.requests()).filter(({ service }) => service !== 'metadata');
    expect(fresh.map((record) => [record.operation, record.fresh])).toEqual([
      ['GetPrivateIp', false],
      ['GetPrivateIp', false],
      ['Federation', true],
      ['GetPrivateIp', false],
    ]);
  });

  test('an idle connection is closed', async () => {
    await simulator.admin.faults({ idleTimeout: 40 });
    await client.call('GET', path);
    await sleep(80);
    await client.call('GET', path);
    expect((await simulator.admin.requests()).map(({ fresh }) => fresh)).toEqual([false, true]);
  });

  test('the API can be refused, dropped and silent, also for one instance', async () => {
    await simulator.admin.faults({ reachability: { api: 'refused' } });
    await expect(client.call('GET', path)).rejects.toMatchObject({ code: expect.stringMatching(/ECONN/) });
    await expect(client.call('GET', path)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await simulator.admin.faults({ reachability: { api: 'up' }, reachabilityOf: { vrouter1: { api: 'dropped' } } });
    await expect(client.call('GET', path)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await other.call('GET', path)).status).toBe(200);
    await simulator.admin.faults({ reachabilityOf: { vrouter1: null, vrouter2: { api: 'hanging' } } });
    expect((await client.call('GET', path)).status).toBe(200);
    await expect(other.call('GET', path, undefined, { timeout: 60 })).rejects.toThrow('timeout');
  });
});
