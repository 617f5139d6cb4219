/**
 * Protocol 112 beside Debian's own keepalived: VRRPv2 with a password and without addresses, as the deployments have it
 * that failoverd replaces. One router has failoverd, the other keepalived, each once the better one.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import type { StatusReport } from '../../src/control/api.ts';
import { sleep, until } from '../lab/clock.ts';
import { type Keepalived, startKeepalived } from '../lab/keepalived.ts';
import { heartbeatOverIp, type KeepalivedInstance, keepalivedConfig } from '../lab/keepalived-config.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { SHARED_ETC } from '../lab/routers.ts';
import { holders, PATIENCE } from '../lab/settle.ts';

const PASSWORD = 'ISV-test';
const PASS_FILE = '/etc/failoverd/vrrp.pass';
/** failoverd here, keepalived there. */
const OURS = 'vrouter1';
const THEIRS = 'vrouter2';

let lab: Lab;
const running: Keepalived[] = [];

afterEach(async () => {
  for (const keepalived of running.splice(0)) keepalived.kill('SIGKILL');
  await lab?.stop();
});

const instanceOf = (priority: number): KeepalivedInstance => ({ version: 2, priority, password: PASSWORD });

/** The lab with failoverd's configuration for protocol 112; nothing runs yet. */
async function prepareLab(priorities: Readonly<Record<string, number>>): Promise<void> {
  lab = await createLab({ idle: [THEIRS], priorities, preferred: true });
  await writeFile(`${SHARED_ETC}/vrrp.pass`, `${PASSWORD}\n`);
  await chmod(`${SHARED_ETC}/vrrp.pass`, 0o600);
  await lab.configure((text) =>
    text
      // keepalived has the transit network's address only.
      .replace(/(vrouter\d: \{ addresses: \[[^,]+), [^\]]+\]/g, '$1]')
      .replace(/heartbeat:\n( .*\n)+/, heartbeatOverIp(instanceOf(100), PASS_FILE)),
  );
}

async function startTheirs(priority: number): Promise<Keepalived> {
  const keepalived = await startKeepalived(THEIRS, keepalivedConfig(lab.plan, THEIRS, instanceOf(priority)));
  running.push(keepalived);
  return keepalived;
}

async function weBecome(state: string): Promise<void> {
  let last: StatusReport | undefined;
  await until(async () => {
    last = await lab.status(OURS);
    return last?.groups[0]?.state === state;
  }, PATIENCE);
  expect(last?.groups[0]?.state, JSON.stringify(last)).toBe(state);
}

/** Its claim script of the seeds: every VIP to its own VNICs. */
async function theirClaimScript(): Promise<void> {
  for (const { vips } of lab.plan.segments) {
    for (const address of vips) await lab.simulator.assign({ address, to: THEIRS });
  }
}

async function everythingIsOn(router: string): Promise<void> {
  const held = await until(async () => {
    const found = await holders(lab);
    return [...found.values()].every((holder) => holder === router) && found;
  }, PATIENCE);
  expect(held, `every VIP on ${router}`).toBeDefined();
}

async function noErrors(keepalived: Keepalived): Promise<void> {
  const counters = (await keepalived.counters()).get('ISV');
  expect(counters?.received).toBeGreaterThan(0);
  expect(Object.values(counters?.errors ?? {}).every((count) => count === 0)).toBe(true);
}

test('failoverd is the better one: it takes over, hands over when stopped, is followed when it dies', async () => {
  await prepareLab({ [OURS]: 200, [THEIRS]: 100 });
  const keepalived = await startTheirs(100);
  await keepalived.reaches('MASTER');
  await theirClaimScript();

  lab.start(OURS);
  await weBecome('master');
  await keepalived.reaches('BACKUP');
  await everythingIsOn(OURS);
  expect(await keepalived.data()).toMatch(/State = BACKUP/);
  await noErrors(keepalived);

  // A script that was late: nothing on the wire tells of it.
  await theirClaimScript();
  expect((await lab.failoverctl(OURS, ['verify'])).code).toBeLessThan(2);
  await everythingIsOn(OURS);
  expect((await lab.status(OURS))?.groups[0]?.state).toBe('master');

  const daemon = lab.daemon(OURS);
  daemon.kill('SIGTERM');
  const tookOverAt = await keepalived.reaches('MASTER');
  await theirClaimScript();
  expect(await daemon.exit).toMatchObject({ code: 0 });
  const counters = (await keepalived.counters()).get('ISV');
  expect(counters?.priorityZeroReceived).toBeGreaterThan(0);
  expect(keepalived.states(tookOverAt).map(({ state }) => state)).toEqual(['MASTER']);

  lab.start(OURS);
  await weBecome('master');
  await keepalived.reaches('BACKUP');
  lab.daemon(OURS).kill('SIGKILL');
  await keepalived.reaches('MASTER');
  await noErrors(keepalived);
});

test('keepalived is the better one: failoverd waits, takes over when it stops or dies, gives way when it is back', async () => {
  await prepareLab({ [OURS]: 100, [THEIRS]: 200 });
  lab.start(OURS);
  await weBecome('master');
  const first = await startTheirs(200);
  await first.reaches('MASTER');
  await weBecome('backup');
  await theirClaimScript();
  const status = await lab.status(OURS);
  expect(status?.groups[0]?.master).toBe(THEIRS);
  expect(status?.routers[1]).toMatchObject({ alive: true, vrrpOnly: true, ready: null, groups: [{ state: 'master' }] });
  await noErrors(first);

  first.kill('SIGTERM');
  await weBecome('master');
  await everythingIsOn(OURS);

  const second = await startTheirs(200);
  await second.reaches('MASTER');
  await weBecome('backup');
  await theirClaimScript();
  await sleep(3_000);
  await everythingIsOn(THEIRS);
  second.kill('SIGKILL');
  await weBecome('master');
  await everythingIsOn(OURS);
  const history = await lab.failoverctl(OURS, ['history', '--json']);
  expect(history.stdout).toMatch(/"to": ?"master"/);
});

test('another password: neither believes the other, both say so', async () => {
  await prepareLab({ [OURS]: 200, [THEIRS]: 100 });
  await writeFile(`${SHARED_ETC}/vrrp.pass`, 'ISV-tesT\n');
  lab.start(OURS);
  await weBecome('master');
  const keepalived = await startTheirs(100);
  await keepalived.reaches('MASTER');
  const rejected = await until(
    async () => (await lab.status(OURS))?.alarms.find((alarm) => alarm.includes('rejected (auth-data, VRID 51)')),
    PATIENCE,
  );
  expect(rejected).toBeDefined();
  expect((await keepalived.counters()).get('ISV')?.errors['Authentication Errors: Failure']).toBeGreaterThan(0);
});
