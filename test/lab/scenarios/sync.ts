import type { Lab } from '../lab.ts';
import type { Scenario, StepContext } from '../scenario.ts';

/** The VIPs of ens6 in a group of their own, which fails over with the others. */
function split(text: string): string {
  const [ens6 = ''] = text.split('\n').filter((line) => line.trimStart().startsWith('ens6:'));
  const [priority = ''] = text.split('\n').filter((line) => line.trimStart().startsWith('priority:'));
  return `${text.replace(`${ens6}\n`, '').trimEnd()}
  pods:
    virtual_router_id: 52
${priority}
    sync: [isv]
    interfaces:
${ens6}
`;
}

/** The state of both groups on a router, by its own word. */
async function statesOn(lab: Lab, router: string): Promise<string> {
  return ((await lab.status(router))?.groups ?? []).map(({ name, state }) => `${name} ${state}`).join(', ');
}

function bothAre(router: string, state: string) {
  return async ({ lab, check }: StepContext) => {
    const states = await statesOn(lab, router);
    check(`both groups are ${state} on ${router}`, states === `isv ${state}, pods ${state}`, states);
  };
}

export const sync: Scenario = {
  name: 'sync',
  title: 'Two groups that fail over together: what happens to an interface of one happens to both.',
  options: { edit: split },
  steps: [
    {
      title: 'ens6 of vrouter1, which is in the second group alone, goes down',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens6', 'down');
      },
      after: bothAre('vrouter1', 'fault'),
    },
    {
      title: 'ens6 is up again',
      expect: { master: 'vrouter1', moves: 1 },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens6', 'up');
      },
      after: bothAre('vrouter1', 'master'),
    },
    {
      title: 'ens5 of vrouter1, which is in the first group alone, goes down',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens5', 'down');
      },
      after: bothAre('vrouter1', 'fault'),
    },
    {
      title: 'ens5 is up again',
      expect: { master: 'vrouter1', moves: 1 },
      async act({ lab }) {
        lab.links.setLink('vrouter1', 'ens5', 'up');
      },
      after: bothAre('vrouter1', 'master'),
    },
    {
      title: 'failoverctl failover --group pods: the admin names one of them, and both go',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab, check }) {
        const answer = await lab.failoverctl('vrouter1', ['failover', '--group', 'pods']);
        check('failoverctl failover --group pods succeeds', answer.code === 0, `exit ${answer.code} ${answer.stderr}`);
      },
      after: bothAre('vrouter2', 'master'),
    },
  ],
};
