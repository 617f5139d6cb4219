import { describe, expect, it } from 'vitest';
import { createDoctor } from '../../src/agent/doctor/doctor.ts';
import { watchWrites } from '../../src/agent/doctor/writes.ts';
import type { DoctorCheck, DoctorReport } from '../../src/control/api.ts';
import { STATUS } from '../../src/control/control.test-support.ts';
import { useSimulator } from '../../src/oci/fixture.ts';
import type { OciStatus } from '../../src/oci/types.ts';
import { loadedFor, ROUTERS, referenceConfig } from '../simulation/deployment.ts';
import { referenceMac } from './index.ts';

/* The doctor over the real OCI side and the simulated cloud, one fault at a time. */

const on = useSimulator();
const reference = referenceConfig(ROUTERS.slice(0, 2));
const loaded = loadedFor('vrouter1', { ...reference, oci: { ...reference.oci, requestTimeout: 6000 } });
const query = loaded.config.groups.flatMap(({ interfaces }) =>
  interfaces.map(({ name, vips }) => ({
    interface: name,
    mac: referenceMac(1, name),
    vips: vips.map(({ address }) => address),
  })),
);

/** The doctor of a router whose OCI side runs against the simulator; `act` may write through the same client. */
async function examine(
  act: (client: ReturnType<typeof watchWrites<typeof on.harness>>['client']) => Promise<unknown> = async () =>
    undefined,
): Promise<DoctorReport> {
  const { client, writes } = watchWrites(on.harness, Date.now);
  await act(client);
  const status: OciStatus = on.harness.statuses.at(-1) ?? { ready: false };
  const { ready, reason, tokenExpiresAt } = status;
  const oci = {
    ready,
    ...(reason !== undefined && { reason }),
    ...(tokenExpiresAt !== undefined && { tokenExpiresAt: new Date(tokenExpiresAt).toISOString() }),
  };
  const doctor = createDoctor({
    examine: () => ({ loaded, report: { ...STATUS, oci }, alarms: [], query }),
    onDisk: async () => ({ digest: loaded.digest, code: 0, complaints: [] }),
    oci: client,
    writes,
    system: async () => ({
      kernel: [],
      links: new Map(),
      addresses: [],
      notified: true,
      watchdogInterval: 5000,
      socket: { mode: 0o660, forGroup: true },
      metricsListen: true,
      stateWritable: true,
    }),
    now: () => performance.now(),
    wall: Date.now,
  });
  return doctor();
}

/** What the cloud is asked about, and is not well. */
const CLOUD = new Set([
  ...['token', 'metadata', 'federation', 'network-api', 'connections', 'vnic', 'forwarding', 'vip', 'prefix'],
  ...['claim', 'lease', 'route'],
]);
function complaints({ checks }: DoctorReport, except: readonly string[] = ['claim', 'lease']): string[] {
  return (
    checks
      .filter(({ check, result }) => CLOUD.has(check) && result !== 'ok' && !except.includes(check))
      .map(({ result, check, about }) => `${result} ${check} ${about}`)
      // Seven more VIPs of each POD are none of this configuration's, and rules lead to them.
      .filter((complaint) => !complaint.startsWith('warning route pods'))
  );
}
const named = ({ checks }: DoctorReport, check: string): readonly DoctorCheck[] =>
  checks.filter((each) => each.check === check);

/** Nothing is routed to the transit VIP in the simulated VCN. */
const UNROUTED = 'unknown route 172.20.136.132';

it('finds nothing in a cloud without a fault, and looks at all of it', async () => {
  await on.start();
  await on.found();
  const report = await examine();
  expect(complaints(report)).toEqual([UNROUTED]);
  for (const check of CLOUD) expect(named(report, check)).not.toEqual([]);
  expect(named(report, 'route').map(({ about }) => about)).toContain('10.0.0.4');
});

it('writes nothing', async () => {
  await on.start();
  await on.found();
  await on.simulator.admin.resetRecords();
  await examine();
  const methods = (await on.simulator.admin.requests()).map(({ operation }) => operation);
  expect(methods.filter((operation) => /Update|Create|Delete|Detach/.test(operation ?? ''))).toEqual([]);
  // Not the token: one that has just come is not asked for again.
  for (const read of ['Metadata', 'GetVnic', 'GetPrivateIp', 'ListRouteTables']) expect(methods).toContain(read);
});

