/** The unit, installed as docs/operation.md says, under a real systemd in namespaces of its own. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addReferenceNics } from './reference-nics.ts';
import { bootMachine, type Machine } from './systemd/machine.ts';
import { manual } from './systemd/manual.ts';

/** CAP_NET_ADMIN and CAP_NET_RAW of linux/capability.h, as /proc writes a set. */
const CAPABILITIES = ((1n << 12n) | (1n << 13n)).toString(16).padStart(16, '0');
const SD_PRIORITY: Readonly<Record<string, string>> = { error: '3', warn: '4', info: '6', debug: '7' };
const UNIT = 'failoverd.service';
const CONFIG = '/etc/failoverd/failoverd.yaml';
const PATIENCE = 60_000;
/** The unit's: then it is killed. */
const STOP_TIMEOUT = 30_000;

let machine: Machine;

beforeAll(async () => {
  if (!existsSync('dist/failoverd.js')) throw new Error('there is no dist/failoverd.js: npm run build comes first');
  machine = await bootMachine('vrouter1');
  await addReferenceNics((command) => machine.ip(command));
  await shell(`cd /mnt\n${manual('install')}`);
  await shell('useradd --create-home --groups failoverd alice && useradd --create-home stranger');
});

afterAll(() => machine?.stop());

function shell(script: string): Promise<string> {
  return machine.run(['bash', '-e'], script);
}

