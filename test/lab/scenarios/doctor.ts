import { chmod } from 'node:fs/promises';
import type { DoctorReport } from '../../../src/control/api.ts';
import { until } from '../clock.ts';
import { WORK } from '../paths.ts';
import { onHost } from '../routers.ts';
import { attempt } from '../run.ts';
import type { Scenario, Step, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

/** What is a property of this machine and of the simulated VCN, and no fault: no group, an unkept clock, no such route. */
const OF_THE_LAB = ['control /run/failoverd/control.sock', 'time clock', 'route 172.20.136.132'];

async function examine({ lab }: StepContext, router: string): Promise<{ code: number | null; report: DoctorReport }> {
  const { code, stdout, stderr } = await lab.failoverctl(router, ['doctor', '--json']);
  if (!stdout.startsWith('{')) throw new Error(`failoverctl doctor on ${router}: ${code} ${stderr}`);
  return { code, report: JSON.parse(stdout) as DoctorReport };
}

function named({ checks }: DoctorReport, results: readonly string[]): string[] {
  return checks.filter(({ result }) => results.includes(result)).map(({ check, about }) => `${check} ${about}`);
}

async function allWell(context: StepContext): Promise<void> {
  for (const router of context.lab.members) {
    const { code, report } = await examine(context, router);
    // Who holds the VIPs from the start, or is backup, has claimed nothing yet, and says that only a claim would prove
    // that it may.
    const unproven = named(report, ['unknown', 'warning']).filter((name) => !name.startsWith('claim '));
    const bad = [...named(report, ['failed']), ...unproven].filter((name) => !OF_THE_LAB.includes(name));
    context.check(`the doctor of ${router} exits with 0`, code === 0, String(code));
    context.check(`and finds nothing wrong`, bad.length === 0, bad.join(', ') || `${report.checks.length} checks`);
  }
}

/** A fault that moves nothing, what the doctor of vrouter1 says of it, and its end. */
function fault(title: string, found: string, make: (context: StepContext) => Promise<() => Promise<unknown>>): Step {
  return {
    title: `${title}; failoverctl doctor`,
    expect: { master: 'vrouter1', moves: 0 },
    async act(context) {
      const { note, check } = context;
      const end = await make(context);
      note(title);
      // Peers are silent only after a while.
      const seen = await until(
        async () => {
          const { code, report } = await examine(context, 'vrouter1');
          return code === 1 && named(report, ['failed']).includes(found) ? report : undefined;
        },
        PATIENCE,
        200,
      );
      check(
        `the doctor says: failed ${found}, and exits with 1`,
        seen !== undefined,
        seen === undefined ? 'no' : 'yes',
      );
      await end();
      const well = await until(async () => (await examine(context, 'vrouter1')).code === 0, PATIENCE, 200);
      check('and that it is over', well === true, well === true ? 'exit 0' : 'still exit 1');
    },
  };
}

async function onRouter1(...command: readonly string[]): Promise<void> {
  const { code, stderr } = await attempt(onHost('vrouter1', command));
  if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
}

export const doctor: Scenario = {
  name: 'doctor',
  title:
    'failoverctl doctor is content with the reference deployment, and finds each thing that is broken; nothing moves.',
  steps: [
    { title: 'nothing is broken; failoverctl doctor', expect: { master: 'vrouter1', moves: 0 }, act: allWell },
    fault('the policy forgets the VNICs', 'vnic ens5', async ({ lab }) => {
      await lab.simulator.faults({ policy: { inspectVnics: false, useVnics: false } });
      return () => lab.simulator.faults({ policy: { inspectVnics: true, useVnics: true } });
    }),
    fault('the token exchange answers 503', 'federation OCI', async ({ lab }) => {
      const effect = { kind: 'status', status: 503 } as const;
      await lab.simulator.faults({ faults: { exchange: { operation: 'Federation', effect } } });
      return () => lab.simulator.faults({ faults: { exchange: null } });
    }),
    fault('the file on disk gets a mistake', 'config /etc/failoverd/failoverd.yaml', async ({ lab }) => {
      await lab.configure((text) => `${text}nonsense: 1\n`);
      return () => lab.configure();
    }),
    fault('the kernel forwards no more', 'kernel net.ipv4.ip_forward', async () => {
      await onRouter1('sysctl', '-qw', 'net.ipv4.ip_forward=0');
      return () => onRouter1('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    }),
    fault('everybody may use the control socket', 'control /run/failoverd/control.sock', async () => {
      const socket = `${WORK}/vrouter1/run/control.sock`;
      await chmod(socket, 0o666);
      return () => chmod(socket, 0o660);
    }),
    fault('the peer is killed', 'peer vrouter2', async ({ lab }) => {
      lab.daemon('vrouter2').kill('SIGKILL');
      await lab.daemon('vrouter2').exit;
      return async () => lab.start('vrouter2');
    }),
  ],
};
