import { spawn } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { KEY, REFERENCE } from '../config/load.test-support.ts';
import type { DoctorCheck, DoctorReport } from '../control/api.ts';
import { type Fixture, makeFixture, STATUS } from '../control/control.test-support.ts';
import { ControlError } from '../control/errors.ts';
import { bundleFailoverctl } from './bundle.test-support.ts';

/* failoverctl as it ships: bundled, and run as a process. */

let program: string;
let remove: () => Promise<void>;
let fixture: Fixture;

beforeAll(async () => {
  ({ program, remove } = await bundleFailoverctl());
});
afterAll(() => remove());
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(() => fixture.close());

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function failoverctl(
  args: readonly string[],
  options: { uid?: number; gid?: number; cwd?: string } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, '--socket', fixture.socketPath, ...args], options);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += String(chunk);
    });
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('wrong usage exits with 2 and says what is right', () => {
  const hint = '(failoverctl --help lists the commands, failoverctl COMMAND --help explains one)\n';
  test.each([
    ['bogus', "failoverctl: unknown command 'bogus'\n"],
    ['statsu', "failoverctl: unknown command 'statsu'\n(Did you mean status?)\n"],
    ['config import-keepalived', "failoverctl: missing required argument 'router=file', or --pacemaker\n"],
    [
      'config import-keepalived keepalived.conf',
      "failoverctl: 'keepalived.conf' is not ROUTER=FILE, as in vrouter1=/etc/keepalived/keepalived.conf\n",
    ],
    ['config import-keepalived a=x a=y', 'failoverctl: a is named twice\n'],
    ['config import-keepalived a=x --script b=y', 'failoverctl: b has no keepalived.conf among the arguments\n'],
    [
      'config import-keepalived --pacemaker IPaddr2 a=x',
      'failoverctl: --pacemaker goes with --addresses and --pcs only\n',
    ],
    ['config import-keepalived a=x --pcs y', 'failoverctl: --pcs goes with --pacemaker\n'],
    ['status --yaml', "failoverctl: unknown option '--yaml'\n"],
    ['standby', "failoverctl: missing required argument 'on|off'\n"],
    [
      'standby maybe',
      "failoverctl: command-argument value 'maybe' is invalid for argument 'on|off'. Allowed choices are on, off.\n",
    ],
    [
      'history -n 0',
      "failoverctl: option '-n, --number <count>' argument '0' is invalid. Allowed: a whole number from 1.\n",
    ],
    ['failover --timeout 5s', "failoverctl: option '--timeout' goes with --wait\n"],
    ['verify now', "failoverctl: too many arguments for 'verify'. Expected 0 arguments but got 1.\n"],
  ])('%s', async (line, stderr) => {
    expect(await failoverctl(line.split(' '))).toEqual({ code: 2, stdout: '', stderr: stderr + hint });
  });

  test('no command at all', async () => {
    const { code, stdout, stderr } = await failoverctl([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Usage: failoverctl/);
  });
});

const COMMANDS = [
  'status',
  'watch',
  'failover',
  'failback',
  'standby',
  'freeze',
  'verify',
  'reload',
  'history',
  'doctor',
  'config',
  'keygen',
];

test('help names every command that is served, and no other', async () => {
  const { code, stdout, stderr } = await failoverctl(['--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
  expect(names.filter((name) => name !== 'failoverctl')).toEqual(COMMANDS);
});

test.each([...COMMANDS, 'config check', 'config schema', 'config import-keepalived'])(
  '%s --help has examples',
  async (command) => {
    const { code, stdout, stderr } = await failoverctl([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: failoverctl ${command}`));
    expect(stdout).toContain('\nExamples:\n  ');
  },
);

test('--version', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  expect(await failoverctl(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('keygen prints a new key and nothing else', async () => {
  const [first, second] = await Promise.all([failoverctl(['keygen']), failoverctl(['keygen'])]);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/^[0-9a-f]{64}\n$/);
  expect(first.stdout).not.toBe(second.stdout);
});

describe('with a daemon', () => {
  test('status', async () => {
    await fixture.serve();
    const { code, stdout, stderr } = await failoverctl(['status']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n')[0]).toBe('isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over');
    expect(JSON.parse((await failoverctl(['status', '--json'])).stdout)).toEqual(STATUS);
  });

  test('failover, with and without waiting', async () => {
    const asked: unknown[] = [];
    await fixture.serve({
      failover: async (request) => {
        asked.push(request);
        return { groups: [{ group: 'isv', from: 'vrouter2', to: 'vrouter1' }] };
      },
    });
    const args = ['failover', '--group', 'isv', '--to', 'vrouter1'];
    expect(await failoverctl(args)).toEqual({ code: 0, stdout: 'isv: vrouter2 hands over to vrouter1\n', stderr: '' });
    const waited = await failoverctl([...args, '--wait']);
    expect(waited).toMatchObject({ code: 0, stderr: '' });
    expect(waited.stdout.replaceAll(/\d+\.\d\d s/g, 'N s')).toBe(`isv: vrouter2 hands over to vrouter1
  +N s  isv: vrouter1 is master
  +N s  isv: vrouter1 holds 172.20.136.132
  +N s  isv: vrouter1 holds 10.0.0.4
  +N s  isv: vrouter1 holds 10.0.0.36
done after N s; failoverctl failback ends the hold
`);
    expect(asked).toEqual([
      { group: 'isv', to: 'vrouter1' },
      { group: 'isv', to: 'vrouter1' },
    ]);
  });

  test('failover --wait that does not come about exits with 1', async () => {
    await fixture.serve({ failover: async () => ({ groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }] }) });
    const { code, stderr } = await failoverctl(['failover', '--wait', '--timeout', '300ms']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^failoverctl: not done after 0\.3 s: isv: vrouter2 is not master, vrouter1 is; /);
  });

  test('failback, standby, freeze, reload, history and verify', async () => {
    await fixture.serve({
      failback: async ({ group = 'all' }) => ({ groups: [{ group, from: 'vrouter2', to: 'vrouter1' }] }),
      standby: async ({ on, router = 'vrouter1', group = 'isv' }) =>
        on
          ? { router, on: [group], off: ['pod'], ...(router === 'vrouter1' && { withoutSuccessor: [group] }) }
          : { router, on: [], off: [group] },
      reload: async () => ({ changes: ['isv: VIP 10.0.0.68 added'], warnings: ['f.yaml:1:1: a: b'] }),
      history: async ({ limit = 0 }) => ({
        entries: [{ time: STATUS.time, group: 'isv', from: 'init', to: 'backup', reason: `of ${limit}`, claims: [] }],
      }),
      verify: async () => ({
        vips: [{ group: 'isv', address: '10.0.0.4', holder: 'vrouter2', ownership: 'known', result: 'elsewhere' }],
      }),
    });
    const run = async (line: string) => failoverctl(line.split(' '));
    expect(await run('failback -g isv')).toMatchObject({
      code: 0,
      stdout: 'isv: the hold is ended; vrouter1 takes over again\n',
    });
    expect(await run('standby on vrouter2')).toMatchObject({
      code: 0,
      stdout: 'vrouter2 is in standby in isv\nvrouter2 takes part in pod\n',
    });
    expect(await run('standby on vrouter1')).toEqual({
      code: 0,
      stdout: 'vrouter1 is in standby in isv\nvrouter1 takes part in pod\n',
      stderr:
        'warning: nobody else could be master of isv now: its VIPs stay where they are (failoverctl status says why)\n',
    });
    expect(await run('freeze on')).toMatchObject({
      code: 0,
      stdout: 'no router claims any VIP until: failoverctl freeze off\n',
    });
    expect(await run('freeze off')).toMatchObject({
      code: 0,
      stdout: 'claims are allowed again; the master claims what it lacks\n',
    });
    expect(await run('standby off -g pod')).toMatchObject({ code: 0, stdout: 'vrouter1 takes part in pod\n' });
    expect(await run('reload')).toEqual({
      code: 0,
      stdout: 'isv: VIP 10.0.0.68 added\n',
      stderr: 'warning: f.yaml:1:1: a: b\n',
    });
    expect(await run('history -n 3')).toMatchObject({ code: 0, stdout: `${STATUS.time}  isv  init → backup: of 3\n` });
    expect((await run('verify')).code).toBe(1);
  });

  test('doctor exits with 1 when a check failed, and adds what it sees from here', async () => {
    const bad = { check: 'freeze', about: 'cluster', result: 'failed', finding: 'frozen', advice: 'thaw' } as const;
    let checks: readonly DoctorCheck[] = [bad];
    const report = { version: '9.9.9', cluster: 'isv-pod', router: 'vrouter1', time: STATUS.time };
    await fixture.serve({ doctor: async () => ({ ...report, checks }) });
    const sick = await failoverctl(['doctor', '--quiet']);
    expect({ code: sick.code, stderr: sick.stderr }).toEqual({ code: 1, stderr: '' });
    expect(sick.stdout).toMatch(/^a failover would not work as it should: 1 failed, /);
    expect(sick.stdout).toMatch(/\nFAILED {3}freeze cluster +frozen\n +→ thaw\n/);
    checks = [{ check: 'token', about: 'OCI', result: 'ok', finding: 'present' }];
    const well = await failoverctl(['doctor', '--json']);
    expect(well.code).toBe(0);
    const { checks: all } = JSON.parse(well.stdout) as DoctorReport;
    expect(all[0]).toEqual(checks[0]);
    expect(all.find(({ check }) => check === 'release')).toMatchObject({ about: 'vrouter1', result: 'warning' });
    // Without koffi beside the program, as here, the kernel cannot be asked.
    expect(all.find(({ check }) => check === 'time')).toMatchObject({ result: 'unknown' });
  });

  test.each([
    ['refused', 1],
    ['not-served', 1],
    ['bad-config', 78],
  ] as const)('an answer of %s exits with %d and its reason', async (code, exitCode) => {
    await fixture.serve({ reload: () => Promise.reject(new ControlError(code, 'the reason')) });
    expect(await failoverctl(['reload'])).toEqual({ code: exitCode, stdout: '', stderr: 'failoverctl: the reason\n' });
  });

  test.runIf(process.geteuid?.() === 0)('a user who may not exits with 77', async () => {
    await chmod(fixture.directory, 0o755);
    await fixture.serve();
    const { code, stderr } = await failoverctl(['status'], { uid: 65_534, gid: 65_534, cwd: '/' });
    expect(code).toBe(77);
    expect(stderr).toBe(
      `failoverctl: no permission to use ${fixture.socketPath}: join group failoverd (usermod -aG failoverd USER, then log in again) or use sudo\n`,
    );
  });
});

test('without a daemon it exits with 69', async () => {
  expect(await failoverctl(['status'])).toEqual({
    code: 69,
    stdout: '',
    stderr: `failoverctl: failoverd is not reachable at ${fixture.socketPath} (there is no such socket): is failoverd running? systemctl status failoverd\n`,
  });
});

describe('config', () => {
  const write = async (text: string): Promise<string> => {
    const file = join(fixture.directory, 'f.yaml');
    const key = join(fixture.directory, 'key');
    await writeFile(key, KEY, { mode: 0o600 });
    await writeFile(file, text.replace('/key', key));
    return file;
  };

  test('check of a good file', async () => {
    const file = await write(REFERENCE.replace('vrouter2: 100', 'vrouter2: 200'));
    expect(await failoverctl(['config', 'check', file, '--node', 'vrouter2'])).toEqual({
      code: 0,
      stdout: `${file}: no mistakes, seen as vrouter2: 2 routers, 1 group, 3 VIPs\n`,
      stderr: `warning: ${file}:11:42: groups.isv.priority.vrouter2: 200 is also the priority of vrouter1: the higher address wins, and neither is preferred\n`,
    });
  });

  test('check of a bad file exits with 78', async () => {
    const file = await write(REFERENCE.replace('51', '0').replace('isv-pod', '[]'));
    expect(await failoverctl(['config', 'check', file, '--node', 'vrouter2'])).toEqual({
      code: 78,
      stdout: '',
      stderr: `${file}:1:10: cluster: is a list, allowed: a name of letters, digits, "-", "_" and ".", at most 63
${file}:10:24: groups.isv.virtual_router_id: is 0, allowed: a whole number from 1 to 255
`,
    });
  });

  test('schema', async () => {
    const { code, stdout, stderr } = await failoverctl(['config', 'schema']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ title: 'failoverd.yaml', type: 'object' });
  });

  describe('import-keepalived', () => {
    const data = new URL('../../test/data/import/reference/', import.meta.url).pathname;
    const routers = ['vrouter1', 'vrouter2'];
    const args = [
      ...['config', 'import-keepalived'],
      ...routers.map((name) => `${name}=${data}${name}.conf`),
      ...routers.flatMap((name) => ['--script', `${name}=${data}${name}-claim-vips-notify-master.sh`]),
    ];

    test('writes to stdout, and what has no equivalent to stderr', async () => {
      const { code, stdout, stderr } = await failoverctl(args);
      expect(code).toBe(0);
      const expected = await readFile(`${data}failoverd.yaml`, 'utf8');
      expect(stdout.replaceAll(data, '')).toBe(expected);
      expect(stderr.replaceAll(data, '')).toBe(await readFile(`${data}remarks.txt`, 'utf8'));
    });

    test('writes to a file that is not there, and to another one only when asked to', async () => {
      const file = join(fixture.directory, 'new.yaml');
      const written = `${file} is written: failoverctl config check ${file} --node ROUTER checks it\n`;
      expect(await failoverctl([...args, '--output', file])).toMatchObject({ code: 0, stdout: written });
      const first = await readFile(file, 'utf8');
      await writeFile(file, 'mine');
      const second = await failoverctl([...args, '-o', file]);
      expect(second).toMatchObject({ code: 1, stdout: '' });
      expect(second.stderr).toContain(`failoverctl: ${file} is there already: --force replaces it\n`);
      expect(await readFile(file, 'utf8')).toBe('mine');
      expect(await failoverctl([...args, '-o', file, '--force'])).toMatchObject({ code: 0, stdout: written });
      expect(await readFile(file, 'utf8')).toBe(first);
      const nowhere = await failoverctl([...args, '-o', '/nowhere/f.yaml']);
      expect(nowhere).toMatchObject({ code: 1, stdout: '' });
      expect(nowhere.stderr).toContain('failoverctl: /nowhere/f.yaml cannot be written: there is no such file\n');
    });

    test('mistakes exit with 78, and nothing is written', async () => {
      const file = join(fixture.directory, 'none.yaml');
      const outcome = await failoverctl([...args.slice(0, 3), `vrouter2=${fixture.directory}/absent`, '-o', file]);
      expect(outcome).toMatchObject({ code: 78, stdout: '' });
      expect(outcome.stderr).toContain(`${fixture.directory}/absent:1:1: `);
      await expect(readFile(file)).rejects.toThrow('ENOENT');
    });
  });
});
