import type { Scenario } from '../scenario.ts';

export const crash: Scenario = {
  name: 'crash',
  title: "The master's daemon crashes, and comes back.",
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
    {
      title: 'failoverd starts on vrouter1, the better router',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        lab.start('vrouter1');
      },
    },
  ],
};
