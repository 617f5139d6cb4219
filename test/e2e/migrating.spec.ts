/** The commands of docs/migrating.md that deal with files, run in order on two routers of the reference deployment. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { execute, type Outcome } from './systemd/machine.ts';
import { manual } from './systemd/manual.ts';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));
const DATA = join(CHECKOUT, 'test/data/import');
const ROUTERS = ['vrouter1', 'vrouter2'] as const;
type Router = (typeof ROUTERS)[number];

let directory: string;

beforeAll(async () => {
  if (!existsSync('dist/failoverctl.js')) throw new Error('there is no dist/failoverctl.js: npm run build comes first');
  directory = await mkdtemp(join(tmpdir(), 'migrating-'));
  for (const router of ROUTERS) {
    for (const part of ['srv', 'etc']) await mkdir(join(directory, router, part), { recursive: true });
  }
});

afterAll(() => rm(directory, { recursive: true, force: true }));

const fileOf = (router: Router, part: 'srv' | 'etc', name: string): string => join(directory, router, part, name);

/** Runs a block of the page on a router. */
async function run(router: Router, block: string): Promise<Outcome> {
  const script = fileURLToPath(new URL('migrating.sh', import.meta.url));
  const places = [process.execPath, join(directory, router, 'srv'), join(directory, router, 'etc')];
  const args = ['--net', '--uts', '--mount', 'bash', script, router, CHECKOUT, ...places];
  const outcome = await execute('unshare', args, { input: manual(block, 'migrating.md') });
  if (outcome.code !== 0) throw new Error(`${block} on ${router} ended with ${outcome.code}:\n${outcome.stderr}`);
  return outcome;
}

/** What an admin does with scp. */
async function copyToFirst(): Promise<void> {
  for (const name of await readdir(join(directory, 'vrouter2', 'srv'))) {
    if (name.startsWith('vrouter2')) await copyFile(fileOf('vrouter2', 'srv', name), fileOf('vrouter1', 'srv', name));
  }
}

test('what the deployment says of itself is collected, and converted', async () => {
  for (const router of ROUTERS) await run(router, 'collect');
  await copyToFirst();
  const { stdout, stderr } = await run('vrouter1', 'import');
  expect(stdout).toBe('failoverd.yaml is written: failoverctl config check failoverd.yaml --node ROUTER checks it\n');
  // With the subnets nothing has to be guessed: all that is said are notes.
  expect(stderr.split('\n').filter((line) => line !== '' && !line.includes(': note: '))).toEqual([]);
  const yaml = await readFile(fileOf('vrouter1', 'srv', 'failoverd.yaml'), 'utf8');
  const sections = (text: string): string => text.slice(text.indexOf('cluster:'), text.indexOf('# Has no'));
  const expected = await readFile(join(DATA, 'reference/failoverd.yaml'), 'utf8');
  expect(sections(yaml)).toBe(sections(expected).replace(/# To do[\s\S]*$/, ''));
});

test('the files are installed on both routers, the password for the daemon alone', async () => {
  await copyFile(fileOf('vrouter1', 'srv', 'failoverd.yaml'), fileOf('vrouter2', 'srv', 'failoverd.yaml'));
  for (const router of ROUTERS) {
    await run(router, 'install');
    expect(await readFile(fileOf(router, 'etc', 'vrrp.pass'), 'utf8')).toBe('ISV-test\n');
    const { mode, gid } = await stat(fileOf(router, 'etc', 'vrrp.pass'));
    expect({ mode: mode & 0o777, gid }).toEqual({ mode: 0o640, gid: 64_999 });
  }
});

test('the command at the top of the file makes the same password', async () => {
  const yaml = await readFile(fileOf('vrouter1', 'srv', 'failoverd.yaml'), 'utf8');
  const command = /^#\s+\((umask 027; sed .*) > /m.exec(yaml)?.[1];
  if (command === undefined) throw new Error('there is no such command');
  const { stdout } = await execute('bash', ['-ec', `cd ${join(directory, 'vrouter1', 'srv')}; ${command}`]);
  expect(stdout).toBe('ISV-test\n');
});

test('the file passes the check on both routers', async () => {
  for (const router of ROUTERS) {
    const { stdout } = await run(router, 'check');
    expect(stdout).toContain(`no mistakes, seen as ${router}: 2 routers, 1 group, 3 VIPs`);
  }
});

test('the heartbeat becomes signed UDP, and everything else stays', async () => {
  const before = await readFile(fileOf('vrouter1', 'etc', 'failoverd.yaml'), 'utf8');
  const { stdout } = await run('vrouter1', 'switch');
  expect(stdout).toContain('no mistakes, seen as vrouter1: 2 routers, 1 group, 3 VIPs');
  const after = await readFile(fileOf('vrouter1', 'etc', 'failoverd.yaml'), 'utf8');
  const rest = (text: string): string => text.replace(/^heartbeat:[\s\S]*?(?=^groups:)/m, '');
  expect(rest(after)).toBe(rest(before));
  expect(/^heartbeat:[\s\S]*?(?=^groups:)/m.exec(after)?.[0]).not.toContain('transport');
  expect(await readFile(fileOf('vrouter1', 'srv', 'failoverd.112.yaml'), 'utf8')).toBe(before);
});

test('a Pacemaker deployment is collected and converted', async () => {
  for (const router of ROUTERS) {
    await rm(fileOf(router, 'srv', 'failoverd.yaml'));
    await run(router, 'collect-pacemaker');
  }
  await copyToFirst();
  for (const name of ['pcs.txt', 'vrouter3.json']) {
    await copyFile(join(DATA, 'pacemaker', name), fileOf('vrouter1', 'srv', name));
  }
  await run('vrouter1', 'import-pacemaker');
  const yaml = await readFile(fileOf('vrouter1', 'srv', 'failoverd.yaml'), 'utf8');
  expect(yaml).toBe(await readFile(join(DATA, 'pacemaker/failoverd.yaml'), 'utf8'));
});
