import { sleep, until } from '../clock.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Milliseconds: a takeover would be long over. */
const QUIET = 2_500;

/** Longer than the start's listening and a master down interval. */
const STARTED = 5_000;

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

async function frozenReturn(context: StepContext): Promise<void> {
  const { lab, check } = context;
  await command(context, 'vrouter2', ['freeze', 'on']);
  lab.start('vrouter1');
  const heard = await until(
    async () => {
      const status = await lab.status('vrouter1');
      return status?.groups[0]?.state === 'backup' && status.alarms.some((alarm) => alarm.includes('frozen'));
    },
    PATIENCE,
    50,
  );
  check('vrouter1 hears of the freeze', heard === true, heard === true ? 'yes' : 'no');
  await sleep(STARTED);
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
    {
      title: 'failoverctl freeze on; failoverd starts on vrouter1, the better router: it does not pre-empt',
      expect: { master: 'vrouter2', moves: 0, stays: 3_000 },
      act: frozenReturn,
    },
    {
      title: 'failoverctl freeze off',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      act: (context) => command(context, 'vrouter1', ['freeze', 'off']),
    },
    {
      title: 'failoverctl standby on vrouter9, a router that is not in the file',
      expect: { master: 'vrouter1', moves: 0 },
      async act({ lab, check }) {
        const answer = await lab.failoverctl('vrouter1', ['standby', 'on', 'vrouter9']);
        check('it is refused with 1', answer.code === 1, String(answer.code));
        check('the routers that there are are named', /vrouter1, vrouter2/.test(answer.stderr), answer.stderr.trim());
      },
    },
  ],
};
