import type { StatusReport } from '../../../src/control/api.ts';
import { until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import type { Scenario, Step, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** Seconds. */
const HOUR = 3600;
const hours = (ahead: number): string => `${ahead > 0 ? '+' : ''}${ahead / HOUR} h`;

/** Waits until a router's status fits; checks it with what it says. */
async function says(
  { lab, check }: StepContext,
  router: string,
  what: string,
  fits: (status: StatusReport) => boolean,
  tell: (status: StatusReport) => string,
): Promise<void> {
  let last: StatusReport | undefined;
  const found = await until(
    async () => {
      last = await lab.status(router);
      return last !== undefined && fits(last);
    },
    PATIENCE,
    200,
  );
  check(`${router}: ${what}`, found === true, last === undefined ? 'no answer' : tell(last));
}

const alarmsOf = (status: StatusReport): string => status.alarms.join('; ') || 'no alarm';

/** Seconds by which a router's own report is ahead of the machine's clock: the lab's clocks really work. */
async function aheadOf(lab: Lab, router: string): Promise<number> {
  const status = await lab.status(router);
  return status === undefined ? Number.NaN : (Date.parse(status.time) - Date.now()) / 1000;
}

async function step(context: StepContext, router: string, ahead: number): Promise<void> {
  const { lab, check } = context;
  await lab.wallClocks?.set(router, ahead);
  const seen = await aheadOf(lab, router);
  check(`the daemon on ${router} sees the other time`, Math.abs(seen - ahead) < 30, `${seen.toFixed(0)} s ahead`);
}

/** Everybody says so, and the router whose clock is wrong says why OCI refuses it. */
async function wrongClock(context: StepContext, router: string, ahead: number): Promise<void> {
  const peer = router === 'vrouter1' ? 'vrouter2' : 'vrouter1';
  const direction = ahead > 0 ? 'ahead of' : 'behind';
  const alarm = new RegExp(`the clock of ${router} is 3[56]\\d\\d s ${direction}`);
  await says(
    context,
    peer,
    'alarms about the clock',
    (status) => status.alarms.some((each) => alarm.test(each)),
    alarmsOf,
  );
  await says(
    context,
    router,
    'is not ready, and says that its clock may be why',
    ({ oci }) => !oci.ready && /clock/.test(oci.reason ?? ''),
    ({ oci }) => oci.reason ?? (oci.ready ? 'ready' : 'no reason'),
  );
}

async function rightClock(context: StepContext, router: string): Promise<void> {
  await step(context, router, 0);
  for (const each of ['vrouter1', 'vrouter2']) {
    await says(
      context,
      each,
      'is ready, without an alarm',
      ({ oci, alarms }) => oci.ready && alarms.length === 0,
      alarmsOf,
    );
  }
}

/** At run time: the master's clock jumps, and it stays master. */
function masterSteps(ahead: number): Step {
  return {
    title: `the clock of vrouter1, the master, is stepped by ${hours(ahead)}`,
    expect: { master: 'vrouter1', moves: 0, stays: 1_000 },
    async act(context) {
      await step(context, 'vrouter1', ahead);
      await wrongClock(context, 'vrouter1', ahead);
    },
  };
}

const masterRight: Step = {
  title: 'the clock of vrouter1 is right again',
  expect: { master: 'vrouter1', moves: 0 },
  act: (context) => rightClock(context, 'vrouter1'),
};

/** At boot: a backup that comes with a wrong clock hears its master and is heard. */
function backupBoots(ahead: number): Step {
  return {
    title: `failoverd starts again on vrouter2, whose clock is ${hours(ahead)} off`,
    expect: { master: 'vrouter1', moves: 0, stays: 3_000 },
    async act(context) {
      const { lab } = context;
      const daemon = lab.daemon('vrouter2');
      daemon.kill('SIGKILL');
      await daemon.exit;
      await lab.wallClocks?.set('vrouter2', ahead);
      lab.start('vrouter2');
      await says(context, 'vrouter2', 'hears its master', ({ groups }) => groups[0]?.master === 'vrouter1', alarmsOf);
      await wrongClock(context, 'vrouter2', ahead);
    },
  };
}

export const wallClock: Scenario = {
  name: 'wall-clock',
  title: 'A wall clock that is an hour off makes no second master; OCI refuses its signatures, and status says so.',
  options: { wallClocks: true },
  unauthenticated: ['vrouter1', 'vrouter2'],
  steps: [
    masterSteps(HOUR),
    masterRight,
    masterSteps(-HOUR),
    masterRight,
    backupBoots(HOUR),
    backupBoots(-HOUR),
    {
      title: 'the clock of vrouter2 is right again',
      expect: { master: 'vrouter1', moves: 0 },
      act: (context) => rightClock(context, 'vrouter2'),
    },
    {
      title: 'SIGKILL to failoverd on vrouter1: vrouter2 takes over, its clock having been wrong when it started',
      expect: { master: 'vrouter2', moves: 1 },
      async act({ lab }) {
        lab.daemon('vrouter1').kill('SIGKILL');
      },
    },
  ],
};
