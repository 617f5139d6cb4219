import { readFile } from 'node:fs/promises';
import { until } from '../clock.ts';
import { WORK } from '../paths.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Every router sees its own directory at /run/failoverd. */
const wroteOn = async (router: string): Promise<readonly string[]> => {
  const text = await readFile(`${WORK}/${router}/run/hooks`, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
};

const SCRIPT = 'echo "$FAILOVERD_STATE $1" >> /run/failoverd/hooks; sleep 2; echo "ends $1" >> /run/failoverd/hooks';
const hook = (name: string): string => `[[/bin/sh, -c, '${SCRIPT}', sh, ${name}]]`;
const HOOKS = `
    hooks: { master: ${hook('m')}, backup: ${hook('b')}, fault: ${hook('f')} }
`;

async function expectWritten({ check }: StepContext, router: string, expected: readonly string[]): Promise<void> {
  let written: readonly string[] = [];
  await until(async () => {
    written = (await wroteOn(router)).slice(-expected.length);
    return written.join() === expected.join();
  }, PATIENCE);
  check(`the hooks of ${router}`, written.join() === expected.join(), written.join(', '));
}

export const hooks: Scenario = {
  name: 'hooks',
  title: 'Hooks that take two seconds each: no VIP waits for them, no flap runs two at once, and a stop lets them end.',
  options: { edit: (text) => text.trimEnd().concat(HOOKS) },
  steps: [
    {
      // A third fault would make it pre-empt later.
      title: 'ens5 of vrouter1 flaps and stays down',
      expect: { master: 'vrouter2', moves: { atMost: 3 }, stays: 7000, claimants: ['vrouter1'] },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens5', 'down');
        await new Promise((resolve) => setTimeout(resolve, 150));
        lab.links.setLink('vrouter1', 'ens5', 'up');
        await new Promise((resolve) => setTimeout(resolve, 150));
        lab.links.setLink('vrouter1', 'ens5', 'down');
      },
      async after(context) {
        const written = await wroteOn('vrouter1');
        const isOneByOne = written.every((line, index) => index % 2 === 0 || line.startsWith('ends'));
        context.check('never two at once', isOneByOne, written.join(', '));
        await expectWritten(context, 'vrouter1', ['fault f', 'ends f']);
        await expectWritten(context, 'vrouter2', ['master m', 'ends m']);
      },
    },
    {
      title: 'ens5 of vrouter1 is back',
      expect: { master: 'vrouter1', moves: 1, stays: 5000, warm: false },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens5', 'up');
      },
      async after(context) {
        await expectWritten(context, 'vrouter1', ['backup b', 'ends b', 'master m', 'ends m']);
      },
    },
    {
      title: 'SIGTERM to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab, check }) {
        const daemon = lab.daemon('vrouter1');
        daemon.kill('SIGTERM');
        const exit = await daemon.exit;
        check('it ended with 0', exit.code === 0, `${exit.code} ${exit.signal ?? ''}`);
        const written = (await wroteOn('vrouter1')).slice(-2);
        check('its hook had ended before', written.join() === 'backup b,ends b', written.join(', '));
      },
    },
  ],
};
