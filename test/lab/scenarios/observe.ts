import { sleep, until } from '../clock.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Milliseconds: a takeover would be long over. */
const QUIET = 2_500;
const ROUTERS = ['vrouter2', 'vrouter1'];

async function reloadAs({ lab, check }: StepContext, mode: string): Promise<void> {
  await lab.configure((text) => `${text}mode: ${mode}\n`);
  for (const router of ROUTERS) {
    const answer = await lab.failoverctl(router, ['reload']);
    check(`failoverctl reload on ${router} ended with 0`, answer.code === 0, `${answer.code} ${answer.stderr.trim()}`);
    check('it says what changed', answer.stdout.includes('mode'), answer.stdout.trim());
  }
}

/** The master dies; the other one is elected and says what it would claim. */
async function electWithoutClaims(context: StepContext): Promise<void> {
  const { lab, note, check } = context;
  await reloadAs(context, 'observe');
  const seen = (await lab.simulator.requests()).length;
  lab.daemon('vrouter1').kill('SIGKILL');
  note('SIGKILL to failoverd on vrouter1');
  const elected = await until(async () => (await lab.status('vrouter2'))?.groups[0]?.state === 'master', PATIENCE, 50);
  check('vrouter2 becomes master', elected === true, elected === true ? 'yes' : 'no');
  await sleep(QUIET);
  const said = lab.daemon('vrouter2').log.find(({ text }) => /would claim|would-claim/.test(text));
  check('it says what it would claim', said !== undefined, said?.text ?? 'it does not');
  lab.start('vrouter1');
  note('failoverd starts on vrouter1');
  await until(async () => (await lab.status('vrouter1'))?.groups[0]?.state === 'master', PATIENCE, 50);
  // A token is asked for by POST, too, and changes nothing.
  const writes = (await lab.simulator.requests())
    .slice(seen)
    .filter(({ method, operation }) => method !== 'GET' && operation !== 'Federation');
  const told = writes.map(({ instance, operation }) => `${instance ?? '?'} ${operation ?? '?'}`);
  check('nobody wrote anything', writes.length === 0, told.join(', ') || 'nobody');
}

export const observe: Scenario = {
  name: 'observe',
  title: 'mode: observe elects and says what it would claim, and writes nothing; a reload ends it.',
  steps: [
    {
      title: 'mode: observe by reload; vrouter1 dies and starts again',
      expect: { master: 'vrouter1', moves: 0 },
      act: electWithoutClaims,
    },
    {
      title: 'mode: active by reload: the master holds everything, so nothing moves',
      expect: { master: 'vrouter1', moves: 0 },
      act: (context) => reloadAs(context, 'active'),
    },
    {
      title: 'SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
  ],
};
