import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadedFor, ROUTERS, referenceConfig, VIPS } from '../../../test/simulation/deployment.ts';
import type { AuthConfig, Config } from '../../config/index.ts';
import type { DoctorCheck } from '../../control/api.ts';
import { type ConfigOnDisk, checkConfig } from './config.ts';
import { isWritable, lookAtSocket, readConfigOnDisk } from './gather.ts';
import { checkSystem, type SystemFindings } from './system.ts';

const config = referenceConfig(ROUTERS.slice(0, 2));
const loaded = loadedFor('vrouter1', config);
const link = (name: string, mtu: number) => [name, { name, index: 1, mac: '', up: true, mtu }] as const;
const well: SystemFindings = {
  config,
  self: loaded.self,
  masterOf: () => true,
  kernel: [],
  links: new Map([link('ens3', 1500), link('ens5', 9000), link('ens6', 9000)]),
  addresses: VIPS.map(({ address, interface: device }) => ({ device, index: 1, address, prefixLength: 32 })),
  notified: true,
  watchdogInterval: 5000,
  socket: { mode: 0o660, forGroup: true },
  metricsListen: true,
  stateWritable: true,
};

function complaints(checks: readonly DoctorCheck[]): string[] {
  return checks
    .filter(({ result }) => result !== 'ok')
    .map(({ result, check, about }) => `${result} ${check} ${about}`);
}

it('finds nothing on a machine that is well', () => {
  const checks = checkSystem(well);
  expect(complaints(checks)).toEqual([]);
  expect([...new Set(checks.map(({ check }) => check))]).toEqual([
    ...['kernel', 'mtu', 'address', 'service', 'watchdog', 'control', 'metrics', 'state'],
  ]);
});

const [, ...rest] = well.addresses;
const SOCKET = '/run/failoverd/control.sock';
it.each<[fault: string, change: Partial<SystemFindings>, found: readonly string[]]>([
  [
    'the kernel does not forward',
    {
      kernel: [
        {
          setting: 'net.ipv4.ip_forward',
          value: '0',
          wanted: '1',
          remedy: { path: 'ipv4/ip_forward', value: '1' },
          why: 'nothing is forwarded',
        },
      ],
    },
    ['failed kernel net.ipv4.ip_forward'],
  ],
  ['an MTU that the heartbeat does not fit', { links: new Map([link('ens3', 1000)]) }, ['failed mtu ens3']],
  ['a VIP is not on its interface', { addresses: rest }, ['failed address 172.20.136.132']],
  [
    'a backup that follows has the VIPs',
    { config: { ...config, addresses: 'follow' }, masterOf: () => false },
    ['failed address 172.20.136.132', 'failed address 10.0.0.4', 'failed address 10.0.0.36'],
  ],
  ['unmanaged addresses are nobody’s business', { config: { ...config, addresses: 'unmanaged' }, addresses: [] }, []],
  ['systemd does not listen', { notified: false }, ['warning service systemd']],
  ['there is no watchdog', { watchdogInterval: undefined }, ['warning watchdog systemd']],
  ['the control socket is gone', { socket: undefined }, [`failed control ${SOCKET}`]],
  ['everybody may use it', { socket: { mode: 0o666, forGroup: true } }, [`failed control ${SOCKET}`]],
  ['root alone may', { socket: { mode: 0o660, forGroup: false } }, [`warning control ${SOCKET}`]],
  ['nobody serves metrics', { metricsListen: false }, ['failed metrics 127.0.0.1:9112']],
  ['the state cannot be saved', { stateWritable: false }, ['failed state file']],
])('%s', (_fault, change, found) => {
  expect(complaints(checkSystem({ ...well, ...change }))).toEqual(found);
});

function withAuth(change: Partial<AuthConfig>): Config {
  const auth = { ...config.heartbeat.auth, ...change };
  const groups = config.groups.map((group) => ({ ...group, heartbeat: { ...group.heartbeat, auth } }));
  return { ...config, heartbeat: { ...config.heartbeat, auth }, groups };
}

it.each<[fault: string, onDisk: Partial<ConfigOnDisk>, running: Config, found: readonly string[]]>([
  ['nothing', {}, config, []],
  ['a mistake', { code: 78, complaints: ['f.yaml:1:1: cluster: is missing'] }, config, ['failed config test']],
  ['another file than what runs', { digest: '0'.repeat(16) }, config, ['warning config test']],
  ['a warning', { complaints: ['warning: key: can be read by everybody'] }, config, ['warning config test']],
  ['a check that hangs', { code: null }, config, ['unknown config test']],
  ['no signatures', {}, withAuth({ mode: 'none' }), ['warning keys heartbeat']],
  ['signatures that need not be', {}, withAuth({ mode: 'permissive' }), ['warning keys heartbeat']],
])('configuration: %s', (_fault, onDisk, running, found) => {
  const seen = { ...loadedFor('vrouter1', running), digest: loaded.digest };
  const disk = { digest: loaded.digest, code: 0, complaints: [], ...onDisk };
  expect(complaints(checkConfig(seen, disk))).toEqual(found);
});

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('asks the program itself about the file', async () => {
  const file = join(directory, 'failoverd.yaml');
  const program = join(directory, 'program.mjs');
  await writeFile(file, 'cluster: x\n');
  await writeFile(
    program,
    `const [check, option, file] = process.argv.slice(2);
if (check !== '--check' || option !== '--config') process.exit(2);
process.stderr.write(file + ':1:1: is wrong\\n');
process.exit(78);`,
  );
  expect(await readConfigOnDisk([execPath, program], file)).toEqual({
    // printf 'cluster: x\n' | sha256sum
    digest: '01c29a6dee826eb9',
    code: 78,
    complaints: [`${file}:1:1: is wrong`],
  });
  expect((await readConfigOnDisk([execPath, program], join(directory, 'absent'))).digest).toBeUndefined();
  expect((await readConfigOnDisk([join(directory, 'absent')], file)).code).toBeNull();
});

it('looks at the socket and the state directory', async () => {
  const path = join(directory, 's');
  expect(await lookAtSocket(path)).toBeUndefined();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await chmod(path, 0o606);
  expect(await lookAtSocket(path)).toMatchObject({ mode: 0o606 });
  await new Promise((resolve) => server.close(resolve));
  expect(await isWritable(join(directory, 'new'))).toBe(true);
  // Not below a file, whoever asks.
  expect(await isWritable('/proc/version/state')).toBe(false);
});
