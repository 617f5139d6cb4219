/**
 * What the matrix has not: three routers of which one is Debian's own keepalived, which has one of the two paths for each
 * virtual router, and `nopreempt` for one of them.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { afterEach, expect, test } from 'vitest';
import { until } from '../lab/clock.ts';
import { type Keepalived, startKeepalived } from '../lab/keepalived.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { SHARED_ETC } from '../lab/routers.ts';
import { holders, PATIENCE } from '../lab/settle.ts';
import { agree as agreeOn, noErrors } from './agreement.ts';
import { failoverdConfig, keepalivedFile, vipOf } from './keepalived-three/files.ts';

/** keepalived here, failoverd on the others. */
const THEIRS = 'vrouter2';
/** A busy machine needs time for keys, a token and reads before a router pre-empts. */
const LONG_PATIENCE = 2 * PATIENCE;
const TIME = 900_000;

let lab: Lab;
let keepalived: Keepalived;

afterEach(async () => {
  keepalived?.kill('SIGKILL');
  await lab?.stop();
});

async function startTheirs(): Promise<void> {
  keepalived = await startKeepalived(THEIRS, keepalivedFile(lab.plan, THEIRS));
}

const agree = (...wanted: readonly string[]) => agreeOn(lab, { router: THEIRS, keepalived }, wanted, LONG_PATIENCE);

async function vipIsOn(address: string, router: string): Promise<void> {
  const on = await until(async () => (await holders(lab)).get(address) === router, PATIENCE);
  expect(on, `${address} on ${router}`).toBe(true);
}

test('three routers, the second is keepalived: whoever is left and best is the one master', {
  timeout: TIME,
}, async () => {
  lab = await createLab({ idle: [THEIRS], routers: 3, vipsPerSubnet: 1, preferred: true });
  const passFile = `${SHARED_ETC}/vrrp.pass`;
  await writeFile(passFile, 'ISV-test\n');
  await chmod(passFile, 0o600);
  await lab.configure(() => failoverdConfig(lab.plan, '/etc/failoverd/vrrp.pass'));
  const three = vipOf(lab.plan, 'three');
  const stay = vipOf(lab.plan, 'stay');

  await startTheirs();
  await keepalived.reaches('MASTER');
  lab.start('vrouter1');
  lab.start('vrouter3');
  await agree('three vrouter1 master', `three ${THEIRS} backup`, 'three vrouter3 backup');
  await vipIsOn(three, 'vrouter1');
  // keepalived was master first, and nobody is better.
  await agree(`stay ${THEIRS} master`, 'stay vrouter1 backup', 'stay vrouter3 backup');

  lab.daemon('vrouter1').kill('SIGKILL');
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} master`, 'stay vrouter3 backup');

  keepalived.kill('SIGKILL');
  await agree('three vrouter3 master', 'stay vrouter3 master');
  await vipIsOn(three, 'vrouter3');
  await vipIsOn(stay, 'vrouter3');

  await startTheirs();
  // 150 against 50; and nopreempt leaves a master alone, although 200 is better than its 50.
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} backup`, 'stay vrouter3 master');
  expect(keepalived.states().filter(({ instance, state }) => instance === 'stay' && state === 'MASTER')).toEqual([]);

  lab.start('vrouter1');
  await agree('three vrouter1 master', `three ${THEIRS} backup`, 'three vrouter3 backup');
  await vipIsOn(three, 'vrouter1');
  await agree('stay vrouter1 master', `stay ${THEIRS} backup`, 'stay vrouter3 backup');
  await vipIsOn(stay, 'vrouter1');
  await noErrors(keepalived, ['three', 'stay']);

  lab.daemon('vrouter1').kill('SIGTERM');
  await agree(`three ${THEIRS} master`, 'three vrouter3 backup', `stay ${THEIRS} master`, 'stay vrouter3 backup');
  const status = await lab.status('vrouter3');
  // It has one path of two, on either of them one virtual router: it lives, and no path of its is called lost.
  expect(status?.routers.find(({ name }) => name === THEIRS)).toMatchObject({ alive: true, vrrpOnly: true });
  expect(status?.alarms.filter((text) => text.includes(' path '))).toEqual([]);
  await noErrors(keepalived, ['three', 'stay']);
});
