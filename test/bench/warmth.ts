/** Whether a takeover after a long quiet, or while a token is replaced, costs more than another. */
import { now, sleep, until } from '../lab/clock.ts';
import { quantile, type Recorder } from './figures.ts';
import { endHold, takeBack } from './recovery.ts';
import { BACKUP, MASTER, type Stand } from './stand.ts';
import { type Takeover, watchTakeover } from './takeover.ts';

const SHORT = 1_000;
const LONG = 60_000;
/** Milliseconds in which a handover is certainly over. */
const AT_ONCE = 150;
const RATIO_GOAL = { of: 'median', limit: 1.2 } as const;
const NONE = { of: 'max', limit: 0 } as const;
/** Of the federation service while tokens are replaced: a takeover that waited for it would show. */
export const FEDERATION_LATENCY = 1_000;

/** The link of the master goes down; afterwards all is as before. */
async function takeover(stand: Stand): Promise<Takeover> {
  const { links } = stand.lab;
  const seen = await watchTakeover(stand, AT_ONCE, () => links.setLink(MASTER, 'ens5', 'down'));
  links.setLink(MASTER, 'ens5', 'up');
  await takeBack(stand);
  await endHold(stand);
  return seen;
}

const claimed = (seen: Takeover): number => seen.firstClaim - seen.firstAdvert;
const held = (seen: Takeover): number => seen.allAnswered - seen.firstAdvert;

function add(recorder: Recorder, section: string, after: string, seen: Takeover): void {
  recorder.add({ section, what: `${after}: new master to first claim at OCI`, unit: 'ms' }, claimed(seen));
  recorder.add({ section, what: `${after}: new master to every VIP held`, unit: 'ms' }, held(seen));
  recorder.add({ section, what: `${after}: TLS handshakes in it`, unit: '', goal: NONE }, seen.handshakes);
  recorder.add({ section, what: `${after}: token requests in it`, unit: '', goal: NONE }, seen.tokenRequests);
}

/** Takeovers after a second and after a minute without any, in turn, so that both meet the same machine. */
export async function measureWarmth(
  stand: Stand,
  recorder: Recorder,
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  const section = 'a takeover after a quiet time (link down)';
  const soon: Takeover[] = [];
  const late: Takeover[] = [];
  for (let run = 1; run <= runs; run += 1) {
    for (const [quiet, list, after] of [
      [SHORT, soon, 'after 1 s'],
      [SHORT, soon, 'after 1 s'],
      [LONG, late, 'after 60 s'],
    ] as const) {
      progress(`a takeover ${after}, ${run} of ${runs}`);
      await stand.settled();
      await sleep(quiet);
      const seen = await takeover(stand);
      list.push(seen);
      add(recorder, section, after, seen);
    }
  }
  const ratio = (of: (seen: Takeover) => number): number => quantile(late.map(of), 0.5) / quantile(soon.map(of), 0.5);
  recorder.add({ section, what: '60 s to 1 s: first claim', unit: '×', goal: RATIO_GOAL }, ratio(claimed));
  recorder.add({ section, what: '60 s to 1 s: every VIP held', unit: '×', goal: RATIO_GOAL }, ratio(held));
}

/** Waits until the backup has asked for its next token and has no answer yet. */
async function refreshing({ lab }: Stand, patience: number): Promise<void> {
  const since = (await lab.simulator.requests()).at(-1)?.id ?? 0;
  const asked = await until(
    async () =>
      (await lab.simulator.requests(since)).some(
        ({ operation, instance, answeredAt }) =>
          operation === 'Federation' && instance === BACKUP && answeredAt === null,
      ),
    patience,
  );
  if (asked === undefined) throw new Error(`${BACKUP} asks for no token`);
}

/** When the token ends that the backup has now, on the lab's clock. */
async function tokenEnd(stand: Stand): Promise<number> {
  const { oci } = await stand.control(BACKUP).status();
  return now() + Date.parse(oci.tokenExpiresAt ?? '') - Date.now();
}

/** Takeovers while the backup waits for its next token, and when the one before it ends, beside others. */
export async function measureTokenEnd(
  stand: Stand,
  recorder: Recorder,
  tokenLifetime: number,
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  const section = `a takeover and the token, which lives ${tokenLifetime / 1000} s (link down)`;
  const during: Takeover[] = [];
  const others: Takeover[] = [];
  for (let run = 1; run <= runs; run += 1) {
    progress(`a takeover while the token is replaced, ${run} of ${runs}`);
    await stand.settled();
    const end = await tokenEnd(stand);
    await sleep(Math.max(0, end - now()));
    others.push(await takeover(stand));
    await stand.settled();
    await refreshing(stand, 2 * tokenLifetime);
    during.push(await takeover(stand));
  }
  for (const seen of others) {
    recorder.add({ section, what: 'when it ends: new master to first claim at OCI', unit: 'ms' }, claimed(seen));
    recorder.add({ section, what: 'when it ends: new master to every VIP held', unit: 'ms' }, held(seen));
    recorder.add({ section, what: 'when it ends: TLS handshakes in it', unit: '', goal: NONE }, seen.handshakes);
  }
  for (const seen of during) {
    recorder.add(
      { section, what: 'while it is replaced: new master to first claim at OCI', unit: 'ms' },
      claimed(seen),
    );
    recorder.add({ section, what: 'while it is replaced: new master to every VIP held', unit: 'ms' }, held(seen));
  }
}