it('finds one fault after the other', { timeout: 240_000 }, async () => {
  await on.start({}, { requestTimeout: 6000 });
  await on.found();
  const ALL = ['172.20.136.132', '10.0.0.4', '10.0.0.36'];
  const NICS = ['ens3', 'ens5', 'ens6'];
  const each = (check: string, of: readonly string[]) => of.map((about) => `failed ${check} ${about}`);
  const faults: readonly { readonly fault: string; readonly make: () => Promise<unknown>; readonly found: string[] }[] =
    [
      {
        fault: 'instance metadata is gone',
        make: () => on.simulator.admin.faults({ reachability: { metadata: 'refused' } }),
        found: [
          'failed metadata OCI',
          'failed federation OCI',
          'failed network-api OCI',
          ...each('vnic', NICS),
          'unknown route OCI',
        ],
      },
      {
        fault: 'the token exchange fails',
        make: () =>
          on.simulator.admin.faults({
            faults: { exchange: { operation: 'Federation', effect: { kind: 'status', status: 503 } } },
          }),
        found: ['failed federation OCI', UNROUTED],
      },
      {
        fault: 'the network API is slow',
        make: () => on.simulator.admin.faults({ latency: { GetVnic: 3200 } }),
        found: ['warning network-api OCI', UNROUTED],
      },
      {
        fault: 'the policy shows no VNICs',
        make: () => on.simulator.admin.faults({ policy: { inspectVnics: false, useVnics: false } }),
        found: ['failed network-api OCI', ...each('vnic', NICS), 'unknown route OCI'],
      },
      {
        fault: 'the policy shows no private IPs',
        make: () => on.simulator.admin.faults({ policy: { inspectPrivateIps: false, usePrivateIps: false } }),
        found: each('vip', ALL),
      },
      {
        fault: 'the policy shows no route tables',
        make: () => on.simulator.admin.faults({ policy: { inspectRouteTables: false } }),
        found: ['unknown route OCI'],
      },
      {
        fault: 'a VIP was deleted',
        make: () => on.simulator.admin.delete('10.0.0.4'),
        found: ['failed vip 10.0.0.4', UNROUTED, 'failed route pods 192.168.0.0/24'],
      },
    ];
  for (const { fault, make, found } of faults) {
    await make();
    // A young session is not renewed: the exchange would not be asked.
    await new Promise((resolve) => setTimeout(resolve, 6_100));
    expect(complaints(await examine()), fault).toEqual(found);
    await on.simulator.admin.resetParameters();
    await on.harness.until((status) => status.ready);
  }
});

describe('permissions are proven by writes alone', () => {
  it('before any, it says that nothing is proven', async () => {
    await on.start();
    await on.found();
    const report = await examine();
    for (const check of [...named(report, 'claim'), ...named(report, 'lease')]) expect(check.result).toBe('unknown');
  });

  it('a claim and a tag that were allowed', async () => {
    await on.start();
    const vips = await on.found();
    const report = await examine(async (client) => {
      const [first] = vips.filter(({ record }) => record.address === '10.0.0.4');
      if (first === undefined) throw new Error('10.0.0.4 was not found');
      const { record, mine } = first;
      await client.updatePrivateIp({ privateIpId: record.id, vnicId: mine, etag: record.etag });
      const vnic = await client.getVnic(mine);
      if (vnic.ok) await client.tagVnic({ vnicId: mine, etag: vnic.record.etag, freeformTags: { a: 'b' } });
    });
    expect(named(report, 'claim').map(({ about, result }) => `${result} ${about}`)).toContain('ok 10.0.0.4');
    expect(named(report, 'lease').map(({ about, result }) => `${result} ${about}`)).toContain('ok ens5');
  });

  it('a claim and a tag that the policy forbids', async () => {
    await on.start({ policy: { usePrivateIps: false, useVnics: false } });
    const vips = await on.found();
    const report = await examine(async (client) => {
      const [first] = vips.filter(({ record }) => record.address === '10.0.0.4');
      if (first === undefined) throw new Error('10.0.0.4 was not found');
      const { record, mine } = first;
      await client.updatePrivateIp({ privateIpId: record.id, vnicId: mine, etag: record.etag });
      const vnic = await client.getVnic(mine);
      if (vnic.ok) await client.tagVnic({ vnicId: mine, etag: vnic.record.etag, freeformTags: { a: 'b' } });
    });
    expect(named(report, 'claim')).toMatchObject([{ about: '10.0.0.4', result: 'failed' }]);
    expect(named(report, 'lease').filter(({ result }) => result === 'failed')).toMatchObject([{ about: 'ens5' }]);
  });
});
