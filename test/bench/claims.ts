/** Many VIPs, and an API that takes its time. */
import { sleep } from '../lab/clock.ts';
import type { Recorder } from './figures.ts';
import { endHold, takeBack } from './recovery.ts';
import { MASTER, type Stand } from './stand.ts';
import { LATENCY, watchTakeover } from './takeover.ts';

/** Milliseconds until what a router reads after a failover is read; from then on it reads each `verify_interval`. */
const QUIET = 2_500;
const GOAL = { of: 'median', limit: 1.5 } as const;

export async function measureClaims(
  stand: Stand,
  recorder: Recorder,
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  const { lab } = stand;
  const vips = lab.plan.topology.vips.length;
  const section = `${vips} VIPs, every request to OCI takes ${LATENCY} ms`;
  await lab.simulator.faults({ latency: { '*': LATENCY } });
  for (let run = 1; run <= runs; run += 1) {
    progress(`${vips} VIPs with ${LATENCY} ms: ${run} of ${runs}`);
    await stand.settled();
    await sleep(QUIET);
    const strike = (): void => lab.links.setLink(MASTER, 'ens5', 'down');
    const seen = await watchTakeover(stand, 3 * LATENCY, strike);
    const held = seen.allAnswered - seen.firstAdvert;
    recorder.add({ section, what: 'new master to every VIP held, in requests', unit: '×', goal: GOAL }, held / LATENCY);
    recorder.add({ section, what: 'new master to every VIP held', unit: 'ms' }, held);
    recorder.add({ section, what: 'link down to every VIP held', unit: 'ms' }, seen.allAnswered - seen.faultAt);
    recorder.add({ section, what: 'link down to last claim at OCI', unit: 'ms' }, seen.lastClaim - seen.faultAt);
    lab.links.setLink(MASTER, 'ens5', 'up');
    await takeBack(stand);
    await endHold(stand);
  }
  await stand.settled();
  await lab.simulator.faults({ latency: { '*': null } });
}
