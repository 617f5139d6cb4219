/**
 * What the matrix has not: three routers of which one is keepalived's, a keepalived that has one of several paths only,
 * `nopreempt`, the checksum of keepalived 1.3.6 and before, and virtual routers over IPv6.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { until } from '../lab/clock.ts';
import { type Keepalived, type KeepalivedState, startKeepalived } from '../lab/keepalived.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { namespaceOf } from '../lab/namespaces.ts';
import { SHARED_ETC } from '../lab/routers.ts';
import { run } from '../lab/run.ts';
import { holders, PATIENCE } from '../lab/settle.ts';
import { failoverdConfig, IPV6_OF, IPV6_VIP, keepalivedFiles } from './keepalived-others/files.ts';

/** keepalived here; failoverd on the others. */
const THEIRS = 'vrouter2';
/** A busy machine needs time for keys, a token and reads before a router pre-empts. */
const LONG_PATIENCE = 6 * PATIENCE;
const TIME = 900_000;

let lab: Lab;
let keepalived: Keepalived;

afterEach(async () => {
  keepalived?.kill('SIGKILL');
  await lab?.stop();
});

async function buildLab(routers: number, family: 4 | 6): Promise<void> {
  lab = await createLab({ idle: [THEIRS], routers, vipsPerSubnet: 2 });
  await writeFile(`${SHARED_ETC}/vrrp.pass`, 'ISV-test\n');
  await chmod(`${SHARED_ETC}/vrrp.pass`, 0o600);
  await lab.configure(() => failoverdConfig(lab.plan, family));
}

async function startTheirs(family: 4 | 6): Promise<void> {
  keepalived = await startKeepalived(THEIRS, keepalivedFiles(lab.plan, THEIRS, family));
}

/** Waits for a state of each group on each router, written `GROUP ROUTER STATE`; keepalived's is what it logged last. */
async function agree(...wanted: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  await until(
    async () => {
      const statuses = new Map(
        await Promise.all(lab.running().map(async (name) => [name, await lab.status(name)] as const)),
      );
      found = wanted.map((line) => {
        const [group = '', router = ''] = line.split(' ');
        const state =
          router === THEIRS
            ? keepalived.state(group)?.toLowerCase()
            : statuses.get(router)?.groups.find(({ name }) => name === group)?.state;
        return `${group} ${router} ${state}`;
      });
      return found.join() === wanted.join();
    },
    LONG_PATIENCE,
    100,
  );
  const alarms = (await Promise.all(lab.running().map(async (name) => (await lab.status(name))?.alarms))).flat();
  expect(found, alarms.join('\n')).toEqual(wanted);
}

async function noErrors(): Promise<void> {
  for (const [name, { received, errors }] of await keepalived.counters()) {
    expect(received, `adverts that ${name} received`).toBeGreaterThan(0);
    expect(
      Object.entries(errors).filter(([, count]) => count > 0),
      `keepalived's errors of ${name}`,
    ).toEqual([]);
  }
}

async function vipIsOn(address: string, router: string): Promise<void> {
  const on = await until(async () => (await holders(lab)).get(address) === router, PATIENCE);
  expect(on, `${address} on ${router}`).toBe(true);
}

const statesOf = (instance: string): KeepalivedState[] =>
  keepalived.states().flatMap((entry) => (entry.instance === instance ? [entry.state] : []));

test('three routers, the second is keepalived: whoever is left and best is the one master', {
  timeout: TIME,
}, async () => {
  await buildLab(3, 4);
  const [vip = ''] = lab.plan.segments[0]?.vips ?? [];
  await startTheirs(4);
  await keepalived.reaches('MASTER');
  lab.start('vrouter1');
  lab.start('vrouter3');
  await agree('three vrouter1 master', `three ${THEIRS} backup`, 'three vrouter3 backup');
  await vipIsOn(vip, 'vrouter1');
  // keepalived with nopreempt was master first, and nobody is better.
  await agree(`stay ${THEIRS} master`, 'stay vrouter1 backup', 'stay vrouter3 backup');
  await noErrors();

  lab.daemon('vrouter1').kill('SIGKILL');
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} master`, 'stay vrouter3 backup');

  keepalived.kill('SIGKILL');
  await agree('three vrouter3 master', 'stay vrouter3 master');
  await vipIsOn(vip, 'vrouter3');

  await startTheirs(4);
  // 150 against 50; and nopreempt leaves a master alone, although 200 is better than its 50.
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} backup`, 'stay vrouter3 master');
  expect(statesOf('stay')).toEqual(['BACKUP']);

  lab.start('vrouter1');
  await agree('three vrouter1 master', `three ${THEIRS} backup`, 'three vrouter3 backup');
  await vipIsOn(vip, 'vrouter1');
  await agree('stay vrouter1 master', `stay ${THEIRS} backup`, 'stay vrouter3 backup');
  const status = await lab.status('vrouter1');
  // It has one path of two, on either of them one instance: it lives, and no path of its is called lost.
  expect(status?.routers.find(({ name }) => name === THEIRS)).toMatchObject({ alive: true, vrrpOnly: true });
  await noErrors();

  lab.daemon('vrouter1').kill('SIGTERM');
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} master`, 'stay vrouter3 backup');
  await noErrors();
});

test('over IPv6: they elect, follow a resignation and a silence, and give way', { timeout: TIME }, async () => {
  await buildLab(2, 6);
  for (const { name } of lab.plan.routers) {
    await run([
      'ip',
      'netns',
      'exec',
      namespaceOf(name),
      'sysctl',
      '-qw',
      'net.ipv6.conf.all.disable_ipv6=0',
      'net.ipv6.conf.ens3.disable_ipv6=0',
    ]);
    await run(['ip', '-n', namespaceOf(name), 'address', 'add', `${IPV6_OF[name]}/64`, 'dev', 'ens3', 'nodad']);
  }
  await startTheirs(6);
  await keepalived.reaches('MASTER');
  lab.start('vrouter1');
  await agree('better vrouter1 master', `better ${THEIRS} backup`, 'worse vrouter1 backup', `worse ${THEIRS} master`);
  await noErrors();
  expect(await keepalived.data()).toContain(IPV6_VIP);

  const daemon = lab.daemon('vrouter1');
  daemon.kill('SIGTERM');
  await agree(`better ${THEIRS} master`, `worse ${THEIRS} master`);
  expect((await keepalived.counters()).get('better')?.priorityZeroReceived).toBeGreaterThan(0);
  await daemon.exit;

  lab.start('vrouter1');
  await agree('better vrouter1 master', `better ${THEIRS} backup`, 'worse vrouter1 backup', `worse ${THEIRS} master`);
  keepalived.kill('SIGTERM');
  await agree('better vrouter1 master', 'worse vrouter1 master');
  await startTheirs(6);
  await agree('better vrouter1 master', `better ${THEIRS} backup`, 'worse vrouter1 backup', `worse ${THEIRS} master`);
  await noErrors();
});
