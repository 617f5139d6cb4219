import type { Scenario } from '../scenario.ts';

/** Milliseconds without a bounce: longer than every timer that could lead to one. */
const NO_BOUNCE = 5_000;

export const planned: Scenario = {
  name: 'planned',
  title: 'A planned switchover stays where the admin put it until failback.',
  steps: [
    {
      title: 'failoverctl failover --wait',
      expect: { master: 'vrouter2', moves: 1, stays: NO_BOUNCE },
      async act({ lab, note, check }) {
        const answer = await lab.failoverctl('vrouter1', ['failover', '--wait']);
        note(
          `failoverctl ends with ${answer.code}: ${(answer.stdout || answer.stderr).trim().split('\n').at(-1) ?? ''}`,
        );
        check('failoverctl failover --wait ended with 0', answer.code === 0, `${answer.code} ${answer.stderr.trim()}`);
        const { vips } = await lab.simulator.state();
        const left = vips.filter(({ instance }) => instance !== 'vrouter2').map(({ address }) => address);
        check('every VIP had moved when it ended', left.length === 0, left.join(', ') || 'yes');
      },
      async after({ lab, check }) {
        const hold = (await lab.status('vrouter1'))?.groups[0]?.hold;
        check('status shows the hold', hold?.target === 'vrouter2', hold?.target ?? 'no hold');
      },
    },
    {
      title: 'failoverctl failback',
      expect: { master: 'vrouter1', moves: 1 },
      async act({ lab, check }) {
        const answer = await lab.failoverctl('vrouter1', ['failback']);
        check('failoverctl failback ended with 0', answer.code === 0, `${answer.code} ${answer.stderr.trim()}`);
      },
      async after({ lab, check }) {
        const hold = (await lab.status('vrouter2'))?.groups[0]?.hold;
        check('the hold is gone', hold === null, hold?.target ?? 'no hold');
      },
    },
  ],
};
