/**
 * The migration of docs/migrating.md, live: the reference deployment's two keepalived with its configuration, replaced one
 * after the other by failoverd with the file that the import makes of it, there and back, and on to signed UDP, while a
 * probe a millisecond goes through whoever owns the VIPs. What is lost is counted and printed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { now, sleep, until } from '../lab/clock.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { DIST } from '../lab/paths.ts';
import { onRouter, SHARED_ETC } from '../lab/routers.ts';
import { run } from '../lab/run.ts';
import { holders, PATIENCE } from '../lab/settle.ts';
import { table } from '../lab/table.ts';
import { accountOf } from './migration/account.ts';
import { createServices, type Router, type Services } from './migration/services.ts';
import { manual } from './systemd/manual.ts';

/** Milliseconds that everything has to stay as it is after a step. */
const STAYS = 2000;
/** Milliseconds, of a step that moves nothing: what a busy machine may cost the prober. */
const NOISE = 300;
/** The skew time of the backup and whatever a busy machine adds to it, less than a silence takes: 3.6 s. */
const LONGEST_OUTAGE = 3000;

let lab: Lab;
let services: Services;
const scriptFailures: unknown[] = [];
const figures: (readonly string[])[] = [];

beforeAll(async () => {
  lab = await createLab({ probeInterval: 1, preferred: true });
  services = createServices(lab, (error) => scriptFailures.push(error));
  const imported = await readFile(new URL('../data/import/reference/failoverd.yaml', import.meta.url), 'utf8');
  await lab.configure(() => imported);
  await writeFile(`${SHARED_ETC}/vrrp.pass`, 'ISV-test\n', { mode: 0o600 });
  for (const router of ['vrouter1', 'vrouter2'] as const) await services.start(router, 'keepalived');
  await services.keepalived('vrouter1')?.reaches('MASTER');
  await services.keepalived('vrouter2')?.reaches('BACKUP');
});

afterAll(async () => {
  services?.stop();
  await lab?.stop();
  const columns = ['step', 'moves per VIP', 'probes', 'lost', 'longest outage'];
  const layout = columns.map((title, index) => ({
    title,
    align: index === 0 ? ('left' as const) : ('right' as const),
  }));
  process.stdout.write(`\n${table(layout, figures).join('\n')}\n\n`);
});

/** Every daemon that runs and can tell says that it is so; a keepalived is asked by its log. */
async function isMaster(router: Router): Promise<boolean> {
  const keepalived = services.keepalived(router);
  if (keepalived !== undefined) return keepalived.state() === 'MASTER';
  return (await lab.status(router))?.groups[0]?.state === 'master';
}

/** Does something, waits until `master` is master and has every VIP, and counts what it cost. */
async function step(what: string, master: Router, moves: number, act: () => Promise<void>): Promise<void> {
  const since = now();
  const journal = (await lab.simulator.journal()).at(-1)?.id ?? 0;
  const moved = async () => (await lab.simulator.journal(journal)).filter(({ kind }) => kind === 'move').length;
  const wanted = moves * lab.plan.segments.length;
  const account = async () => `since then:\n${await accountOf(lab, services, since)}`;
  await act();
  const settled = await until(
    async () => {
      const held = [...(await holders(lab)).values()].every((holder) => holder === master);
      return held && (await isMaster(master)) && (await moved()) >= wanted;
    },
    PATIENCE,
    100,
  );
  if (!settled) expect.fail(`${what}: ${master} is not master, or VIPs did not move; ${await account()}`);
  await sleep(STAYS);
  const all = await moved();
  if (all !== wanted) expect.fail(`${what}: ${all} moves, not ${wanted}; ${await account()}`);
  expect([...new Set((await holders(lab)).values())]).toEqual([master]);

  for (const { flow, sent, lost, longest, lastAnswered } of await lab.traffic.report(since)) {
    const outage = longest === null ? 0 : (longest.end ?? now()) - longest.start;
    figures.push([`${what}: ${flow}`, String(moves), String(sent), String(lost), `${outage.toFixed(0)} ms`]);
    expect(lastAnswered, `${what}: ${flow} goes on`).not.toBeNull();
    expect(outage, `${what}: longest outage of ${flow}`).toBeLessThan(moves === 0 ? NOISE : LONGEST_OUTAGE);
  }
  expect(scriptFailures).toEqual([]);
}

/** The other router, which the next step relies on, could take over. */
async function isStandby(router: Router): Promise<void> {
  const ready = await until(async () => {
    const status = await lab.status(router);
    const self = status?.routers.find((each) => each.self);
    return status?.groups[0]?.state === 'backup' && self?.ready === true && status.groups[0].master !== null;
  }, PATIENCE);
  expect(ready, `${router} is ready to take over`).toBe(true);
}

test('the backup: to failoverd, back to keepalived, and to failoverd again', async () => {
  await step('backup to failoverd', 'vrouter1', 0, () => services.type('vrouter2', 'backup-forward'));
  await isStandby('vrouter2');
  await step('backup back to keepalived', 'vrouter1', 0, () => services.type('vrouter2', 'backup-back'));
  await step('backup to failoverd again', 'vrouter1', 0, () => services.type('vrouter2', 'backup-forward'));
  await isStandby('vrouter2');
});

test('the master: to failoverd, back to keepalived, and to failoverd again', async () => {
  await step('master to failoverd', 'vrouter1', 2, () => services.type('vrouter1', 'master-forward'));
  await isStandby('vrouter2');
  await step('master back to keepalived', 'vrouter1', 2, () => services.type('vrouter1', 'master-back'));
  await isStandby('vrouter2');
  await step('master to failoverd again', 'vrouter1', 2, () => services.type('vrouter1', 'master-forward'));
  await isStandby('vrouter2');
});

test('the transport: protocol 112 becomes signed UDP, and protocol 112 again', async () => {
  const switchTransport = async (way: string, change: () => Promise<unknown>) => {
    await change();
    await step(`${way}: the backup stops`, 'vrouter1', 0, () => services.type('vrouter2', 'switch-backup-stop'));
    await step(`${way}: the master restarts`, 'vrouter1', 0, () => services.type('vrouter1', 'switch-master'));
    await step(`${way}: the backup starts`, 'vrouter1', 0, () => services.type('vrouter2', 'switch-backup-start'));
    await isStandby('vrouter2');
  };
  const before = await readFile(`${SHARED_ETC}/failoverd.yaml`, 'utf8');
  // The lab's daemons are root's, the machine has no group failoverd, and its host name is no router's.
  const block = manual('switch', 'migrating.md')
    .replaceAll('/srv/migration', SHARED_ETC)
    .replaceAll(/^ch.*\n/gm, '')
    .replace(/config check .*/, '$& --node vrouter1');
  const script = `failoverctl() { ${process.execPath} ${DIST}/failoverctl.js "$@"; }\n${block}`;
  await switchTransport('to UDP', () => run(onRouter('vrouter1', ['bash', '-ec', script])));
  const status = await lab.status('vrouter1');
  expect(status?.routers[1]).toMatchObject({ name: 'vrouter2', alive: true, ready: true });
  await step('failover and failback', 'vrouter1', 2, () => services.type('vrouter1', 'try'));
  await isStandby('vrouter2');
  await switchTransport('back to 112', () => writeFile(`${SHARED_ETC}/failoverd.yaml`, before));
});
