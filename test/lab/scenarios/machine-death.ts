import type { Scenario } from '../scenario.ts';

export const machineDeath: Scenario = {
  name: 'machine-death',
  title: "The master's machine dies: its daemon is gone and its links are dead.",
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1, all its links cut',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
        await lab.setCarrier('vrouter1', 'down');
      },
    },
    {
      title: 'vrouter1 boots again: its links are back and failoverd starts',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        await lab.setCarrier('vrouter1', 'up');
        lab.start('vrouter1');
      },
    },
  ],
};
