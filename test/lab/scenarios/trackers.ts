import { rm, writeFile } from 'node:fs/promises';
import { WORK } from '../paths.ts';
import type { Scenario } from '../scenario.ts';

/** Every router sees its own directory at /run/failoverd. */
const markOf = (router: string): string => `${WORK}/${router}/run/no-uplink`;

/** A command that succeeds while a file is absent, and one that never answers. */
const TRACKERS = `
    trackers:
      - { name: uplink, command: [/usr/bin/test, "!", -e, /run/failoverd/no-uplink], interval: 100ms, fall: 2, rise: 2 }
      - { name: hangs, command: [/bin/sleep, "60"], interval: 1s, timeout: 500ms, weight: -10 }
`;

export const trackers: Scenario = {
  name: 'trackers',
  title: 'A tracker of the master goes down, and up again, while another one hangs each time.',
  options: { edit: (text) => text.trimEnd().concat(TRACKERS) },
  steps: [
    {
      title: 'the uplink of vrouter1 is lost',
      expect: { master: 'vrouter2', moves: 1 },
      async act() {
        await writeFile(markOf('vrouter1'), '');
      },
      async after({ lab, check }) {
        const own = (await lab.status('vrouter1'))?.groups[0];
        check('vrouter1 is in fault', own?.state === 'fault', String(own?.state));
        const uplink = own?.trackers?.find(({ name }) => name === 'uplink');
        check(
          'its tracker is down, with a reason',
          uplink?.error === 'exit code 1',
          `${uplink?.state} ${uplink?.error}`,
        );
        const hangs = own?.trackers?.find(({ name }) => name === 'hangs');
        const isCutOff = hangs?.state === 'down' && hangs.error === 'no answer within 500 ms';
        check('the one that hangs is cut off and down', isCutOff, `${hangs?.state} ${hangs?.error}`);
        const priorities = (await lab.status('vrouter2'))?.routers.map(({ groups }) => groups[0]?.effectivePriority);
        check('its weight counts on both routers', priorities?.join() === '190,90', String(priorities?.join()));
      },
    },
    {
      title: 'the uplink of vrouter1 is back',
      expect: { master: 'vrouter1', moves: 1 },
      async act() {
        await rm(markOf('vrouter1'));
      },
    },
  ],
};
