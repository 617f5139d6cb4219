import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { now, sleep } from './clock.ts';
import { type FlowReport, GRACE } from './flow.ts';
import { namespaceOf } from './namespaces.ts';
import { BUILD } from './paths.ts';
import type { LabPlan } from './plan.ts';

const PORT = 7;
/** Milliseconds between two probes of a flow, unless told. */
const INTERVAL = 2;

/** A prober or responder that a busy machine keeps waiting is waited for so long: what is late is not lost. */
const LONGEST_GRACE = 1000;

/** Probes between the management host and each customer host, running all the time. */
export interface Traffic {
  /** What became of the probes sent from `since` until now. Waits until the last of them had time to come back. */
  report(since: number): Promise<readonly FlowReport[]>;
  stop(): void;
}

function start(namespace: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn('ip', ['netns', 'exec', namespace, process.execPath, `${BUILD}/traffic.js`, ...args]);
}

/** Starts the responders and the prober; they answer when they are ready. */
export async function startTraffic(plan: LabPlan, interval = INTERVAL): Promise<Traffic> {
  const responders = plan.customers.map((customer) => start(namespaceOf(customer.name), ['echo', String(PORT)]));
  const targets = plan.customers.map(
    (customer) => `${plan.management.name} to ${customer.name}=${customer.address}:${PORT}`,
  );
  const prober = start(namespaceOf(plan.management.name), ['probe', String(interval), ...targets]);
  const children = [...responders, prober];

  const waiting: ((line: string) => void)[] = [];
  const ready = children.map(
    (child) =>
      new Promise<void>((resolve, reject) => {
        let complaint = '';
        child.stderr.on('data', (text: Buffer) => {
          complaint += text.toString();
        });
        child.on('exit', (code) => reject(new Error(`the traffic prober ended with ${code}: ${complaint}`)));
        createInterface({ input: child.stdout }).on('line', (line) => {
          if (line === 'ready') resolve();
          else waiting.shift()?.(line);
        });
      }),
  );
  await Promise.all(ready);

  async function ask(since: number, upTo: number): Promise<FlowReport[]> {
    const answer = new Promise<string>((resolve) => waiting.push(resolve));
    prober.stdin.write(`${JSON.stringify({ since, upTo })}\n`);
    return JSON.parse(await answer) as FlowReport[];
  }

  /** The last probes have not come back, be they lost or late. */
  const endsSilent = ({ lost, lastAnswered }: FlowReport, upTo: number): boolean =>
    lost > 0 && (lastAnswered ?? Number.NEGATIVE_INFINITY) < upTo - 2 * interval;

  return {
    async report(since) {
      const upTo = now();
      for (;;) {
        await sleep(GRACE);
        const flows = await ask(since, upTo);
        if (!flows.some((flow) => endsSilent(flow, upTo)) || now() - upTo > LONGEST_GRACE) return flows;
      }
    },
    stop() {
      for (const child of children) child.kill('SIGKILL');
    },
  };
}
