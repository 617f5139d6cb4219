/** No fault makes two routers, or a router and somebody else, fight at the API's speed. */
import { describe, expect, it } from 'vitest';
import { type ClusterOptions, createCluster } from '../../test/simulation/cluster.ts';
import { VIPS, vipsPerSubnet } from '../../test/simulation/deployment.ts';

const MINUTE = 60_000;

async function settled(options: ClusterOptions = {}) {
  const cluster = createCluster({ random: 0, ...options });
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(40_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  return cluster;
}
type Cluster = Awaited<ReturnType<typeof settled>>;

/** UpdatePrivateIp of all routers in the worst minute, for one VIP on average. */
function claimsInTheWorstMinute(cluster: Cluster, since: number, vips = VIPS.length): number {
  const times = cluster.cloud.requests.flatMap(({ at, operation }) =>
    operation === 'UpdatePrivateIp' && at >= since ? [at] : [],
  );
  let worst = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while ((times[first] ?? 0) <= (times[last] ?? 0) - MINUTE) first += 1;
    worst = Math.max(worst, last - first + 1);
  }
  return worst / vips;
}

describe('claims in the worst minute', { timeout: 60_000 }, () => {
  for (const [from, to] of [
    ['vrouter1', 'vrouter2'],
    ['vrouter2', 'vrouter1'],
  ] as const) {
    it(`what ${from} sends to ${to} is lost: at most two for each VIP, and then none`, async () => {
      const cluster = await settled();
      const since = cluster.now();
      cluster.cut(from, to, { oneWay: true });
      await cluster.run(MINUTE);
      expect(claimsInTheWorstMinute(cluster, since)).toBeLessThanOrEqual(2);
      const later = cluster.now();
      await cluster.run(10 * MINUTE);
      expect(claimsInTheWorstMinute(cluster, later)).toBe(0);
    });
  }

  for (const [apart, together] of [
    [1000, 1000],
    [3000, 3000],
    [5000, 2000],
    [12_000, 6000],
  ] as const) {
    it(`a partition that comes and goes, ${apart} ms apart and ${together} ms together: two for each of its turns`, async () => {
      const cluster = await settled();
      const since = cluster.now();
      for (let at = 0; at < 5 * MINUTE; at += apart + together) {
        cluster.cut('vrouter1', 'vrouter2');
        await cluster.run(apart);
        cluster.heal('vrouter1', 'vrouter2');
        await cluster.run(together);
      }
      // A minute sees parts of one turn more than it has room for.
      const turns = Math.ceil(MINUTE / (apart + together)) + 1;
      expect(claimsInTheWorstMinute(cluster, since)).toBeLessThanOrEqual(2 * turns);
      await cluster.run(20_000);
      expect(cluster.masters()).toEqual(['vrouter1']);
      expect(new Set(cluster.holders())).toEqual(new Set(['vrouter1']));
    });
  }

  it('a script takes every VIP away the moment it is back: one each two seconds', async () => {
    const cluster = await settled();
    const since = cluster.now();
    for (let at = 0; at < 3 * MINUTE; at += 50) {
      for (const { address } of VIPS) {
        if (cluster.cloud.holder(address) === 'vrouter1') cluster.cloud.assign(address, 'stranger');
      }
      await cluster.run(50);
    }
    const worst = claimsInTheWorstMinute(cluster, since);
    expect(worst).toBeGreaterThan(1);
    expect(worst).toBeLessThanOrEqual(30);
    await cluster.run(20_000);
    expect(new Set(cluster.holders())).toEqual(new Set(['vrouter1']));
  });

  it('a console gives every VIP to the other router each second: the master takes it back each two seconds', async () => {
    const cluster = await settled();
    const since = cluster.now();
    for (let at = 0; at < 3 * MINUTE; at += 1000) {
      for (const { address } of VIPS) {
        if (cluster.cloud.holder(address) === 'vrouter1') cluster.cloud.assign(address, 'vrouter2');
      }
      await cluster.run(1000);
    }
    expect(claimsInTheWorstMinute(cluster, since)).toBeLessThanOrEqual(30);
    await cluster.run(20_000);
    expect(new Set(cluster.holders())).toEqual(new Set(['vrouter1']));
  });

  for (const code of [
    'conflict',
    'precondition-failed',
    'throttled',
    'server-error',
    'unauthenticated',
    'not-found',
    'timeout',
  ] as const) {
    it(`every claim is answered ${code}: one a second for each VIP, once the first ones failed`, async () => {
      const cluster = await settled({ vips: vipsPerSubnet(8) });
      cluster.cloud.fail('vrouter2', code, 'UpdatePrivateIp');
      await cluster.crash('vrouter1');
      await cluster.run(10_000);
      const since = cluster.now();
      await cluster.run(2 * MINUTE);
      const worst = claimsInTheWorstMinute(cluster, since, 24);
      expect(worst).toBeGreaterThan(1);
      expect(worst).toBeLessThanOrEqual(60);
    });
  }
});

describe('a tenancy that serves 20 requests a second, of all routers together', { timeout: 60_000 }, () => {
  it('a failover of 24 VIPs completes within seconds, the lock first', async () => {
    const cluster = await settled({ vips: vipsPerSubnet(8), throttle: 20, random: 0.5 });
    const since = cluster.now();
    await cluster.crash('vrouter1');
    await cluster.run(15_000);
    expect(new Set(cluster.holders())).toEqual(new Set(['vrouter2']));
    expect(cluster.masters()).toEqual(['vrouter2']);
    const moved = cluster.cloud.moves.filter(({ at }) => at >= since);
    expect(moved).toHaveLength(24);
    const refused = cluster.cloud.requests.filter(({ at, failure }) => at >= since && failure === 'throttled');
    expect(refused.length).toBeGreaterThan(0);
  });

  it('even while somebody else uses most of it', async () => {
    const cluster = await settled({ vips: vipsPerSubnet(8), throttle: 3, random: 0.5 });
    await cluster.crash('vrouter1');
    await cluster.run(60_000);
    expect(new Set(cluster.holders())).toEqual(new Set(['vrouter2']));
  });
});
