/** A crash, a link down, a stop and a planned switchover of the master, again and again. */

import type { StatusReport } from '../../src/control/api.ts';
import { masterDownInterval } from '../../src/dgram-vrrp/index.ts';
import { now, sleep, until } from '../lab/clock.ts';
import type { SimulatorState } from '../oci-simulator/types.ts';
import type { Goal, Recorder, Sample } from './figures.ts';
import { endHold, takeBack } from './recovery.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';
import { LATENCY, type Takeover, watchTakeover } from './takeover.ts';

/** Milliseconds in which a takeover that nobody has to wait for is certainly over. */
const AT_ONCE = 150;
/** What a takeover takes beyond the master down interval, at most. */
const MARGIN = 150;

export type FaultName = 'crash' | 'link-down' | 'stop' | 'planned' | 'again';
export const FAULT_NAMES: readonly FaultName[] = ['crash', 'link-down', 'stop', 'planned', 'again'];

/** Faults, first claims and keepalived's notify_master: within 15 ms whatever the interval. */
const HANDOVER_GOAL = { of: 'median', limit: 15 } as const;
const CRASH_GOAL = { of: 'median', limit: 5 } as const;
/** What is told of a daemon on its own. */
export const ALONE = 'the daemon on its own';
const START_GOAL = { of: 'max', limit: 1000 } as const;

function title(fault: string, { interval }: Stand): string {
  return `${fault}, adverts each ${interval >= 1000 ? `${interval / 1000} s` : `${interval} ms`}`;
}

function downInterval(stand: Stand): number {
  const priority = stand.lab.plan.routers.find(({ name }) => name === BACKUP)?.priority ?? 0;
  return masterDownInterval({ version: 3, priority, interval: stand.interval });
}

/** Starts the master's daemon again and notes how long it took. */
async function restart(stand: Stand, recorder: Recorder): Promise<void> {
  const daemon = stand.lab.start(MASTER);
  const ready = await until(() => daemon.notifications.find(({ fields }) => fields['READY'] === '1'), 10_000);
  if (ready === undefined) throw new Error(`${MASTER} does not become ready`);
  const sample: Sample = { section: ALONE, what: 'start to READY=1', unit: 'ms', goal: START_GOAL };
  recorder.add(sample, ready.at - daemon.startedAt);
}

async function keepalivedKilled(
  stand: Stand,
  recorder: Recorder,
  section: string,
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  const { keepalived } = stand;
  if (keepalived === undefined) return;
  const faultAt = now();
  keepalived.kill(MASTER, signal);
  const notified = await keepalived.master(BACKUP, faultAt);
  recorder.add({ section, what: `${keepalived.name}: ${signal} to notify_master`, unit: 'ms' }, notified - faultAt);
  keepalived.start(MASTER);
}

/** Both are back: the better router is master by failoverd and by keepalived. */
async function recovered(stand: Stand, since: number): Promise<number | undefined> {
  const [warm] = await Promise.all([stand.settled(), stand.keepalived?.master(MASTER, since)]);
  return warm;
}

export function addCrash(recorder: Recorder, stand: Stand, section: string, seen: Takeover, goal?: Goal): void {
  const judged = goal === undefined ? { section, unit: 'ms' as const } : { section, unit: 'ms' as const, goal };
  const late = seen.firstAdvert - seen.lastAdvert - downInterval(stand);
  recorder.add({ ...judged, what: 'last advert to new master, less the down interval' }, late);
  const claim = seen.firstClaim - seen.firstAdvert;
  recorder.add({ ...judged, what: 'new master to first claim at OCI' }, claim);
  recorder.add({ section, what: 'SIGKILL to first claim at OCI', unit: 'ms' }, seen.firstClaim - seen.faultAt);
  recorder.add({ section, what: 'SIGKILL to every VIP moved', unit: 'ms' }, seen.allMoved - seen.faultAt);
}

export async function crash(stand: Stand, recorder: Recorder): Promise<void> {
  const section = title('crash', stand);
  const daemon = stand.lab.daemon(MASTER);
  const seen = await watchTakeover(stand, downInterval(stand) + MARGIN, () => daemon.kill('SIGKILL'));
  addCrash(recorder, stand, section, seen, CRASH_GOAL);
  await keepalivedKilled(stand, recorder, section, 'SIGKILL');
  await restart(stand, recorder);
  await recovered(stand, seen.faultAt);
}

function addHandover(recorder: Recorder, section: string, fault: string, seen: Takeover): void {
  const claim: Sample = { section, what: `${fault} to first claim at OCI`, unit: 'ms', goal: HANDOVER_GOAL };
  recorder.add(claim, seen.firstClaim - seen.faultAt);
  recorder.add({ section, what: `${fault} to every VIP moved`, unit: 'ms' }, seen.allMoved - seen.faultAt);
}

