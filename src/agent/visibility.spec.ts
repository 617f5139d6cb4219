/**
 * What an admin has to know of the ownership rules is told three ways: by `status`, by the metrics and in the log.
 */
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { statusScreen } from '../cli/screens/status.ts';
import { describeEvent } from '../observe/log-events.ts';

async function settled() {
  const cluster = createCluster();
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(20_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  return cluster;
}
type Cluster = Awaited<ReturnType<typeof settled>>;

function logOf(cluster: Cluster, router: string): string {
  const own = cluster.events.filter((entry) => entry.router === router);
  return own.map(({ event }) => describeEvent(event).message).join('\n');
}

const screenOf = (cluster: Cluster, router: string) => statusScreen(cluster.router(router).status(), { colour: false });

describe('told by status, metrics and log', () => {
  it('the lock: who holds it, and what that means here', async () => {
    const cluster = await settled();
    expect(screenOf(cluster, 'vrouter1')).toContain('isv: the lock 172.20.136.132 is held by this router');
    expect(screenOf(cluster, 'vrouter2')).toContain(
      'isv: the lock 172.20.136.132 is held by vrouter1, which is the better master',
    );
    expect(await cluster.metrics('vrouter1')).toContain('failoverd_group_holds_lock{group="isv"} 1');
    expect(await cluster.metrics('vrouter2')).toContain('failoverd_group_holds_lock{group="isv"} 0');
    expect(logOf(cluster, 'vrouter1')).toContain('isv: 172.20.136.132, the lock, is held already');
  });

  it('superseded, and the lease of whoever holds the lock', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(30_000);
    const why =
      'superseded, this router claims nothing: the lock 172.20.136.132 is held by vrouter2, which is not heard';
    expect(screenOf(cluster, 'vrouter1')).toContain(`ALARM: isv: ${why}`);
    const metrics = await cluster.metrics('vrouter1');
    expect(metrics).toContain('failoverd_group_superseded{group="isv"} 1');
    expect(metrics).toMatch(/failoverd_holder_lease_unchanged_seconds{group="isv"} [0-3]\b/);
    expect(logOf(cluster, 'vrouter1')).toContain(
      'isv: superseded, this router claims nothing: the lock is held by vrouter2, which is not heard',
    );

    await cluster.crash('vrouter2');
    await cluster.run(7000);
    expect(screenOf(cluster, 'vrouter1')).toMatch(
      /waiting to hear it, or for its lease to expire: unchanged for [3-6] of 9 s/,
    );
    await cluster.run(15_000);
    expect(logOf(cluster, 'vrouter1')).toContain(
      'isv: no longer superseded: the lock is held by vrouter2, whose lease has expired, so that a master claims it',
    );
  });

  it("this router's own lease", async () => {
    const cluster = await settled();
    expect(cluster.router('vrouter2').status().lease).toMatchObject({ stamping: false });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(30_000);
    expect(cluster.router('vrouter2').status().lease).toEqual({ stamping: true, stamped: expect.any(String) });
    expect(screenOf(cluster, 'vrouter2')).toContain('the lease of this router is stamped on its VNIC');
    expect(await cluster.metrics('vrouter2')).toContain('failoverd_lease_stamping 1');
    expect(logOf(cluster, 'vrouter2')).toContain(
      'vrouter1 has not confirmed to hear this master: its lease is stamped on its VNIC from now on',
    );

    cluster.cloud.fail('vrouter2', 'rejected', 'UpdateVnic');
    await cluster.run(10_000);
    expect(screenOf(cluster, 'vrouter2')).toContain("ALARM: the lease on this router's VNIC was not stamped: rejected");
    expect(await cluster.metrics('vrouter2')).toMatch(/failoverd_lease_failures_total [1-9]/);
    expect(logOf(cluster, 'vrouter2')).toContain("the lease on this router's VNIC was not stamped: rejected");

    cluster.cloud.fail('vrouter2', undefined);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.router('vrouter2').status().lease).toMatchObject({ stamping: false });
    expect(logOf(cluster, 'vrouter2')).toContain('the lease on the VNIC of this router is no longer stamped');
  });

  it('verification: that it reads often, how old the last read is, and that it is over', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(5000);
    expect(screenOf(cluster, 'vrouter2')).toContain('every VIP is read each second');
    const during = await cluster.metrics('vrouter2');
    expect(during).toContain('failoverd_group_verifying{group="isv"} 1');
    expect(during).toMatch(/failoverd_vip_verified_age_seconds{group="isv",vip="172.20.136.132"} [01]\b/);
    await cluster.run(10_000);
    expect(await cluster.metrics('vrouter2')).toContain('failoverd_group_verifying{group="isv"} 0');
    expect(logOf(cluster, 'vrouter2')).toContain(
      'isv: somebody else may have claimed: the VIPs are read each second until that is over',
    );
    expect(logOf(cluster, 'vrouter2')).toContain('isv: two reads in a row found every VIP where it belongs');
  });

  it('claims that were too old to be sent', async () => {
    const cluster = await settled();
    cluster.cloud.fail('vrouter2', 'expired-unsent', 'UpdatePrivateIp');
    await cluster.crash('vrouter1');
    await cluster.run(800);
    cluster.cloud.fail('vrouter2', undefined);
    await cluster.run(2000);
    expect(cluster.holders()).toEqual(['vrouter2', 'vrouter2', 'vrouter2']);
    expect(screenOf(cluster, 'vrouter2')).toMatch(
      /isv: .*; \d+ claims were dropped unsent, as they had waited too long/,
    );
    expect(await cluster.metrics('vrouter2')).toMatch(
      /failoverd_vip_claim_failures_total{vip="172.20.136.132",reason="expired-unsent"} [1-9]/,
    );
    expect(logOf(cluster, 'vrouter2')).toContain('isv: 172.20.136.132 was not claimed: expired-unsent');
  });
});
