/** The simulator as the lab uses it: its own process, the admin socket, the fabric; and the real SDK as its client. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectAdmin } from './client.ts';
import { monotonicNow } from './clock.ts';
import { ocid } from './ocid.ts';
import { referenceTopology } from './reference-topology.ts';
import type { Admin, ReadyLine, SimulatorConfig } from './types.ts';

const here = import.meta.dirname;
const topology = referenceTopology();
let directory: string;
let script: string;
let running: { child: ChildProcess; ready: ReadyLine; admin: Admin };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'oci-simulator-'));
  script = join(directory, 'oci-simulator.mjs');
  await build({ entryPoints: [join(here, 'main.ts')], outfile: script, bundle: true, platform: 'node', format: 'esm' });
  running = await start();
});

afterAll(async () => {
  await stop();
  await rm(directory, { recursive: true, force: true });
});

async function start() {
  const adminSocket = join(directory, 'admin.sock');
  const config: SimulatorConfig = {
    topology,
    listen: { metadata: { host: '127.0.0.1', port: 0 }, api: { host: '127.0.0.1', port: 0 } },
    caDirectory: join(directory, 'ca'),
    adminSocket,
    // Stands for `ip -batch -`: keeps what it is told.
    fabric: { command: ['sh', '-c', 'exec cat >"$0"', join(directory, 'fabric')] },
  };
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  const child = spawn(process.execPath, [script, join(directory, 'config.json')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.on('exit', (code) => reject(new Error(`the simulator ended with ${code}`)));
  });
  return { child, ready: JSON.parse(line) as ReadyLine, admin: connectAdmin(adminSocket) };
}

async function stop(): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => running.child.once('exit', resolve));
  running.child.kill('SIGTERM');
  return ended;
}

async function probe(address: string, vnicId: string): Promise<unknown> {
  const { ready } = running;
  const origin = `https://localhost:${ready.api.port}`;
  const metadata = `http://127.0.0.1:${ready.metadata.port}/opc/v2/`;
  const subnet = topology.subnets.find(({ name }) => name === 'pod1')?.id ?? '';
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(here, 'sdk-probe.mjs'), metadata, origin, origin, subnet, address, vnicId],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: ready.caFile } },
  );
  return JSON.parse(stdout);
}

const vnicOf = (router: number) => topology.instances[router - 1]?.vnics[1]?.id ?? '';

test('the real SDK gets a token and moves a VIP', async () => {
  await running.admin.resetRecords();
  const started = monotonicNow();
  expect(await probe('10.0.0.4', vnicOf(2))).toEqual({
    before: vnicOf(1),
    after: vnicOf(2),
    etagChanged: true,
    requestId: expect.stringContaining('/'),
    stale: { statusCode: 412, serviceCode: 'NoEtagMatch' },
    mac: '02:00:17:00:02:05',
    tags: { lease: '1' },
  });
  const requests = await running.admin.requests();
  expect(
    requests.filter(({ service }) => service !== 'metadata').map(({ operation, status }) => [operation, status]),
  ).toEqual([
    ['Federation', 200],
    ['ListPrivateIps', 200],
    ['GetPrivateIp', 200],
    ['UpdatePrivateIp', 200],
    ['UpdatePrivateIp', 412],
    ['GetVnic', 200],
    ['UpdateVnic', 200],
  ]);
  // One clock for both processes.
  for (const { at } of requests) expect(at > started && at < monotonicNow()).toBe(true);
});

test('the fabric follows every change of holder', async () => {
  await running.admin.resetRecords();
  await running.admin.assign({ address: '10.0.0.36', to: 'vrouter2' });
  await running.admin.assign({ address: '10.0.0.36', to: null });
  await sleep(50);
  const lines = (await readFile(join(directory, 'fabric'), 'utf8')).trim().split('\n');
  const neighbour = (address: string, mac: string, device: string) =>
    `neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`;
  expect(lines.slice(0, 3)).toEqual([
    neighbour('172.20.136.132', '02:00:17:00:01:03', 'br-ens3'),
    neighbour('10.0.0.4', '02:00:17:00:01:05', 'br-ens5'),
    neighbour('10.0.0.36', '02:00:17:00:01:06', 'br-ens6'),
  ]);
  expect(lines.slice(-2)).toEqual([
    neighbour('10.0.0.36', '02:00:17:00:02:06', 'br-ens6'),
    neighbour('10.0.0.36', '02:00:00:00:00:00', 'br-ens6'),
  ]);
  const journal = await running.admin.journal();
  expect(journal).toMatchObject([
    { toInstance: 'vrouter2', instance: null, fabricAt: expect.any(Number) },
    { fromInstance: 'vrouter2', toVnic: null },
  ]);
  expect((await running.admin.state()).fabricFailure).toBeNull();
});

test('a new POD comes while it runs', async () => {
  const subnet = {
    name: 'pod3',
    id: ocid('subnet', 'iad', 'pod3'),
    cidr: '10.0.0.64/28',
    virtualRouterIp: '10.0.0.65',
    bridge: 'br-ens7',
  };
  const vnics = [1, 2].map((router) => ({
    instance: `vrouter${router}`,
    interface: 'ens7',
    id: ocid('vnic', 'iad', `vrouter${router} ens7`),
    subnet: 'pod3',
    mac: `02:00:17:00:0${router}:07`,
    privateIp: `10.0.0.${65 + router}`,
    privateIpId: ocid('privateip', 'iad', `vrouter${router} ens7`),
    attachmentId: ocid('vnicattachment', 'iad', `vrouter${router} ens7`),
    vlanTag: 1050,
    skipSourceDestCheck: true,
  }));
  const vips = [{ id: ocid('privateip', 'iad', '10.0.0.68'), address: '10.0.0.68', subnet: 'pod3' }];
  await running.admin.extend({ subnets: [subnet], vnics, vips });
  expect(await running.admin.assign({ address: '10.0.0.68', to: 'vrouter2' })).toMatchObject({ interface: 'ens7' });
  await expect(running.admin.extend({ vips })).rejects.toThrow('exists');
  await running.admin.delete('10.0.0.68');
  expect((await running.admin.state()).vips.map(({ address }) => address)).not.toContain('10.0.0.68');
});

test('admin mistakes are told', async () => {
  await expect(running.admin.assign({ address: '10.0.0.99', to: null })).rejects.toThrow('there is no VIP 10.0.0.99');
  await expect(running.admin.rotateCertificates({ instance: 'vrouter9' })).rejects.toThrow('vrouter9');
  const rotated = running.admin.rotateCertificates({ instance: 'vrouter1', retireOld: true });
  await expect(rotated).resolves.toBeUndefined();
});

test('SIGTERM ends it, and trust survives a restart', async () => {
  const { caFile } = running.ready;
  const before = await readFile(caFile, 'utf8');
  expect(await stop()).toBe(0);
  running = await start();
  expect(await readFile(running.ready.caFile, 'utf8')).toBe(before);
  expect(await probe('10.0.0.4', vnicOf(2))).toMatchObject({ after: vnicOf(2) });
});
