import { now, sleep, until } from '../clock.ts';
import { between, cutPaths } from '../filter.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { holders, PATIENCE } from '../settle.ts';

const EVERY_NIC = ['ens3', 'ens5', 'ens6'];
const APART = 8_000;

async function blindMaster({ lab, note, check }: StepContext): Promise<void> {
  const since = now();
  await lab.simulator.faults({ reachabilityOf: { vrouter1: { api: 'dropped' } } });
  await cutPaths(between('vrouter1', 'vrouter2', EVERY_NIC));
  note('and the routers no longer reach each other');
  const taken = await until(
    async () => [...(await holders(lab)).values()].every((holder) => holder === 'vrouter2'),
    PATIENCE,
  );
  check('vrouter2 takes over', taken === true, taken === true ? 'it holds every VIP' : 'no');
  await sleep(APART);
  const blind = await lab.status('vrouter1');
  check(
    'vrouter1 cannot know, stays master, and says that it does not reach the API',
    blind?.groups[0]?.state === 'master' && blind.alarms.some((alarm) => /API|could not take over/.test(alarm)),
    `${blind?.groups[0]?.state}: ${blind?.alarms.join('; ')}`,
  );

  await lab.simulator.faults({ reachabilityOf: { vrouter1: null } });
  note('vrouter1 reaches the API again');
  const learned = await until(async () => (await lab.status('vrouter1'))?.groups[0]?.superseded, PATIENCE, 200);
  check('vrouter1 reads who holds the VIPs, and stands back', learned === true, String(learned === true));
  await sleep(APART);
  const moves = (await lab.simulator.journal()).filter(({ at }) => at >= since).length;
  const vips = (await holders(lab)).size;
  check('each VIP moved once so far', moves === vips, `${moves} moves of ${vips} VIPs`);
  await cutPaths([]);
  note('the routers reach each other again');
}

export const apiOutage: Scenario = {
  name: 'api-outage',
  title:
    'The old master alone loses the API, and then its peer: it learns what happened when it can, and takes nothing.',
  steps: [
    {
      title: 'vrouter1 no longer reaches the API',
      expect: { master: 'vrouter1', moves: 2, claimants: ['vrouter2'], warm: false },
      act: blindMaster,
    },
  ],
};
