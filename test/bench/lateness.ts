/** How late the heartbeat is while the worker is as busy as it can be: tokens, keys and 24 claims at a time. */
import { now, sleep } from '../lab/clock.ts';
import { namespaceOf } from '../lab/namespaces.ts';
import { run } from '../lab/run.ts';
import type { Recorder } from './figures.ts';
import { bucketsIn, difference, type Histogram, histogramQuantile, together } from './histogram.ts';
import { waitedForProcessor } from './proc.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';

const METRIC = 'failoverd_heartbeat_lateness_seconds';
const DURATION = 40_000;
/** Between two switchovers: time to claim, and to tell everybody. */
const PAUSE = 700;
const GOAL = { of: 'max', limit: 20 } as const;
const SCRAPE = `fetch('http://127.0.0.1:9112/metrics').then((answer) => answer.text()).then(console.log)`;

async function lateness(router: string): Promise<Histogram> {
  const command = ['ip', 'netns', 'exec', namespaceOf(router), process.execPath, '-e', SCRAPE];
  return bucketsIn(await run(command), METRIC);
}

async function latenessOfBoth(): Promise<Histogram> {
  return together(await lateness(MASTER), await lateness(BACKUP));
}

/** Milliseconds for which the main threads of both daemons had to wait for a processor. */
function waited({ lab }: Stand): number {
  return [MASTER, BACKUP].reduce((sum, router) => sum + waitedForProcessor(lab.daemon(router).pid), 0);
}

export async function measureLateness(
  stand: Stand,
  recorder: Recorder,
  tokenLifetime: number,
  progress: (text: string) => void,
): Promise<void> {
  const { lab, interval } = stand;
  progress(`lateness of the heartbeat for ${DURATION / 1000} s`);
  const requestsBefore = (await lab.simulator.requests()).at(-1)?.id ?? 0;
  const before = await latenessOfBoth();
  const waitedBefore = waited(stand);
  const end = now() + DURATION;
  let switchovers = 0;
  let refused = 0;
  while (now() < end) {
    // A heartbeat as fast as this may lose its master on a busy machine; then there is nothing to hand over for once.
    for (const move of [
      () => stand.control(MASTER).failover({ to: BACKUP }),
      () => stand.control(MASTER).failback({}),
    ]) {
      await move().then(
        () => (switchovers += 1),
        () => (refused += 1),
      );
      await sleep(PAUSE);
    }
  }
  const waitedFor = waited(stand) - waitedBefore;
  const seen = difference(await latenessOfBoth(), before);
  const requests = await lab.simulator.requests(requestsBefore);
  const count = (operation: string): number => requests.filter((request) => request.operation === operation).length;

  const vips = lab.plan.topology.vips.length;
  const section = `heartbeat while ${vips} VIPs move to and fro, tokens live ${tokenLifetime / 1000} s, adverts each ${interval} ms`;
  const events = seen.at(-1)?.count ?? 0;
  recorder.add(
    { section, what: 'lateness p99 (between its buckets)', unit: 'ms', events },
    histogramQuantile(seen, 0.99) * 1000,
  );
  recorder.add(
    { section, what: 'lateness p99.9 (between its buckets)', unit: 'ms', events, goal: GOAL },
    histogramQuantile(seen, 0.999) * 1000,
  );
  recorder.note(
    `${section}: ${switchovers} switchovers (${refused} refused), ${count('UpdatePrivateIp')} claims, ${count('Federation')} new tokens in ` +
      `${DURATION / 1000} s; the heartbeats' threads were ready to run and had no processor for ${waitedFor.toFixed(0)} ms.`,
  );
}
