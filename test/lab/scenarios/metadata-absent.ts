import { until } from '../clock.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

async function bootWithoutMetadata({ lab, note, check }: StepContext): Promise<void> {
  await lab.simulator.faults({ reachabilityOf: { vrouter1: { metadata: 'refused' } } });
  note('failoverd starts on vrouter1, where instance metadata is not reachable');
  const daemon = lab.start('vrouter1');
  const ready = await until(() => daemon.notifications.some(({ fields }) => fields['READY'] === '1'), PATIENCE);
  check('it tells systemd READY all the same', ready === true, ready === true ? 'READY=1' : 'no READY=1');
  const status = await until(
    async () => {
      const answer = await lab.status('vrouter1');
      return answer?.oci.ready === false && answer.oci.reason !== undefined ? answer : undefined;
    },
    PATIENCE,
    200,
  );
  check('status says that it is not ready, and why', status !== undefined, status?.oci.reason ?? 'it does not');
  const alarms = status?.alarms ?? [];
  check('status raises an alarm', alarms.length > 0, alarms[0] ?? 'no alarm');
}

export const metadataAbsent: Scenario = {
  name: 'metadata-absent',
  title: 'Instance metadata is absent at boot: the daemon starts, says that it is not ready, and recovers by itself.',
  steps: [
    {
      title: 'SIGKILL to failoverd on vrouter1',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
    {
      title: 'vrouter1 boots without metadata: it must not take over from a router that can claim',
      expect: { master: 'vrouter2', moves: 0, stays: 4_000 },
      act: bootWithoutMetadata,
    },
    {
      title: 'metadata is reachable again',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        await lab.simulator.faults({ reachabilityOf: { vrouter1: null } });
      },
      async after({ lab, check }) {
        const status = await lab.status('vrouter1');
        check('status says that it is ready', status?.oci.ready === true, status?.oci.reason ?? 'ready');
      },
    },
  ],
};
