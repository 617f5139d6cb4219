import { now, sleep, until } from '../clock.ts';
import { between, cutPaths } from '../filter.ts';
import type { Lab } from '../lab.ts';
import type { Scenario, Step, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

const EVERY_NIC = ['ens3', 'ens5', 'ens6'];
/** How long the routers do not hear each other at all. */
const APART = 8_000;

function alarmed(alarms: readonly string[] | undefined, words: RegExp): string | undefined {
  return alarms?.find((alarm) => words.test(alarm));
}

/** The routers lose each other in one subnet, and go on hearing each other in the other one. */
function singlePath(nic: string, paths: RegExp): Step {
  return {
    title: `vrouter1 and vrouter2 no longer reach each other on ${nic}`,
    expect: { master: 'vrouter1', moves: 0 },
    async act({ lab, note, check }) {
      await cutPaths(between('vrouter1', 'vrouter2', [nic]));
      for (const router of ['vrouter1', 'vrouter2']) {
        // A path counts as silent after 5 s.
        const alarm = await until(async () => alarmed((await lab.status(router))?.alarms, paths), PATIENCE, 200);
        check(`${router} says which path is silent`, alarm !== undefined, alarm ?? 'no alarm');
      }
      await cutPaths([]);
      note(`${nic} is healed`);
      const clear = await until(() => noAlarms(lab), PATIENCE, 200);
      check('the alarms end with it', clear === true, clear === true ? 'no alarm' : 'still alarmed');
    },
  };
}

async function noAlarms(lab: Lab): Promise<boolean> {
  const reports = await Promise.all(lab.running().map((router) => lab.status(router)));
  return reports.every((report) => report?.alarms.length === 0);
}

async function apart({ lab, note, check }: StepContext): Promise<void> {
  const since = now();
  await cutPaths(between('vrouter1', 'vrouter2', EVERY_NIC));
  await sleep(APART);
  const during = await lab.simulator.journal();
  for (const router of ['vrouter1', 'vrouter2']) {
    const status = await lab.status(router);
    const alarm = alarmed(status?.alarms, /has been silent/);
    note(`${router} is ${status?.groups[0]?.state}: ${status?.alarms.join('; ') || 'no alarm'}`);
    check(`${router} says that it does not hear its peer`, alarm !== undefined, alarm ?? 'no alarm');
  }
  const moves = during.filter(({ at }) => at >= since);
  check(
    'no VIP was without a router',
    moves.every(({ toVnic }) => toVnic !== null),
    `${moves.length} moves`,
  );
  await cutPaths([]);
  note('every path is healed');
}

export const partition: Scenario = {
  name: 'partition',
  title: 'The routers lose each other: on one path that is an alarm; on all it costs a move, and the healing one.',
  steps: [
    singlePath('ens3', /is not heard on the path 172\./),
    singlePath('ens5', /is not heard on the path 10\./),
    {
      title: 'vrouter1 and vrouter2 no longer reach each other at all',
      expect: { master: 'vrouter1', moves: { atMost: 2 }, claimants: ['vrouter2'], warm: false },
      act: apart,
    },
  ],
};