/** Properties of the unit as systemd sees them now. */
async function show<Name extends string>(...names: readonly Name[]): Promise<Record<Name, string>>;
async function show(...names: readonly string[]): Promise<Record<string, string>> {
  const text = await machine.run(['systemctl', 'show', UNIT, `--property=${names.join(',')}`]);
  return Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Asks until the answer fits, and says the last one when it never does. */
async function until<T>(what: string, within: number, ask: () => Promise<T>, fits: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + within;
  for (;;) {
    const value = await ask();
    if (fits(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what} did not come within ${within} ms: ${JSON.stringify(value)}`);
    await sleep(100);
  }
}

interface JournalLine {
  readonly PRIORITY: string;
  readonly MESSAGE: string;
  readonly SYSLOG_IDENTIFIER: string;
}

/** What the daemon wrote, not what systemd wrote about it. */
async function journal(): Promise<JournalLine[]> {
  await machine.run(['journalctl', '--sync']);
  const text = await machine.run(['journalctl', `_SYSTEMD_UNIT=${UNIT}`, '-o', 'json', '--no-pager']);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('systemd finds nothing to complain about, and little that is exposed', async () => {
  const verify = await machine.attempt(['systemd-analyze', 'verify', '/etc/systemd/system/failoverd.service']);
  expect(verify).toEqual({ code: 0, stdout: '', stderr: '' });
  const security = await machine.attempt(['systemd-analyze', 'security', '--threshold=20', '--no-pager', UNIT]);
  expect(security.stdout).toMatch(/Overall exposure level for failoverd.service: (0|1)\.\d OK/);
  expect(security.code).toBe(0);
});

test('without a configuration it says so and is not tried again', async () => {
  expect((await machine.attempt(['systemctl', 'start', UNIT])).code).not.toBe(0);
  expect(await show('ActiveState', 'ExecMainStatus')).toEqual({ ActiveState: 'failed', ExecMainStatus: '78' });
});

test('it starts as the manual says and is ready', async () => {
  await shell(`cd /mnt\n${manual('configure')}`);
  await shell(manual('start'));
  const state = await show(
    ...['Type', 'NotifyAccess', 'ActiveState', 'SubState', 'NRestarts'],
    ...['ExecMainStartTimestampMonotonic', 'ActiveEnterTimestampMonotonic'],
  );
  expect(state).toMatchObject({ Type: 'notify', NotifyAccess: 'main', ActiveState: 'active', SubState: 'running' });
  expect(state['NRestarts']).toBe('0');
  const took = Number(state['ActiveEnterTimestampMonotonic']) - Number(state['ExecMainStartTimestampMonotonic']);
  process.stdout.write(`start to READY under systemd: ${(took / 1000).toFixed(0)} ms\n`);
});

test('the process is the user failoverd with two capabilities and no way to more', async () => {
  const { MainPID } = await show('MainPID');
  const text = await machine.run(['cat', `/proc/${MainPID}/status`]);
  const status = Object.fromEntries(text.split('\n').map((line) => line.split(/:\s+/, 2)));
  const [user, group] = (await machine.run(['sh', '-c', 'id -u failoverd; id -g failoverd'])).trim().split('\n');
  expect(status).toMatchObject({
    Name: 'failoverd',
    Uid: [user, user, user, user].join('\t'),
    Gid: [group, group, group, group].join('\t'),
    CapInh: CAPABILITIES,
    CapPrm: CAPABILITIES,
    CapEff: CAPABILITIES,
    CapBnd: CAPABILITIES,
    CapAmb: CAPABILITIES,
    NoNewPrivs: '1',
    Seccomp: '2',
  });
  // Not from /proc: a machine that is a container itself may not be allowed to lower it.
  expect(await show('OOMScoreAdjust')).toEqual({ OOMScoreAdjust: '-900' });
});

test('the capabilities are enough: the VIPs are on the interfaces, the heartbeat is open', async () => {
  await until(
    'the VIPs',
    PATIENCE,
    () => machine.ip('-brief address show'),
    (text) => ['172.20.136.132/32', '10.0.0.4/32', '10.0.0.36/32'].every((vip) => text.includes(vip)),
  );
  const sockets = await machine.run(['cat', '/proc/net/udp']);
  // 172.20.136.130:8112, 10.0.0.2:8112, as the kernel writes them.
  expect(sockets).toContain('828814AC:1FB0');
  expect(sockets).toContain('0200000A:1FB0');
  expect((await journal()).filter(({ MESSAGE }) => /path-failed|address-failed|EPERM|EACCES/.test(MESSAGE))).toEqual(
    [],
  );
});

test('systemctl status has a line about the group', async () => {
  const { StatusText } = await until(
    'a status text',
    PATIENCE,
    () => show('StatusText'),
    (properties) => properties.StatusText !== '',
  );
  expect(StatusText).toMatch(/^isv: (backup|master), holds 0 of 3 VIPs/);
});

test('journal lines carry the name and the priority of the daemon', async () => {
  const lines = (await journal()).filter(({ MESSAGE }) => MESSAGE.startsWith('{'));
  for (const { MESSAGE, PRIORITY, SYSLOG_IDENTIFIER } of lines) {
    expect(PRIORITY).toBe(SD_PRIORITY[JSON.parse(MESSAGE).level]);
    expect(SYSLOG_IDENTIFIER).toBe('failoverd');
  }
  const priorities = new Set(lines.map(({ PRIORITY }) => PRIORITY));
  expect(priorities).toContain('6');
  // There is no instance metadata here.
  expect(priorities).toContain('4');
});

test('the control socket is for root and the group', async () => {
  const stat = await machine.run(['stat', '-c', '%a %U %G', '/run/failoverd', '/run/failoverd/control.sock']);
  expect(stat).toBe('750 failoverd failoverd\n660 failoverd failoverd\n');
  const asked = ['failoverctl', 'status', '--json'];
  for (const user of ['root', 'alice']) {
    const report = JSON.parse(await machine.run(['runuser', '-u', user, '--', ...asked]));
    expect(report).toMatchObject({ cluster: 'isv-pod', router: 'vrouter1', oci: { ready: false } });
  }
  const refused = await machine.attempt(['runuser', '-u', 'stranger', '--', ...asked]);
  expect(refused).toMatchObject({ code: 77, stdout: '' });
  expect(refused.stderr).toContain('failoverd');
});

test('the state directory is writable, nothing else is', async () => {
  const { MainPID } = await show('MainPID');
  const write = async (path: string): Promise<string> => {
    const inside = ['nsenter', '--target', MainPID, '--mount', '--', 'runuser', '-u', 'failoverd', '--'];
    const { code, stderr } = await machine.attempt([...inside, 'touch', path]);
    return code === 0 ? 'written' : (stderr.split(': ').at(-1)?.trim() ?? '');
  };
  expect(await write('/var/lib/failoverd/probe')).toBe('written');
  expect(await write('/run/failoverd/probe')).toBe('written');
  expect(await write('/var/tmp/probe')).toBe('written');
  expect(await write('/usr/lib/failoverd/probe')).toBe('Read-only file system');
  expect(await write('/etc/failoverd/probe')).not.toBe('written');
  expect(await write('/root/probe')).toBe('Permission denied');
  expect((await machine.run(['stat', '-c', '%a %U', '/var/lib/failoverd'])).trim()).toBe('750 failoverd');
  expect((await machine.attempt(['ls', '/var/tmp/probe'])).code).not.toBe(0);
});

test('systemctl reload applies a new file, and fails over a bad one', async () => {
  await machine.run(['cp', CONFIG, `${CONFIG}.good`]);
  await machine.run(['tee', '-a', CONFIG], 'log: { level: debug }\n');
  await machine.run(['systemctl', 'reload', UNIT]);
  expect((await journal()).some(({ MESSAGE }) => MESSAGE.includes('log.level: info → debug'))).toBe(true);
  await machine.run(['tee', '-a', CONFIG], 'nonsense: 1\n');
  expect((await machine.attempt(['systemctl', 'reload', UNIT])).code).not.toBe(0);
  expect((await journal()).some(({ MESSAGE, PRIORITY }) => PRIORITY === '3' && MESSAGE.includes('nonsense'))).toBe(
    true,
  );
  expect(await show('SubState', 'NRestarts')).toEqual({ SubState: 'running', NRestarts: '0' });
  await machine.run(['mv', `${CONFIG}.good`, CONFIG]);
});

test('the watchdog is fed, and kills a daemon that hangs', async () => {
  const { WatchdogUSec, WatchdogTimestampMonotonic, MainPID } = await show(
    ...(['WatchdogUSec', 'WatchdogTimestampMonotonic', 'MainPID'] as const),
  );
  expect(WatchdogUSec).toBe('10s');
  await until(
    'a ping',
    PATIENCE,
    () => show('WatchdogTimestampMonotonic'),
    (now) => Number(now.WatchdogTimestampMonotonic) > Number(WatchdogTimestampMonotonic),
  );
  await shell(`kill -STOP ${MainPID}`);
  const after = await until(
    'a new daemon',
    PATIENCE,
    () => show('NRestarts', 'ActiveState', 'MainPID'),
    (now) => now.ActiveState === 'active' && now.MainPID !== MainPID,
  );
  expect(after.NRestarts).toBe('1');
  const log = await machine.run(['journalctl', '-u', UNIT, '--no-pager', '-o', 'cat']);
  expect(log).toContain('Watchdog timeout');
  expect(log).toContain('status=9/KILL');
});

test('stop hands over and ends well', async () => {
  const before = Date.now();
  await machine.run(['systemctl', 'stop', UNIT]);
  expect(Date.now() - before).toBeLessThan(STOP_TIMEOUT);
  expect(await show('ActiveState', 'Result', 'ExecMainCode', 'ExecMainStatus')).toEqual({
    ActiveState: 'inactive',
    Result: 'success',
    // CLD_EXITED, not killed.
    ExecMainCode: '1',
    ExecMainStatus: '0',
  });
  expect((await machine.attempt(['ls', '/run/failoverd'])).code).not.toBe(0);
  expect(await machine.run(['ls', '/var/lib/failoverd'])).toContain('probe');
  expect((await machine.attempt(['failoverctl', 'status'])).code).toBe(69);
});

test('a bad configuration: 78, its mistakes as errors in the journal, and no loop', async () => {
  await machine.run(['cp', CONFIG, `${CONFIG}.good`]);
  await machine.run(['tee', '-a', CONFIG], 'nonsense: 1\n');
  expect((await machine.attempt(['systemctl', 'start', UNIT])).code).not.toBe(0);
  // Longer than RestartSec.
  await sleep(2500);
  expect(await show('ActiveState', 'ExecMainStatus', 'NRestarts')).toEqual({
    ActiveState: 'failed',
    ExecMainStatus: '78',
    NRestarts: '0',
  });
  const mistake = (await journal()).at(-1);
  expect(mistake?.MESSAGE).toMatch(/^\/etc\/failoverd\/failoverd\.yaml:\d+:\d+: nonsense: /);
  expect(mistake?.PRIORITY).toBe('3');
  await machine.run(['mv', `${CONFIG}.good`, CONFIG]);
});

test('a key that only root can read comes as a credential', async () => {
  await shell(`
    chown root:root /etc/failoverd/heartbeat.key && chmod 0600 /etc/failoverd/heartbeat.key
    sed -i 's|file:/etc/failoverd/heartbeat.key|credential:heartbeat.key|' ${CONFIG}
    mkdir -p /etc/systemd/system/failoverd.service.d
    printf '[Service]\\nLoadCredential=heartbeat.key:/etc/failoverd/heartbeat.key\\n' \
      > /etc/systemd/system/failoverd.service.d/key.conf
    systemctl daemon-reload
    systemctl start failoverd || { journalctl -u failoverd -o cat -n 10; exit 1; }`);
  expect(await show('ActiveState')).toEqual({ ActiveState: 'active' });
});
