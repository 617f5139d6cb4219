/**
 * The migration from Pacemaker in docs/migrating.md, typed on a Debian machine with Debian's Pacemaker, Corosync and pcs: a
 * cluster of one router with the patched resource agent, and failoverd beside it, there and back. There is no cloud: what
 * the agent would ask of it is recorded, and failoverd is not ready. What the page says of addresses and services is shown.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addReferenceNics } from './reference-nics.ts';
import { bootMachine, type Machine } from './systemd/machine.ts';
import { manual } from './systemd/manual.ts';

const PATIENCE = 60_000;
const VIP = '172.20.136.132';
const AGENT = '/usr/lib/ocf/resource.d/heartbeat/IPaddr2';
/** What the agent's commands ask for on vrouter1, once. */
const CLAIM = ['172.20.136.132', '10.0.0.4', '10.0.0.36'];

let machine: Machine;

beforeAll(async () => {
  if (!existsSync('dist/failoverd.js')) throw new Error('there is no dist/failoverd.js: npm run build comes first');
  machine = await bootMachine('vrouter1', 'pacemaker.sh');
  await addReferenceNics((command) => machine.ip(command));
  await machine.run(['/mnt/test/e2e/systemd/cluster.sh', '/mnt']);
  await until('the resource', resource, (text) => text.includes('Started vrouter1'));
});

afterAll(() => machine?.stop());

/** Types a block of the page. */
function type(name: string, mark: 'live' | 'tested' = 'live'): Promise<string> {
  return machine.run(['bash', '-e'], manual(name, 'migrating.md', mark));
}

