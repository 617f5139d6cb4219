import type { FaultEffect, FaultRule } from '../../oci-simulator/types.ts';
import { until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

const FAULT = 'trouble';

function onClaims(effect: FaultEffect): FaultRule {
  return { operation: 'UpdatePrivateIp', effect };
}

async function setFault(lab: Lab, rule: FaultRule | null): Promise<void> {
  await lab.simulator.faults({ faults: { [FAULT]: rule } });
}

/** Waits until vrouter2 has met the trouble `count` times more. */
async function suffer(lab: Lab, count: number): Promise<boolean> {
  const start = (await lab.simulator.requests()).at(-1)?.id ?? 0;
  const met = await until(async () => {
    const hit = (await lab.simulator.requests(start)).filter(({ fault }) => fault === FAULT);
    return hit.length >= count;
  }, PATIENCE);
  return met === true;
}

async function troubledCrash({ lab, note, check }: StepContext): Promise<void> {
  // A slow start may have cost moves of its own.
  const before = (await lab.simulator.journal()).length;
  await setFault(lab, onClaims({ kind: 'status', status: 429, code: 'TooManyRequests' }));
  lab.daemon('vrouter1').kill('SIGKILL');
  check('vrouter2 claimed although it was throttled', await suffer(lab, 6), 'six claims answered with 429');

  note('OCI answers claims with 500 and 503');
  await setFault(lab, onClaims({ kind: 'status', status: [500, 503] }));
  check('it kept trying while the service failed', await suffer(lab, 6), 'six claims answered with 500 or 503');

  note('OCI does not answer claims at all');
  await setFault(lab, onClaims({ kind: 'hang', applied: false }));
  check('it kept trying while nothing answered', await suffer(lab, 3), 'three claims without an answer');

  const moved = (await lab.simulator.journal()).length - before;
  check('nothing had moved so far', moved === 0, `${moved} moves`);
  await setFault(lab, null);
  note('OCI works again');
}

export const apiTrouble: Scenario = {
  name: 'api-trouble',
  title: 'The API throttles, fails and hangs during a crash: every VIP is claimed as soon as it recovers.',
  steps: [
    {
      title: 'OCI answers claims with 429; SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1, warm: false },
      act: troubledCrash,
    },
  ],
};

export const lostAnswer: Scenario = {
  name: 'lost-answer',
  title: 'Claims that were carried out, but whose answers were lost, are recognised and not repeated.',
  steps: [
    {
      title: 'the next three answers to claims are lost; SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1, warm: false },
      async act({ lab }) {
        await setFault(lab, { ...onClaims({ kind: 'lost-answer' }), count: 3 });
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
  ],
};
