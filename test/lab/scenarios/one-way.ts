import { now, sleep, until } from '../clock.ts';
import { type Cut, cutPaths } from '../filter.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { holders, PATIENCE } from '../settle.ts';

const EVERY_NIC = ['ens3', 'ens5', 'ens6'];
/** Long enough for a fight to show: it would go on at the pace of the reads, each second. */
const QUIET = 10_000;

const lossOf = (from: string, to: string): readonly Cut[] => EVERY_NIC.map((nic) => ({ from, to, nic }));

/** The backup hears nobody and takes over; the master hears it, and takes back what is its own, once. */
async function deafBackup({ lab, note, check }: StepContext): Promise<void> {
  const since = now();
  await cutPaths(lossOf('vrouter1', 'vrouter2'));
  const gone = await until(
    async () => [...(await holders(lab)).values()].every((holder) => holder === 'vrouter2'),
    PATIENCE,
  );
  check('vrouter2, which hears nobody, takes over', gone === true, gone === true ? 'it holds every VIP' : 'no');
  const back = await until(
    async () => [...(await holders(lab)).values()].every((holder) => holder === 'vrouter1'),
    PATIENCE,
  );
  check('vrouter1, which hears that, takes everything back', back === true, back === true ? 'yes' : 'no');
  const stoodBack = await until(async () => (await lab.status('vrouter2'))?.groups[0]?.superseded, PATIENCE, 200);
  const alarm = (await lab.status('vrouter2'))?.alarms.find((text) => text.includes('superseded'));
  check('vrouter2 stands back and says why', stoodBack === true, alarm ?? 'no alarm');
  const before = (await lab.simulator.journal()).length;
  await sleep(QUIET);
  const fought = (await lab.simulator.journal()).length - before;
  check(`nothing moves for ${QUIET / 1000} s more`, fought === 0, `${fought} moves`);
  const moves = (await lab.simulator.journal()).filter(({ at }) => at >= since);
  note(`${moves.length} moves of ${(await holders(lab)).size} VIPs so far; the paths are healed`);
  await cutPaths([]);
}

/** The master hears nobody, the backup hears it: only the lease is stamped. */
async function deafMaster({ lab, note, check }: StepContext): Promise<void> {
  await cutPaths(lossOf('vrouter2', 'vrouter1'));
  const stamped = await until(async () => (await lab.status('vrouter1'))?.lease?.stamping, PATIENCE, 200);
  check('vrouter1 stamps its lease, for nobody confirms to hear it', stamped === true, String(stamped === true));
  await sleep(QUIET);
  const backup = (await lab.status('vrouter2'))?.groups[0];
  check('vrouter2 hears its master and stays backup', backup?.state === 'backup', `${backup?.state}`);
  await cutPaths([]);
  note('the paths are healed');
  const ended = await until(async () => (await lab.status('vrouter1'))?.lease?.stamping === false, PATIENCE, 200);
  check('the lease is no longer stamped', ended === true, String(ended === true));
}

export const oneWay: Scenario = {
  name: 'one-way',
  title: 'Heartbeats arrive in one direction only: at most one move there and back, and then none, whichever it is.',
  steps: [
    {
      title: 'what vrouter1 sends to vrouter2 is lost',
      expect: { master: 'vrouter1', moves: 2, claimants: ['vrouter2'], stays: 2_000, warm: false },
      act: deafBackup,
    },
    {
      title: 'what vrouter2 sends to vrouter1 is lost',
      expect: { master: 'vrouter1', moves: 0, stays: 2_000 },
      act: deafMaster,
    },
  ],
};
