/**
 * Protocol 112 over IPv6 beside Debian's own keepalived, which sends with the kernel's hop limit there and not with 255.
 */
import { afterEach, expect, test } from 'vitest';
import { type Keepalived, startKeepalived } from '../lab/keepalived.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { namespaceOf } from '../lab/namespaces.ts';
import { run } from '../lab/run.ts';
import { PATIENCE } from '../lab/settle.ts';
import { agree as agreeOn, noErrors } from './agreement.ts';
import { failoverdConfig, IPV6_OF, IPV6_VIP, keepalivedFile } from './keepalived-ipv6/files.ts';

/** keepalived here, failoverd on vrouter1. */
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
  keepalived = await startKeepalived(THEIRS, keepalivedFile(THEIRS));
}

const agree = (...wanted: readonly string[]) => agreeOn(lab, { router: THEIRS, keepalived }, wanted, LONG_PATIENCE);

test('over IPv6: they elect, follow a resignation and a silence, and give way', { timeout: TIME }, async () => {
  lab = await createLab({ idle: [THEIRS], vipsPerSubnet: 2, preferred: true });
  await lab.configure(() => failoverdConfig(lab.plan));
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
  await startTheirs();
  await keepalived.reaches('MASTER');
  lab.start('vrouter1');
  await agree('better vrouter1 master', `better ${THEIRS} backup`, 'worse vrouter1 backup', `worse ${THEIRS} master`);
  // It has been the one master of `worse` so far.
  await noErrors(keepalived, ['better']);
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
  await startTheirs();
  await agree('better vrouter1 master', `better ${THEIRS} backup`, 'worse vrouter1 backup', `worse ${THEIRS} master`);
  await noErrors(keepalived, ['better', 'worse']);
});
