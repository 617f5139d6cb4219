import type { Scenario } from '../scenario.ts';

/** One interface of the master is taken down, and up again. */
function linkDown(nic: string): Scenario {
  return {
    name: `link-down-${nic}`,
    title: `The tracked link ${nic} of the master goes down, and comes back.`,
    steps: [
      {
        title: `ip link set ${nic} down on vrouter1`,
        expect: { master: 'vrouter2', moves: 1 },
        async act({ lab }) {
          lab.links.setLink('vrouter1', nic, 'down');
        },
        async after({ lab, check }) {
          const status = await lab.status('vrouter2');
          const router = status?.routers.find(({ name }) => name === 'vrouter1');
          const link = router?.links.find((candidate) => candidate.interface === nic);
          check(
            `vrouter2 knows that ${nic} of vrouter1 is down`,
            link?.up === false,
            link === undefined ? 'not listed' : link.up ? 'up' : 'down',
          );
          const state = router?.groups[0]?.state;
          check('vrouter1 is in fault', state === 'fault', String(state));
        },
      },
      {
        title: `ip link set ${nic} up on vrouter1`,
        // Its connections to OCI lead over ens3: they may have died meanwhile.
        expect: { master: 'vrouter1', moves: 1, warm: nic !== 'ens3' },
        async act({ lab }) {
          lab.links.setLink('vrouter1', nic, 'up');
        },
      },
    ],
  };
}

export const linkDownEns3 = linkDown('ens3');
export const linkDownEns5 = linkDown('ens5');
export const linkDownEns6 = linkDown('ens6');
