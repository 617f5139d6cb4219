import { sleep, until } from '../clock.ts';
import { between, cutPaths } from '../filter.ts';
import type { Scenario } from '../scenario.ts';
import { exitText } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Milliseconds: longer than the start's listening and a master down interval. */
const LONG_ENOUGH = 6_000;

export const samePriority: Scenario = {
  name: 'same-priority',
  title:
    'Two routers of the same priority: whoever is master stays it, and of two masters the greater address remains.',
  options: { priorities: { vrouter1: 100, vrouter2: 100 } },
  oneByOne: true,
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
    {
      title: 'failoverd starts on vrouter1: it does not take back',
      expect: { master: 'vrouter2', moves: 0, stays: 3_000 },
      async act({ lab }) {
        lab.start('vrouter1');
      },
    },
    {
      title: 'they lose each other for 3 s and are both master: vrouter2 has the greater address',
      expect: { master: 'vrouter2', moves: { atMost: 2 }, claimants: ['vrouter1'], warm: false, stays: 2_000 },
      async act({ lab, note, check }) {
        await cutPaths(between('vrouter1', 'vrouter2', ['ens3', 'ens5', 'ens6']));
        const both = await until(
          async () => (await lab.status('vrouter1'))?.groups[0]?.state === 'master',
          PATIENCE,
          50,
        );
        check('vrouter1 became master as well', both === true, both === true ? 'yes' : 'no');
        await sleep(1_000);
        await cutPaths([]);
        note('they hear each other again');
      },
    },
  ],
};

export const strays: Scenario = {
  name: 'strays',
  title: 'A second daemon of the same name and address, and one under the name of another router: harmless, and told.',
  steps: [
    {
      title: 'somebody starts failoverd by hand on vrouter1, where it runs as a service',
      expect: { master: 'vrouter1', moves: 0 },
      async act({ lab, check }) {
        const stray = lab.startStray('vrouter1');
        const exit = await Promise.race([stray.exit, sleep(PATIENCE).then(() => null)]);
        check('the second one ends by itself, with an error', exit?.code === 1, exitText(exit));
        const said = stray.log.map(({ text }) => text).find((text) => /another|in use|already|answers/.test(text));
        check('it says that another one runs', said !== undefined, said ?? stray.log.at(-1)?.text ?? 'nothing');
        if (exit === null) stray.kill('SIGKILL');
      },
    },
    {
      title: 'the daemon of vrouter2 is started under the name vrouter1, as on a machine cloned from it',
      expect: { master: 'vrouter1', moves: 0, stays: 1_000 },
      async act({ lab, note, check }) {
        const daemon = lab.daemon('vrouter2');
        daemon.kill('SIGKILL');
        await daemon.exit;
        const stray = lab.startStray('vrouter2', { node: 'vrouter1' });
        await until(() => lab.status('vrouter2'), PATIENCE, 200);
        await sleep(LONG_ENOUGH);
        const status = await lab.status('vrouter2');
        note(`it says: ${status?.groups[0]?.state}; ${status?.alarms.join('; ')}`);
        const state = status?.groups[0]?.state;
        check('it is not master', state !== undefined && state !== 'master', String(state));
        const told = status?.alarms.find((alarm) => /address/.test(alarm));
        check('status says that the addresses of vrouter1 are not here', told !== undefined, told ?? 'it does not');
        stray.kill('SIGTERM');
        const exit = await Promise.race([stray.exit, sleep(PATIENCE).then(() => null)]);
        check('it stops when it is told to', exit?.code === 0, exitText(exit));
        lab.start('vrouter2');
      },
    },
  ],
};
