import { describe, expect, it } from 'vitest';
import { type Cluster, type ClusterOptions, createCluster } from '../../../test/simulation/cluster.ts';
import type { DoctorCheck } from '../../control/api.ts';
import { checkCluster, checkReleases } from './cluster.ts';

/* Whole routers, one fault at a time: each check can fail, and says so under its name. */

async function settled(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = createCluster(options);
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  // A peer's word about its VNICs counts after half a minute.
  await cluster.run(45_000);
  return cluster;
}

function seenBy(cluster: Cluster, router: string): readonly DoctorCheck[] {
  const { report, alarms } = cluster.router(router).examine();
  return [...checkCluster(report, alarms), ...checkReleases(report)];
}

/** `failed link ens5` for everything that is not well. */
function complaints(checks: readonly DoctorCheck[]): string[] {
  return checks
    .filter(({ result }) => result !== 'ok')
    .map(({ result, check, about }) => `${result} ${check} ${about}`);
}

it('finds nothing in a cluster without a fault, and looks at all of it', async () => {
  const cluster = await settled();
  for (const router of ['vrouter1', 'vrouter2']) expect(complaints(seenBy(cluster, router))).toEqual([]);
  const names = [...new Set(seenBy(cluster, 'vrouter2').map(({ check }) => check))];
  expect(names).toEqual([
    ...['machine', 'freeze', 'mode', 'link', 'superseded', 'master', 'readiness', 'hold', 'holder', 'peer', 'path'],
    ...['adverts', 'clock', 'peer-readiness', 'config-peer', 'peer-link', 'state', 'release'],
  ]);
});

it('says what it cannot know of peers that speak VRRP only', async () => {
  const cluster = await settled({
    primaryAddresses: true,
    configOf: (_, config) => ({ ...config, heartbeat: { ...config.heartbeat, transport: 'ip' } }),
  });
  expect(complaints(seenBy(cluster, 'vrouter1'))).toEqual(['unknown peer vrouter2', 'unknown peer-readiness vrouter2']);
  const byBackup = complaints(seenBy(cluster, 'vrouter2'));
  expect(byBackup).toContain('unknown peer-readiness vrouter1');
  expect(byBackup).not.toContain('unknown peer vrouter1');
});

describe('one fault at a time', () => {
  const faults: readonly {
    readonly fault: string;
    readonly make: (cluster: Cluster) => unknown;
    readonly options?: ClusterOptions;
    readonly by?: string;
    readonly found: readonly string[];
  }[] = [
    { fault: 'a peer dies', make: (cluster) => cluster.crash('vrouter2'), found: ['failed peer vrouter2'] },
    {
      fault: 'one path is silent',
      make: (cluster) => cluster.cut('vrouter1', 'vrouter2', { path: 1 }),
      found: ['warning path vrouter2 10.0.0.3'],
    },
    {
      fault: 'an own link is down',
      make: (cluster) => cluster.setLink('vrouter1', 'ens5', false),
      found: ['failed link ens5', 'failed state vrouter1 isv'],
    },
    {
      fault: "a peer's link is down",
      make: (cluster) => cluster.setLink('vrouter2', 'ens6', false),
      found: ['failed peer-link vrouter2 ens6', 'failed state vrouter2 isv'],
    },
    {
      fault: 'this router has no token',
      make: (cluster) => cluster.cloud.setReady('vrouter1', false),
      found: ['failed readiness isv'],
    },
    {
      fault: 'the peer has none',
      make: (cluster) => cluster.cloud.setReady('vrouter2', false),
      found: ['failed peer-readiness vrouter2'],
    },
    {
      fault: 'claims are frozen',
      make: (cluster) => cluster.router('vrouter2').maintenance.freeze({ on: true }),
      found: ['failed freeze cluster'],
    },
    {
      fault: 'a peer is in standby',
      make: (cluster) => cluster.router('vrouter1').maintenance.standby({ on: true, router: 'vrouter2' }),
      found: ['warning state vrouter2 isv'],
    },
    {
      fault: 'a hold is in force',
      make: (cluster) => cluster.router('vrouter1').switchover.failover({}),
      found: ['warning hold isv'],
    },
    {
      fault: "the peer's clock is off",
      make: (cluster) => cluster.setClock('vrouter2', 60_000),
      found: ['warning clock vrouter2'],
    },
    {
      fault: 'another file',
      options: { configOf: (name, config) => (name === 'vrouter2' ? { ...config, startupDelay: 1 } : config) },
      make: () => undefined,
      found: ['failed config-peer vrouter2'],
    },
    {
      fault: 'it only observes',
      options: { config: { mode: 'observe' } },
      make: () => undefined,
      found: ['warning mode vrouter1'],
    },
    {
      fault: 'a VIP was taken, and claims fail',
      make(cluster) {
        cluster.cloud.fail('vrouter1', 'throttled', 'UpdatePrivateIp');
        cluster.cloud.assign('10.0.0.36', 'vrouter2');
      },
      found: ['failed holder isv 10.0.0.36'],
    },
  ];
  for (const { fault, options, make, found, by = 'vrouter1' } of faults) {
    it(fault, async () => {
      const cluster = await settled(options);
      await make(cluster);
      await cluster.run(12_000);
      const checks = seenBy(cluster, by);
      expect(complaints(checks)).toEqual(found);
      for (const { result, finding, advice } of checks) {
        expect(finding).not.toBe('');
        expect(advice === undefined).toBe(result === 'ok');
      }
    });
  }
});

it('loses no alarm that it does not expect', async () => {
  const cluster = await settled();
  const { report } = cluster.router('vrouter1').examine();
  const alarm = { topic: 'link', about: 'ens99', text: 'interface ens99 is down or missing' } as const;
  expect(complaints(checkCluster(report, [alarm]))).toEqual(['failed link ens99']);
});

it('says when the peer runs another release, or does not tell', async () => {
  const cluster = await settled();
  const { report } = cluster.router('vrouter1').examine();
  const peerOf = (version: string | null) => ({
    ...report,
    routers: report.routers.map((router) => (router.self ? router : { ...router, version })),
  });
  expect(complaints(checkReleases(peerOf('9.9.9')))).toEqual(['warning release vrouter2']);
  expect(complaints(checkReleases(peerOf(null)))).toEqual(['unknown release vrouter2']);
});
