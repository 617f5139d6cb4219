import type { Scenario } from '../scenario.ts';

const NICS = ['ens3', 'ens5', 'ens6'];

export const machineDeath: Scenario = {
  name: 'machine-death',
  title: "The master's machine dies: its daemon is gone and its links are dead.",
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1, all its links cut',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
        lab.links.setCarrier('vrouter1', NICS, 'down');
      },
    },
    {
      title: 'vrouter1 boots again: its links are back and failoverd starts',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        lab.links.setCarrier('vrouter1', NICS, 'up');
        lab.start('vrouter1');
      },
    },
  ],
};
