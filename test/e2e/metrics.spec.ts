/** /metrics of a daemon that really runs, in a network namespace without OCI and without a peer, as Prometheus sees it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addReferenceNics } from './reference-nics.ts';
import { execute, prepare } from './systemd/machine.ts';

/** DESIGN §1, without the prefix. */
const SERVED = [
  ...['group_state', 'group_transitions_total', 'group_priority', 'group_superseded'],
  ...['adverts_sent_total', 'adverts_received_total', 'adverts_rejected_total', 'advert_warnings_total'],
  ...['peer_last_seen_seconds', 'peer_state', 'peer_ready', 'peer_clock_offset_seconds'],
  ...['config_matches_peer', 'link_up', 'tracker_up'],
  ...['vip_held', 'vip_claims_total', 'vip_claim_failures_total'],
  ...['vip_claim_duration_seconds', 'failover_duration_seconds'],
  ...['ownership_drift_total', 'split_brain_total'],
  ...['group_holds_lock', 'group_verifying', 'vip_verified_age_seconds'],
  ...['holder_lease_unchanged_seconds', 'lease_stamping', 'lease_failures_total'],
  ...['oci_requests_total', 'oci_request_failures_total', 'oci_request_duration_seconds'],
  ...['oci_ready', 'oci_token_expiry_timestamp_seconds', 'heartbeat_lateness_seconds', 'build_info'],
];

/** Of a busy machine, until a daemon has started and elected itself. */
const PATIENCE = 60_000;

let directory: string;
let daemon: ChildProcess;
let promtool: string;
/** What /metrics answered. */
let text: string;
let log = '';

beforeAll(async () => {
  if (!existsSync('dist/failoverd.js')) throw new Error('there is no dist/failoverd.js: npm run build comes first');
  promtool = await prepare(fileURLToPath(new URL('./promtool.sh', import.meta.url)));
  directory = await mkdtemp(join(tmpdir(), 'fot-sysd-'));
  await addReferenceNics(ip);
  const example = readFileSync('docs/failoverd.example.yaml', 'utf8');
  await writeFile(join(directory, 'key'), 'a5'.repeat(32), { mode: 0o600 });
  await writeFile(
    join(directory, 'failoverd.yaml'),
    `${example.replaceAll('/etc/failoverd/heartbeat.key', join(directory, 'key'))}
startup_delay: 0s
control: { socket: ${join(directory, 'control.sock')} }
`,
  );
  const command = ['dist/failoverd.js', '--config', join(directory, 'failoverd.yaml'), '--node', 'vrouter1'];
  daemon = spawn(process.execPath, command, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, STATE_DIRECTORY: directory },
  });
  daemon.stderr?.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  text = await untilItSays('failoverd_group_state{group="isv"} 2');
});

afterAll(async () => {
  if (daemon?.exitCode === null) {
    const ended = new Promise((resolve) => daemon.once('close', resolve));
    daemon.kill('SIGTERM');
    if ((await Promise.race([ended, sleep(10_000, 'late')])) === 'late') daemon.kill('SIGKILL');
  }
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

async function ip(command: string): Promise<string> {
  const { code, stdout, stderr } = await execute('ip', command.split(' '));
  if (code !== 0) throw new Error(`ip ${command}: ${stderr}`);
  return stdout;
}

/** Scrapes until a line is there: alone and without OCI, the router becomes master after a master down interval. */
async function untilItSays(line: string): Promise<string> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const answer = await fetch('http://127.0.0.1:9112/metrics').then(
      (response) => response.text(),
      // It does not listen yet.
      () => '',
    );
    if (answer.split('\n').includes(line)) return answer;
    if (Date.now() > deadline || daemon.exitCode !== null)
      throw new Error(`/metrics never said ${line}:\n${answer}\nThe daemon said:\n${log}`);
    await sleep(200);
  }
}

/** Names of the metrics that a text mentions, in which a histogram has three endings. */
function mentioned(page: string): string[] {
  const names = [...page.matchAll(/failoverd_(\w+)/g)].map(([, name = '']) => name);
  return [...new Set(names.map((name) => name.replace(/_(bucket|sum|count)$/, '')))];
}

test('promtool accepts what the daemon serves', async () => {
  expect(await execute(promtool, ['check', 'metrics'], { input: text })).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('every metric of the contract is there', () => {
  const types = [...text.matchAll(/^# TYPE failoverd_(\w+) /gm)].map(([, name]) => name);
  expect(types.sort()).toEqual([...SERVED].sort());
});

test('it says that it is not ready, and what it sees', () => {
  const lines = text.split('\n');
  expect(lines).toContain('failoverd_oci_ready 0');
  expect(lines).toContain('failoverd_link_up{interface="ens3"} 1');
  expect(lines).toContain('failoverd_vip_held{group="isv",vip="10.0.0.4"} 0');
  // ⌈200/16⌉: it takes part, and gives way to whoever is ready.
  expect(lines).toContain('failoverd_group_priority{group="isv"} 13');
  expect(lines).toContain('failoverd_group_transitions_total{group="isv",to="master"} 1');
  expect(text).toMatch(/^failoverd_adverts_sent_total [1-9]/m);
});

test('the alert rules are valid, and ask for metrics that are served', async () => {
  const { code, stdout, stderr } = await execute(promtool, ['check', 'rules', 'docs/alerts.rules.yml']);
  expect(`${stdout}${stderr}`).toContain('SUCCESS');
  expect(code).toBe(0);
  const rules = readFileSync('docs/alerts.rules.yml', 'utf8');
  expect(mentioned(rules).filter((name) => !SERVED.includes(name))).toEqual([]);
});

test('the manual tells of no other metric', () => {
  const manual = readFileSync('docs/operation.md', 'utf8');
  expect(mentioned(manual).filter((name) => !SERVED.includes(name))).toEqual([]);
});
