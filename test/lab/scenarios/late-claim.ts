import { until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { holders, PATIENCE } from '../settle.ts';

const FAULT = 'kept back';

/** From now on whatever vrouter1 claims is kept back by OCI, before it takes effect. */
async function keepBack(lab: Lab): Promise<void> {
  const rule = { operation: 'UpdatePrivateIp', instance: 'vrouter1', effect: { kind: 'hold' } } as const;
  await lab.simulator.faults({ faults: { [FAULT]: rule } });
}

/** One claim for each VIP is on its way, and no router knows what will become of it. */
async function underWay({ lab, check }: StepContext): Promise<void> {
  const vips = (await holders(lab)).size;
  const onTheWay = async () => {
    const { held } = await lab.simulator.state();
    const requests = (await lab.simulator.requests()).filter(({ id }) => held.includes(id));
    return new Set(requests.map(({ address }) => address)).size === vips;
  };
  const all = await until(onTheWay, PATIENCE, 100);
  check('vrouter1 has claimed every VIP, and OCI keeps that back', all === true, all === true ? 'yes' : 'no');
}

/** What became of the claims that were kept back, in the order of their arrival. */
async function letGo({ lab, note }: StepContext): Promise<readonly string[]> {
  const released = await lab.simulator.release();
  await lab.simulator.faults({ faults: { [FAULT]: null } });
  note(`the ${released.length} claims of vrouter1 arrive now`);
  const outcome = async () => (await lab.simulator.requests()).filter(({ id }) => released.includes(id));
  // Nobody is left to be answered: there is no status, only what OCI found.
  await until(
    async () => (await outcome()).every(({ errorCode, appliedAt }) => errorCode !== null || appliedAt !== null),
    PATIENCE,
  );
  return (await outcome()).map(({ errorCode, appliedAt }) => errorCode ?? (appliedAt === null ? 'lost' : 'applied'));
}

async function isMaster(lab: Lab, router: string): Promise<boolean> {
  return (await lab.status(router))?.groups[0]?.state === 'master';
}

/** The record changed under the claim: its etag is not the record's any more. */
async function refused(context: StepContext): Promise<void> {
  const { lab, note, check } = context;
  await keepBack(lab);
  for (const address of (await holders(lab)).keys()) await lab.simulator.assign({ address, to: null });
  note('every VIP is unassigned in the console');
  await underWay(context);
  lab.daemon('vrouter1').kill('SIGKILL');
  note('SIGKILL to failoverd on vrouter1');
  const taken = await until(
    async () => [...(await holders(lab)).values()].every((holder) => holder === 'vrouter2'),
    PATIENCE,
  );
  check('vrouter2 took over meanwhile', taken === true, taken === true ? 'it holds every VIP' : 'no');
  const before = (await lab.simulator.journal()).length;
  const verdicts = await letGo(context);
  check(
    'the etag refuses every one of them',
    verdicts.length > 0 && verdicts.every((verdict) => verdict === 'NoEtagMatch'),
    verdicts.join(', '),
  );
  const moved = (await lab.simulator.journal()).length - before;
  check('nothing moves', moved === 0, `${moved} moves`);
}

/** The record did not change, for the new master held everything already: the etag is still good. */
async function landed(context: StepContext): Promise<void> {
  const { lab, note, check } = context;
  await keepBack(lab);
  lab.start('vrouter1');
  await underWay(context);
  lab.daemon('vrouter1').kill('SIGKILL');
  note('SIGKILL to failoverd on vrouter1');
  const master = await until(() => isMaster(lab, 'vrouter2'), PATIENCE, 100);
  check('vrouter2 is master again, and holds everything', master === true, master === true ? 'yes' : 'no');
  const verdicts = await letGo(context);
  check('at least one of them is applied', verdicts.includes('applied'), verdicts.join(', '));
  const lost = [...(await holders(lab))].filter(([, holder]) => holder === 'vrouter1');
  note(`${lost.length} VIPs went to vrouter1, where nobody is any more`);
}

export const lateClaim: Scenario = {
  name: 'late-claim',
  title: 'Claims of a master that is gone arrive late: the etag refuses them, or the next reads of the new master do.',
  steps: [
    {
      title: 'OCI keeps back what vrouter1 claims',
      expect: { master: 'vrouter2', moves: 2, claimants: ['vrouter1'], stays: 3_000, warm: false },
      act: refused,
    },
    {
      title: 'vrouter1 starts again, pre-empts, and OCI keeps back what it claims',
      expect: { master: 'vrouter2', moves: 2, claimants: ['vrouter1'], stays: 3_000, warm: false },
      act: landed,
    },
  ],
};