/** Asks until the answer fits, and says the last one when it never does. */
async function until<T>(what: string, ask: () => Promise<T>, fits: (value: T) => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const value = await ask();
    if (fits(value)) return;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${PATIENCE} ms: ${JSON.stringify(value)}`);
    await sleep(250);
  }
}

/** What Pacemaker says of its resource, with its failures. */
async function resource(): Promise<string> {
  const { stdout } = await machine.attempt(['crm_mon', '--one-shot', '--inactive', '--failcounts']);
  const lines = stdout.split('\n').filter((line) => line.includes('Cluster_VIP'));
  return lines.map((line) => line.replace(/\s+/g, ' ').trim()).join('\n');
}

/** Nothing is left that the cluster would want to do. */
async function settle(): Promise<void> {
  await machine.run(['crm_resource', '--wait', '--timeout=60']);
}

/** With which prefix lengths the VIP is on an interface. */
async function prefixes(nic: string, vip: string): Promise<string[]> {
  const text = await machine.ip(`-oneline -4 address show dev ${nic}`);
  return [...text.matchAll(/ inet (\S+)\/(\d+) /g)].flatMap(([, address, length = '']) =>
    address === vip ? [length] : [],
  );
}

/** The addresses that the agent asked OCI for, in order. */
async function claims(): Promise<string[]> {
  const calls = await machine.run(['cat', '/root/oci.calls']);
  return [...calls.matchAll(/ assign-private-ip .*--vnic-id ocid1\.\S+ .*--ip-address (\S+)$/gm)].map(
    ([, address = '']) => address,
  );
}

async function states(...units: readonly string[]): Promise<string> {
  const { stdout } = await machine.attempt(['systemctl', 'is-active', ...units]);
  return stdout.trim().replaceAll('\n', ' ');
}

async function enabled(...units: readonly string[]): Promise<string> {
  const { stdout } = await machine.attempt(['systemctl', 'is-enabled', ...units]);
  return stdout.trim().replaceAll('\n', ' ');
}

/** Both run, Pacemaker touches nothing, and the VIP stays as the agent made it. */
async function expectBoth(): Promise<void> {
  await until(
    'the VIPs that were not there',
    async () => [...(await prefixes('ens5', '10.0.0.4')), ...(await prefixes('ens6', '10.0.0.36'))],
    (lengths) => lengths.join() === '32,32',
  );
  expect(await states('corosync', 'pacemaker', 'failoverd')).toBe('active active active');
  expect(await resource()).toMatch(/Started vrouter1 \(unmanaged\)$/);
  expect(await prefixes('ens3', VIP)).toEqual(['25']);
}

test('the resource runs, and the agent claimed the VIPs', async () => {
  expect(await prefixes('ens3', VIP)).toEqual(['25']);
  expect(await claims()).toEqual(CLAIM);
});

test('what the cluster says of itself is collected and converted', async () => {
  await machine.run(['bash', '-e'], `cd /mnt\n${manual('install')}`);
  await type('collect-pacemaker', 'tested');
  await type('pacemaker-config');
  // The other routers of the agent.
  for (const router of ['vrouter2', 'vrouter3']) {
    await machine.run(['cp', `/mnt/test/data/import/pacemaker/${router}.json`, '/srv/migration']);
  }
  await type('import-pacemaker', 'tested');
  // There are no constraints, and `pcs config` has their headings.
  expect(await machine.run(['cat', '/srv/migration/failoverd.yaml'])).not.toContain('order and colocation');
  expect(await type('pacemaker-install')).toContain('no mistakes, seen as vrouter1: 3 routers, 1 group, 3 VIPs');
});

test('in maintenance mode failoverd runs beside Pacemaker', async () => {
  expect(await type('pacemaker-maintenance')).toMatch(/Cluster_VIP\s.*Started vrouter1 \(unmanaged\)/);
  expect(await type('pacemaker-forward')).toContain('virtualrouter');
  await expectBoth();
  expect(await claims()).toEqual(CLAIM);
});

test('the agent takes an address of failoverd for its own only with the same prefix length', async () => {
  const monitor = async (length: number): Promise<number> => {
    const parameters = ['OCF_ROOT=/usr/lib/ocf', 'OCF_RESKEY_ip=10.0.0.4', `OCF_RESKEY_cidr_netmask=${length}`];
    const { code } = await machine.attempt(['env', ...parameters, AGENT, 'monitor']);
    return code;
  };
  // OCF_NOT_RUNNING and OCF_SUCCESS.
  expect([await monitor(28), await monitor(32)]).toEqual([7, 0]);
});

test('the way back: Pacemaker finds its resource, and claims when it is told to', async () => {
  await type('pacemaker-stop-failoverd');
  await type('pacemaker-resume');
  await settle();
  expect(await resource()).toMatch(/Started vrouter1$/);
  expect(await prefixes('ens3', VIP)).toEqual(['25']);
  expect(await claims()).toEqual(CLAIM);

  await type('pacemaker-claim');
  await settle();
  expect(await resource()).toMatch(/Started vrouter1$/);
  expect(await prefixes('ens3', VIP)).toEqual(['25']);
  expect(await claims()).toEqual([...CLAIM, ...CLAIM]);
});

test('an address of failoverd does not stand in for one that Pacemaker gave and somebody took', async () => {
  await type('pacemaker-maintenance');
  await machine.ip(`address del ${VIP}/25 dev ens3`);
  await machine.ip(`address add ${VIP}/32 dev ens3`);
  await type('pacemaker-resume');
  await settle();
  expect(await resource()).toMatch(/Stopped[\s\S]*fail-count=1/);
  expect(await claims()).toEqual([...CLAIM, ...CLAIM]);

  await type('pacemaker-cleanup');
  await settle();
  expect(await resource()).toMatch(/Started vrouter1$/);
  expect(await claims()).toEqual([...CLAIM, ...CLAIM, ...CLAIM]);
  await machine.ip(`address del ${VIP}/32 dev ens3`);
});

test('Pacemaker stops and is not started again, and the VIP stays; there is a way back from there', async () => {
  await type('pacemaker-maintenance');
  await type('pacemaker-forward');
  await type('pacemaker-stop');
  expect(await states('corosync', 'pacemaker', 'failoverd')).toBe('inactive inactive active');
  expect(await enabled('corosync', 'pacemaker', 'failoverd')).toBe('disabled disabled enabled');
  expect(await prefixes('ens3', VIP)).toEqual(['25']);

  await type('pacemaker-start');
  await until('the resource', resource, (text) => text.endsWith('Started vrouter1 (unmanaged)'));
  await expectBoth();
  expect(await enabled('corosync', 'pacemaker')).toBe('enabled enabled');
  expect(await claims()).toEqual([...CLAIM, ...CLAIM, ...CLAIM]);
});

// Without stopping the cluster once more: in maintenance mode it does not look.
test("the agent is Debian's again, and failoverd's address comes where the agent's goes", async () => {
  await type('pacemaker-remove');
  expect(await machine.run(['dpkg', '--verify', 'resource-agents'])).toBe('');
  await machine.ip(`address del ${VIP}/25 dev ens3`);
  await until(
    'the address of failoverd',
    () => prefixes('ens3', VIP),
    (lengths) => lengths.join() === '32',
  );
});
