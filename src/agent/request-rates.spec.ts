/**
 * What a router asks of the API, counted: the table of docs/failure-modes.md says the same, and no fault makes anybody
 * ask at the API's speed.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ClusterOptions, createCluster } from '../../test/simulation/cluster.ts';
import { VIPS } from '../../test/simulation/deployment.ts';

const MINUTE = 60_000;
const LOCK = VIPS[0]?.address ?? '';

async function settled(options: ClusterOptions = {}) {
  // No jitter: every wait of a backoff is the shortest it can be.
  const cluster = createCluster({ random: 0, ...options });
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(40_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  return cluster;
}
type Cluster = Awaited<ReturnType<typeof settled>>;

/** Requests of one router since then, by operation. */
function requestsOf(cluster: Cluster, router: string, since: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const request of cluster.cloud.requests) {
    if (request.router === router && request.at >= since)
      counts[request.operation] = (counts[request.operation] ?? 0) + 1;
  }
  return counts;
}

/** Lets a state last long enough to be what it is, then counts one minute. */
async function minuteOf(cluster: Cluster, router: string, during?: () => Promise<void>): Promise<Rates> {
  await (during?.() ?? cluster.run(3 * MINUTE));
  const since = cluster.now();
  await (during?.() ?? cluster.run(MINUTE));
  const {
    ListPrivateIps = 0,
    GetPrivateIp = 0,
    GetVnic = 0,
    UpdateVnic = 0,
    UpdatePrivateIp = 0,
    Federation = 0,
  } = requestsOf(cluster, router, since);
  return [ListPrivateIps, GetPrivateIp, GetVnic, UpdateVnic, UpdatePrivateIp, Federation];
}

/** Lists, gets, GetVnic, UpdateVnic, UpdatePrivateIp and token requests in a minute. */
type Rates = readonly [number, number, number, number, number, number];

/** Somebody or something puts the VIP elsewhere whenever it is back. */
function fight(cluster: Cluster, address: string): () => Promise<void> {
  return async () => {
    for (let second = 0; second < 60; second += 1) {
      if (cluster.cloud.holder(address) !== 'stranger') cluster.cloud.assign(address, 'stranger');
      await cluster.run(1000);
    }
  };
}

const STATES: Readonly<Record<string, () => Promise<Rates>>> = {
  async 'master, every peer heard'() {
    return minuteOf(await settled(), 'vrouter1');
  },
  async 'backup, standby or fault, the master heard'() {
    const cluster = await settled();
    const backup = await minuteOf(cluster, 'vrouter2');
    cluster.setLink('vrouter2', 'ens5', false);
    expect(await minuteOf(cluster, 'vrouter2')).toEqual(backup);
    return backup;
  },
  async 'master that a peer does not confirm to hear'() {
    const cluster = await settled();
    await cluster.crash('vrouter2');
    return minuteOf(cluster, 'vrouter1');
  },
  async 'the same, and its stamps are refused'() {
    const cluster = await settled();
    cluster.cloud.fail('vrouter1', 'not-found', 'UpdateVnic');
    await cluster.crash('vrouter2');
    await cluster.run(10 * MINUTE);
    return minuteOf(cluster, 'vrouter1');
  },
  async superseded() {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2');
    return minuteOf(cluster, 'vrouter1');
  },
  async 'superseded, and the VNIC of the holder cannot be read'() {
    const cluster = await settled();
    cluster.cloud.fail('vrouter1', 'server-error', 'GetVnic');
    cluster.cut('vrouter1', 'vrouter2');
    return minuteOf(cluster, 'vrouter1');
  },
  async 'master whose claims are answered 429 or 5xx, or not at all'() {
    return failing('throttled');
  },
  async 'master whose claims are answered 409'() {
    return failing('conflict');
  },
  async 'master whose claims are answered 412'() {
    return failing('precondition-failed');
  },
  async 'master whose claims are answered 404'() {
    return failing('not-found');
  },
  async 'master whose claims are answered 401, with every new token'() {
    return failing('unauthenticated');
  },
  async 'the whole API fails'() {
    const cluster = await settled();
    cluster.cloud.fail('vrouter1', 'network');
    return minuteOf(cluster, 'vrouter1');
  },
  async 'somebody takes a VIP from the master again and again'() {
    const cluster = await settled();
    return minuteOf(cluster, 'vrouter1', fight(cluster, VIPS[1]?.address ?? ''));
  },
  async 'somebody takes the lock from the master again and again'() {
    const cluster = await settled();
    return minuteOf(cluster, 'vrouter1', fight(cluster, LOCK));
  },
};

/** vrouter2 has become master, and not one of its claims succeeds. */
async function failing(code: Parameters<Cluster['cloud']['fail']>[1]): Promise<Rates> {
  const cluster = await settled();
  cluster.cloud.fail('vrouter2', code, 'UpdatePrivateIp');
  await cluster.crash('vrouter1');
  return minuteOf(cluster, 'vrouter2');
}

/** The rows of the table under "What it asks of the API". */
function documented(): Readonly<Record<string, readonly number[]>> {
  const page = readFileSync(new URL('../../docs/failure-modes.md', import.meta.url), 'utf8');
  const section = page.split('## What it asks of the API')[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').flatMap((line) => {
    const [state = '', ...numbers] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return /^\d+$/.test(numbers[0] ?? '') ? [[state, numbers.map(Number)] as const] : [];
  });
  return Object.fromEntries(rows);
}

describe('requests in a minute, as docs/failure-modes.md has them', { timeout: 60_000 }, () => {
  it('every state that is counted stands there, and no other', () => {
    expect(Object.keys(documented())).toEqual(Object.keys(STATES));
  });

  for (const [state, count] of Object.entries(STATES)) {
    it(state, async () => {
      const rates = await count();
      const all = rates.reduce((sum, rate) => sum + rate, 0);
      expect([...rates, all]).toEqual(documented()[state]);
    });
  }
});
