import { sleep, until } from '../clock.ts';
import { between, type Cut, cutPaths } from '../filter.ts';
import {
  type ForgerOptions,
  forgedAdverts,
  forgedPresence,
  lastHeard,
  strayAdverts,
  type Trick,
  type Victim,
} from '../forger.ts';
import { type Injector, startInjector } from '../injector.ts';
import type { Lab } from '../lab.ts';
import { rejectedBetween, type Samples, scrape, transitionsIn } from '../metrics.ts';
import type { Scenario, StepContext } from '../scenario.ts';
import { PATIENCE } from '../settle.ts';

const PORT = 8112;
const VRID = 51;
const INTERVAL = 200;
/** Each trick is tried so often. */
const TIMES = 10;
/** Longer than `time_window`. */
const OLD = 6_000;
/** Not so many that the receivers' sockets overflow: what is not read cannot be counted. */
const BURST = 20;
const ROUTERS = ['vrouter1', 'vrouter2'];

/** The paths on which a router can be fooled: its peer's address and its own, in both subnets of the heartbeat. */
function victimsAt(lab: Lab, router: string): readonly Victim[] {
  const nicsOf = (name: string) => lab.plan.routers.find((each) => each.name === name)?.nics ?? {};
  const peer = router === 'vrouter1' ? 'vrouter2' : 'vrouter1';
  return ['ens3', 'ens5'].map((nic) => ({
    source: nicsOf(peer)[nic]?.address ?? '',
    destination: nicsOf(router)[nic]?.address ?? '',
  }));
}

async function send(injector: Injector, victim: Victim, payloads: readonly Uint8Array[]): Promise<void> {
  for (let start = 0; start < payloads.length; start += BURST) {
    const burst = payloads.slice(start, start + BURST);
    await injector.send(
      burst.map((bytes) => ({
        ...victim,
        sourcePort: PORT,
        port: PORT,
        payload: Buffer.from(bytes).toString('base64'),
      })),
    );
    await sleep(5);
  }
}

/** What was counted has to be what was sent, reason by reason. */
function compare(wanted: ReadonlyMap<string, number>, counted: ReadonlyMap<string, number>): string[] {
  return [...new Set([...wanted.keys(), ...counted.keys()])]
    .filter((reason) => wanted.get(reason) !== counted.get(reason))
    .map((reason) => `${reason}: ${wanted.get(reason) ?? 0} sent, ${counted.get(reason) ?? 0} counted`);
}

/** Sends to a router what `make` gives for each of its paths, and looks at what the router counted. */
async function fool(
  { lab, check }: StepContext,
  what: string,
  make: (victim: Victim, router: string) => readonly Trick[],
): Promise<void> {
  const injector = await startInjector();
  for (const router of ROUTERS) {
    const before = await scrape(router);
    const wanted = new Map<string, number>();
    for (const victim of victimsAt(lab, router)) {
      const tricks = make(victim, router);
      for (const { reason } of tricks) wanted.set(reason, (wanted.get(reason) ?? 0) + TIMES);
      await send(
        injector,
        victim,
        tricks.flatMap(({ bytes }) => Array<Uint8Array>(TIMES).fill(bytes)),
      );
    }
    const counted = (after: Samples): ReadonlyMap<string, number> => rejectedBetween(before, after);
    let after = before;
    await until(async () => {
      after = await scrape(router);
      return compare(wanted, counted(after)).length === 0;
    }, PATIENCE);
    const wrong = compare(wanted, counted(after));
    const told = [...wanted].map(([reason, count]) => `${reason} ${count}`).join(', ') || 'none';
    check(`${router} counted ${what} by reason`, wrong.length === 0, wrong.join('; ') || told);
    const moved = transitionsIn(after) - transitionsIn(before);
    check(`${router} changed no state`, moved === 0, `${moved} transitions`);
  }
  injector.stop();
}

/** Priority 0 makes a backup take over at once, 255 makes a master yield. */
const temptation = (router: string): number => (router === 'vrouter2' ? 0 : 255);

async function forge(context: StepContext): Promise<void> {
  const options: ForgerOptions = { secret: await context.lab.key(), virtualRouterId: VRID, interval: INTERVAL };
  await fool(context, 'forged datagrams', (victim, router) => [
    ...forgedAdverts(victim, temptation(router), options),
    ...strayAdverts(victim, temptation(router), options),
    ...forgedPresence(lastHeard(context.lab.datagrams, victim, 'presence')),
  ]);
}

