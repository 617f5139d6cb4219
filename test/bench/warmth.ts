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

type Until = 'firstClaim' | 'allAnswered';
const UNTIL = [
  ['firstClaim', 'link down to first claim at OCI'],
  ['allAnswered', 'link down to every VIP held'],
] as const satisfies readonly (readonly [Until, string])[];

const cost = (seen: Takeover, until: Until): number => seen[until] - seen.faultAt;

/** Of the medians. */
function ratio(some: readonly Takeover[], others: readonly Takeover[], until: Until): number {
  const median = (list: readonly Takeover[]): number =>
    quantile(
      list.map((seen) => cost(seen, until)),
      0.5,
    );
  return median(some) / median(others);
}

function add(recorder: Recorder, section: string, when: string, seen: Takeover): void {
  for (const [until, what] of UNTIL) {
    recorder.add({ section, what: `${when}: ${what}`, unit: 'ms' }, cost(seen, until));
  }
  recorder.add({ section, what: `${when}: TLS handshakes in it`, unit: '', goal: NONE }, seen.handshakes);
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
  // The first one of a daemon runs code that never ran: neither of the two.
  progress('a takeover that does not count');
  await stand.settled();
  await takeover(stand);
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
      recorder.add({ section, what: `${after}: token requests in it`, unit: '', goal: NONE }, seen.tokenRequests);
    }
  }
  for (const [until, what] of UNTIL) {
    recorder.add({ section, what: `60 s to 1 s: ${what}`, unit: '×', goal: RATIO_GOAL }, ratio(late, soon, until));
  }
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

/** Takeovers while the backup waits for its next token, when the one before it ends, and at any other time. */
export async function measureTokenEnd(
  stand: Stand,
  recorder: Recorder,
  tokenLifetime: number,
  runs: number,
  progress: (text: string) => void,
): Promise<void> {
  const section = `a takeover and the token, which lives ${tokenLifetime / 1000} s (link down)`;
  const whenItEnds: Takeover[] = [];
  const during: Takeover[] = [];
  const others: Takeover[] = [];
  progress('a takeover that does not count');
  await takeover(stand);
  for (let run = 1; run <= runs; run += 1) {
    progress(`takeovers when the token ends and while it is replaced, ${run} of ${runs}`);
    await stand.settled();
    others.push(await takeover(stand));
    await stand.settled();
    const end = await tokenEnd(stand);
    await sleep(Math.max(0, end - now()));
    whenItEnds.push(await takeover(stand));
    await stand.settled();
    await refreshing(stand, 2 * tokenLifetime);
    during.push(await takeover(stand));
  }
  for (const [when, list] of [
    ['at any time', others],
    ['when it ends', whenItEnds],
    ['while it is replaced', during],
  ] as const) {
    for (const seen of list) add(recorder, section, when, seen);
  }
  for (const [when, list] of [
    ['when it ends', whenItEnds],
    ['while it is replaced', during],
  ] as const) {
    for (const [until, what] of UNTIL) {
      recorder.add({ section, what: `${when} to any time: ${what}`, unit: '×' }, ratio(list, others, until));
    }
  }
}