export async function linkDown(stand: Stand, recorder: Recorder): Promise<void> {
  const section = title('link down (ens5)', stand);
  const { keepalived, lab } = stand;
  // One fault for both: what keepalived does comes when failoverd is done.
  const seen = await watchTakeover(stand, AT_ONCE, () => lab.links.setLink(MASTER, 'ens5', 'down'));
  addHandover(recorder, section, 'link down', seen);
  if (keepalived !== undefined) {
    const notified = await keepalived.master(BACKUP, seen.faultAt);
    recorder.add(
      { section, what: `${keepalived.name}: link down to notify_master`, unit: 'ms' },
      notified - seen.faultAt,
    );
  }
  const repairedAt = now();
  lab.links.setLink(MASTER, 'ens5', 'up');
  await takeBack(stand);
  await endHold(stand);
  const warm = await recovered(stand, repairedAt);
  if (warm !== undefined)
    recorder.add({ section, what: 'after the way back: until the other could claim at once', unit: 'ms' }, warm);
}

/** When the link goes down once more. In both cases the other router has not read the VIPs again yet. */
const MOMENTS = [
  // The master knows, and so does whoever it tells.
  ['again when the master holds the VIPs', ({ control }: Stand) => control(MASTER).status().then(holdsAll)],
  // Nobody knows: the answers are still on their way, and what the other router last knew is that it has the VIPs.
  ['again before its claims are answered', ({ lab }: Stand) => lab.simulator.state().then(hasAll)],
] as const;

const holdsAll = ({ groups }: StatusReport): boolean =>
  groups.every(({ vips }) => vips.every(({ holder, claiming }) => holder === MASTER && !claiming));

const hasAll = ({ vips }: SimulatorState): boolean => vips.every(({ instance }) => instance === MASTER);

/** The link goes down once more as soon as the VIPs are back, with an API that takes its time. */
export async function again(stand: Stand, recorder: Recorder): Promise<void> {
  const { links, simulator } = stand.lab;
  const down = (): void => links.setLink(MASTER, 'ens5', 'down');
  await simulator.faults({ latency: { '*': LATENCY } });
  for (const [moment, isBack] of MOMENTS) {
    const section = `${title(`link down (ens5) ${moment}`, stand)}, every request to OCI takes ${LATENCY} ms`;
    await watchTakeover(stand, AT_ONCE, down);
    links.setLink(MASTER, 'ens5', 'up');
    await takeBack(stand);
    const back = await until(() => isBack(stand), 10_000, 10);
    if (back === undefined) throw new Error(`the VIPs do not come back to ${MASTER}`);
    const seen = await watchTakeover(stand, AT_ONCE, down);
    const took = seen.allMoved - seen.faultAt;
    recorder.add({ section, what: 'link down to every VIP moved, in requests', unit: '×' }, took / LATENCY);
    recorder.add({ section, what: 'link down to every VIP moved', unit: 'ms' }, took);
    links.setLink(MASTER, 'ens5', 'up');
    await takeBack(stand);
    await endHold(stand);
    await stand.settled();
  }
  await simulator.faults({ latency: { '*': null } });
}

export async function stop(stand: Stand, recorder: Recorder): Promise<void> {
  const section = title('SIGTERM', stand);
  const daemon = stand.lab.daemon(MASTER);
  const seen = await watchTakeover(stand, AT_ONCE, () => daemon.kill('SIGTERM'));
  addHandover(recorder, section, 'SIGTERM', seen);
  const { at } = await daemon.exit;
  recorder.add({ section, what: 'SIGTERM to exit', unit: 'ms' }, at - seen.faultAt);
  await keepalivedKilled(stand, recorder, section, 'SIGTERM');
  await restart(stand, recorder);
  await recovered(stand, seen.faultAt);
}

export async function planned(stand: Stand, recorder: Recorder): Promise<void> {
  const section = title('planned switchover', stand);
  let answered = Promise.resolve(0);
  const seen = await watchTakeover(stand, AT_ONCE, () => {
    answered = stand
      .control(MASTER)
      .failover({ to: BACKUP })
      .then(() => now());
  });
  addHandover(recorder, section, 'request', seen);
  recorder.add({ section, what: 'request to its answer', unit: 'ms' }, (await answered) - seen.faultAt);
  // The hold is told in a presence: it ends where it is known.
  await sleep(AT_ONCE);
  await stand.control(MASTER).failback({});
  await stand.settled();
}

const RUNS: Readonly<Record<FaultName, (stand: Stand, recorder: Recorder) => Promise<void>>> = {
  crash,
  'link-down': linkDown,
  stop,
  planned,
  again,
};

/** Runs the chosen faults, each `runs` times. */
export async function measureFaults(
  stand: Stand,
  recorder: Recorder,
  names: readonly FaultName[],
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  for (const name of names) {
    // It is two in one.
    const times = name === 'again' ? Math.ceil(runs / 2) : runs;
    for (let run = 1; run <= times; run += 1) {
      progress(`${stand.interval} ms adverts: ${name} ${run} of ${times}`);
      await RUNS[name](stand, recorder);
    }
  }
}
