import { until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import { namespaceOf } from '../namespaces.ts';
import { attachNic, detachNic } from '../network.ts';
import { TRANSIT } from '../plan.ts';
import { run } from '../run.ts';
import type { Scenario, Step, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

async function deleteTransit(router: string): Promise<void> {
  await detachNic(router, TRANSIT);
  // The VCN's end of it is another device when it comes back.
  await until(async () => !(await run(['ip', '-n', namespaceOf(router), 'link'])).includes(`${TRANSIT}@`), PATIENCE);
}

/** The device, its address and its routes come back; the VIPs are failoverd's business. */
async function createTransit(lab: Lab, name: string): Promise<void> {
  const router = lab.plan.routers.find((candidate) => candidate.name === name);
  const segment = lab.plan.segments.find((candidate) => candidate.interface === TRANSIT);
  if (router === undefined || segment === undefined) throw new Error(`${name} has no ${TRANSIT}`);
  await attachNic(lab.plan, router, segment);
}

/** Both paths are heard again, in both directions, nothing is alarmed, and the VIP is an address of the interface. */
async function asBefore({ lab, check }: StepContext): Promise<void> {
  let alarms: readonly string[] = [];
  const clear = await until(
    async () => {
      const reports = await Promise.all(lab.running().map((router) => lab.status(router)));
      alarms = reports.flatMap((report) => report?.alarms ?? ['no answer']);
      const paths = reports.flatMap((report) => report?.routers.flatMap((router) => router.paths) ?? []);
      return alarms.length === 0 && paths.every(({ lastSeen }) => lastSeen !== null && lastSeen < 2);
    },
    PATIENCE,
    200,
  );
  check('every path is heard and nothing is alarmed', clear === true, alarms.join('; ') || 'yes');
  const vip = lab.plan.segments.find((segment) => segment.interface === TRANSIT)?.vips[0] ?? '';
  const addresses = await run(['ip', '-n', namespaceOf('vrouter1'), 'addr', 'show', 'dev', TRANSIT]);
  check(
    `failoverd has put ${vip} back on ${TRANSIT}`,
    addresses.includes(`${vip}/32`),
    addresses.includes(vip) ? 'yes' : 'no',
  );
}

const onBackup: Step = {
  title: 'ens3 of vrouter2 is deleted and created again',
  expect: { master: 'vrouter1', moves: 0 },
  async act({ lab, note, check }) {
    await deleteTransit('vrouter2');
    const fault = await until(async () => (await lab.status('vrouter2'))?.groups[0]?.state === 'fault', PATIENCE, 100);
    check('vrouter2 is in fault', fault === true, fault === true ? 'fault' : 'not in fault');
    await createTransit(lab, 'vrouter2');
    note('ens3 of vrouter2 is back');
  },
  after: asBefore,
};

export const recreated: Scenario = {
  name: 'recreated',
  title: 'The heartbeat interface is deleted and created again: the fault ends, and its path comes back.',
  steps: [
    onBackup,
    {
      title: 'ens3 of vrouter1 is deleted',
      expect: { master: 'vrouter2', moves: 1 },
      act: () => deleteTransit('vrouter1'),
    },
    {
      title: 'ens3 of vrouter1 is created again',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      act: ({ lab }) => createTransit(lab, 'vrouter1'),
      after: asBefore,
    },
  ],
};