async function replay(context: StepContext): Promise<void> {
  const { lab, note } = context;
  const recordings = new Map<string, Uint8Array>();
  const [first, second] = victimsAt(lab, 'vrouter2');
  if (first === undefined || second === undefined) return;
  const presenceTo = (victim: Victim): Uint8Array => lastHeard(lab.datagrams, victim, 'presence').bytes;
  // Only the master sends adverts, so only the backup can be shown one again.
  const advertTo = (victim: Victim, router: string): readonly Uint8Array[] =>
    router === 'vrouter2' ? [lastHeard(lab.datagrams, victim, 'advert').bytes] : [];
  for (const router of ROUTERS) {
    for (const victim of victimsAt(lab, router)) recordings.set(victim.destination, presenceTo(victim));
  }
  const trick = (what: string, reason: string) => (bytes: Uint8Array) => ({ what, reason, bytes });
  await fool(context, 'replayed datagrams', (victim, router) => [
    trick('a presence again', 'replayed')(presenceTo(victim)),
    ...advertTo(victim, router).map(trick('an advert again', 'replayed')),
    // What one path carried, sent on as if from the other.
    ...(router === 'vrouter2'
      ? advertTo(victim.destination === first.destination ? second : first, router).map(
          trick('an advert of the other path', 'checksum'),
        )
      : []),
  ]);
  note('the recordings are older than the time window');
  await sleep(OLD);
  await fool(context, 'old recordings', (victim) => {
    const bytes = recordings.get(victim.destination);
    return bytes === undefined ? [] : [trick('an old presence', 'outside-window')(bytes)];
  });
}

async function strangers(context: StepContext): Promise<void> {
  const { lab } = context;
  const injector = await startInjector();
  const before = await Promise.all(ROUTERS.map(scrape));
  for (const router of ROUTERS) {
    for (const victim of victimsAt(lab, router)) {
      const payload = Buffer.from(lastHeard(lab.datagrams, victim, 'presence').bytes).toString('base64');
      const nearby = victim.destination.replace(/\.\d+$/, router === 'vrouter1' ? '.14' : '.13');
      await injector.send([
        { ...victim, source: nearby, sourcePort: PORT, port: PORT, payload },
        { ...victim, source: '203.0.113.9', sourcePort: PORT, port: PORT, payload },
        { ...victim, sourcePort: 40_000, port: PORT, payload },
      ]);
    }
  }
  await sleep(500);
  const after = await Promise.all(ROUTERS.map(scrape));
  const counted = ROUTERS.flatMap((_, index) => {
    const [one, other] = [before[index], after[index]];
    return one === undefined || other === undefined ? [] : [...rejectedBetween(one, other).keys()];
  });
  context.check('datagrams of strangers do not reach the daemons', counted.length === 0, counted.join(', ') || 'none');
  injector.stop();
}

/** What vrouter1 says in the first seconds after vrouter2's start does not arrive there. */
async function bootDeaf({ lab, note, check }: StepContext): Promise<void> {
  const daemon = lab.daemon('vrouter2');
  daemon.kill('SIGKILL');
  await daemon.exit;
  const deaf: readonly Cut[] = between('vrouter1', 'vrouter2', ['ens3', 'ens5', 'ens6']).filter(
    ({ to }) => to === 'vrouter2',
  );
  await cutPaths(deaf);
  const started = lab.start('vrouter2');
  await until(() => started.notifications.some(({ fields }) => fields['READY'] === '1'), PATIENCE);
  note('vrouter2 is READY and hears nothing');
  await sleep(2_000);
  const state = (await lab.status('vrouter2'))?.groups[0]?.state;
  check('it is backup all the time', state === 'backup', String(state));
  await cutPaths([]);
  note('vrouter2 hears again');
}

export const forged: Scenario = {
  name: 'forged',
  title:
    'Forged, replayed and broken datagrams change nothing and are counted; a router that boots deaf claims nothing.',
  steps: [
    {
      title: 'forged adverts and presence, with the address of a peer',
      expect: { master: 'vrouter1', moves: 0 },
      act: forge,
    },
    {
      title: 'recordings of what the routers said, with the address of a peer',
      expect: { master: 'vrouter1', moves: 0 },
      act: replay,
    },
    {
      title: 'recordings from the addresses and ports of strangers',
      expect: { master: 'vrouter1', moves: 0 },
      act: strangers,
    },
    {
      title: 'failoverd starts again on vrouter2, which is deaf for the first 2 s',
      expect: { master: 'vrouter1', moves: 0, stays: 2_000 },
      act: bootDeaf,
    },
  ],
};
