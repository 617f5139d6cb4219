import { sleep } from '../clock.ts';
import type { Scenario, Step } from '../scenario.ts';
import { settle } from '../settle.ts';

function frozenBackup(seconds: number): Step {
  return {
    title: `SIGSTOP to failoverd on vrouter2 for ${seconds} s`,
    expect: { master: 'vrouter1', moves: 0, stays: 1_500 },
    async act({ lab, note }) {
      const daemon = lab.daemon('vrouter2');
      daemon.kill('SIGSTOP');
      await sleep(seconds * 1000);
      daemon.kill('SIGCONT');
      note('SIGCONT');
    },
    async after({ lab, since, check }) {
      const nics = Object.values(lab.plan.routers.find(({ name }) => name === 'vrouter2')?.nics ?? {});
      const sources = nics.map(({ address }) => address);
      const adverts = lab.adverts.filter(({ at, source }) => at >= since && sources.includes(source));
      check('vrouter2 never said that it is master', adverts.length === 0, `${adverts.length} adverts`);
    },
  };
}

export const frozen: Scenario = {
  name: 'frozen',
  title: 'A daemon stands still and goes on: a backup takes nothing, a master finds out that it was replaced.',
  steps: [
    frozenBackup(3),
    frozenBackup(10),
    {
      title: 'SIGSTOP to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGSTOP');
      },
    },
    {
      title: 'SIGCONT: vrouter1, the better router, wakes up as master beside vrouter2',
      expect: { master: 'vrouter1', moves: 1, stays: 4_000, warm: false },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGCONT');
      },
      async after({ lab, since, check }) {
        const wrong = (await lab.simulator.requests()).filter(
          ({ at, operation, status }) => at >= since && operation === 'UpdatePrivateIp' && status !== 200,
        );
        check('it read before it claimed', wrong.length === 0, `${wrong.length} claims on old etags`);
      },
    },
    {
      title: 'the same with vrouter1 in standby for the time after: it claims nothing any more',
      expect: { master: 'vrouter2', moves: 1, stays: 2_000 },
      async act({ lab, note }) {
        const daemon = lab.daemon('vrouter1');
        daemon.kill('SIGSTOP');
        await settle(lab, 'vrouter2');
        await lab.failoverctl('vrouter2', ['standby', 'on', 'vrouter1']);
        daemon.kill('SIGCONT');
        note('SIGCONT');
      },
    },
  ],
};
