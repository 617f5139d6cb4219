import type { Scenario } from '../scenario.ts';

export const carrierLost: Scenario = {
  name: 'carrier-lost',
  title: 'The cable of the heartbeat interface is pulled: the resignation travels on the other path.',
  steps: [
    {
      title: 'the far end of ens3 of vrouter1 goes down',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.links.setCarrier('vrouter1', ['ens3'], 'down');
      },
      async after({ lab, since, check }) {
        const nics = lab.plan.routers.find(({ name }) => name === 'vrouter1')?.nics;
        const resigned = lab.adverts.filter(({ at, priority }) => at >= since && priority === 0);
        const other = resigned.filter(({ source }) => source === nics?.['ens5']?.address);
        const sources = [...new Set(resigned.map(({ source }) => source))].join(', ') || 'nowhere';
        check('the resignation was seen on ens5', other.length > 0, `from ${sources}`);
      },
    },
    {
      title: 'the cable is plugged in again',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        lab.links.setCarrier('vrouter1', ['ens3'], 'up');
      },
    },
  ],
};
