import { sleep, until } from '../clock.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Milliseconds: a takeover would be long over. */
const QUIET = 2_500;

async function command({ lab, check }: StepContext, router: string, words: readonly string[]): Promise<void> {
  const answer = await lab.failoverctl(router, words);
  check(`failoverctl ${words.join(' ')} ended with 0`, answer.code === 0, `${answer.code} ${answer.stderr.trim()}`);
}

/** Freeze, the master dies, the backup becomes master and claims nothing; then it does. */
async function frozenTakeover(context: StepContext): Promise<void> {
  const { lab, note, check } = context;
  await command(context, 'vrouter2', ['freeze', 'on']);
  const since = (await lab.simulator.journal()).at(-1)?.id ?? 0;
  const known = await until(
    async () => (await lab.status('vrouter1'))?.alarms.some((alarm) => alarm.includes('frozen')),
    PATIENCE,
    50,
  );
  check('every router says that claims are frozen', known === true, known === true ? 'yes' : 'vrouter1 does not');
  lab.daemon('vrouter1').kill('SIGKILL');
  note('SIGKILL to failoverd on vrouter1');
  const master = await until(async () => (await lab.status('vrouter2'))?.groups[0]?.state === 'master', PATIENCE, 50);
  check('vrouter2 becomes master', master === true, master === true ? 'yes' : 'no');
  await sleep(QUIET);
  const moved = (await lab.simulator.journal(since)).length;
  check('it claims nothing while claims are frozen', moved === 0, `${moved} moves`);
  await command(context, 'vrouter2', ['freeze', 'off']);
}

export const maintenance: Scenario = {
  name: 'maintenance',
  title: 'standby takes a router out of the election and gives it back; freeze stops every claim until it ends.',
  steps: [
    {
      title: 'failoverctl standby on, on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      act: (context) => command(context, 'vrouter1', ['standby', 'on']),
      async after({ lab, check }) {
        const state = (await lab.status('vrouter1'))?.groups[0]?.state;
        check('vrouter1 is in standby', state === 'standby', String(state));
      },
    },
    {
      title: 'failoverctl standby off vrouter1, given on vrouter2',
      expect: { master: 'vrouter1', moves: 1 },
      act: (context) => command(context, 'vrouter2', ['standby', 'off', 'vrouter1']),
    },
    {
      title: 'failoverctl freeze on; vrouter1 dies; failoverctl freeze off',
      expect: { master: 'vrouter2', moves: 1 },
      act: frozenTakeover,
    },
  ],
};
