/**
 * failoverd and Debian's keepalived as two routers of twelve virtual routers at once: VRRPv2 with a password and VRRPv3
 * at 1 s, 100 ms and 10 ms, with the better router on the one side and on the other, equal priorities, and two that
 * disagree about the password or the VRID. Every fault meets all of them, and after each one what failoverd says of
 * every virtual router has to agree with keepalived's own log, its data and its counters.
 */
import { chmod, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { now, until } from '../lab/clock.ts';
import { between, cutPaths } from '../lab/filter.ts';
import { type Keepalived, type KeepalivedState, startKeepalived } from '../lab/keepalived.ts';
import { keepalivedConfig } from '../lab/keepalived-config.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { SHARED_ETC } from '../lab/routers.ts';
import { PATIENCE } from '../lab/settle.ts';
import { failoverdConfig, instanceOf, MATRIX, type Pair } from './keepalived-matrix/matrix.ts';

/** failoverd here, keepalived there; keepalived's address is the greater one. */
const OURS = 'vrouter1';
const THEIRS = 'vrouter2';

type Side = 'ours' | 'theirs' | 'both';

/** Who is to be master, by what decides it. */
interface Expected {
  readonly oursBetter: Side;
  readonly theirsBetter: Side;
  readonly equal: Side;
}

let lab: Lab;
let keepalived: Keepalived;
/** States of keepalived before the step, and when the step began. */
let before: ReadonlyMap<string, KeepalivedState | undefined> = new Map();
let since = 0;

beforeAll(async () => {
  lab = await createLab({ idle: [THEIRS], vipsPerSubnet: 4, preferred: true });
  await writeFile(`${SHARED_ETC}/vrrp.pass`, 'ISV-test\n');
  await writeFile(`${SHARED_ETC}/other.pass`, 'ISV-tesT\n');
  for (const file of ['vrrp.pass', 'other.pass']) await chmod(`${SHARED_ETC}/${file}`, 0o600);
  await lab.configure(() => failoverdConfig(lab.plan));
});

afterAll(async () => {
  keepalived?.kill('SIGKILL');
  await lab?.stop();
});

const startTheirs = (): Promise<Keepalived> =>
  startKeepalived(THEIRS, keepalivedConfig(lab.plan, THEIRS, ...MATRIX.map((pair) => instanceOf(lab.plan, pair))));

async function ourStates(): Promise<ReadonlyMap<string, string>> {
  const status = await lab.status(OURS);
  return new Map(status?.groups.map(({ name, state }) => [name, state]));
}

const sideOf = ({ decides }: Pair, expected: Expected): Side => (decides === 'nothing' ? 'both' : expected[decides]);

/** `State = MASTER` of each instance in what SIGUSR1 writes. */
function dumpedStates(data: string): ReadonlyMap<string, string> {
  return new Map(
    data
      .split(/^ *VRRP Instance = /m)
      .slice(1)
      .map((block) => [block.split('\n', 1)[0]?.trim() ?? '', /^ *State = (\w+)/m.exec(block)?.[1] ?? '']),
  );
}

/** What keepalived enters on its way: out of a fault it listens first. */
function statesBetween(from: KeepalivedState | undefined, to: KeepalivedState): readonly KeepalivedState[] {
  if (from === to) return [];
  return from === 'FAULT' && to === 'MASTER' ? ['BACKUP', to] : [to];
}

function beginStep(): void {
  before = new Map(MATRIX.map(({ name }) => [name, keepalived.state(name)]));
  since = now();
}

/** Waits until both agree with the expectation, and then compares every word of keepalived's with it. */
async function agree(expected: Expected, sides: { ours?: string; theirs?: KeepalivedState } = {}): Promise<void> {
  const wanted = MATRIX.map((pair) => {
    const side = sideOf(pair, expected);
    return {
      pair,
      ours: sides.ours ?? (side === 'theirs' ? 'backup' : 'master'),
      theirs: sides.theirs ?? (side === 'ours' ? 'BACKUP' : 'MASTER'),
    };
  });
  const differing = async (): Promise<string[]> => {
    const ours = sides.ours === 'gone' ? undefined : await ourStates();
    return wanted.flatMap(({ pair: { name }, ours: our, theirs }) => [
      ...(ours !== undefined && ours.get(name) !== our ? [`${name}: failoverd is ${ours.get(name)}, not ${our}`] : []),
      ...(keepalived.state(name) !== theirs ? [`${name}: keepalived is ${keepalived.state(name)}, not ${theirs}`] : []),
    ]);
  };
  let wrong: readonly string[] = [];
  await until(async () => {
    wrong = await differing();
    return wrong.length === 0;
  }, PATIENCE);
  const said = wrong.length === 0 ? [] : ((await lab.status(OURS))?.alarms ?? ['failoverd does not answer']);
  expect(wrong, said.join('\n')).toEqual([]);

  const dumped = dumpedStates(await keepalived.data());
  for (const { pair, theirs } of wanted) {
    expect(dumped.get(pair.name), `keepalived's data of ${pair.name}`).toBe(theirs);
    // With 30 ms of patience a busy machine costs a change of its own, which both see and settle.
    if (pair.interval < 100) continue;
    const entered = keepalived.states(since).flatMap(({ instance, state }) => (instance === pair.name ? [state] : []));
    expect(entered, `keepalived's log of ${pair.name}`).toEqual(statesBetween(before.get(pair.name), theirs));
  }
}

async function noErrors(): Promise<void> {
  const counters = await keepalived.counters();
  for (const { name, decides } of MATRIX) {
    if (decides === 'nothing') continue;
    const wrong = Object.entries(counters.get(name)?.errors ?? { 'no counters': 1 }).filter(([, count]) => count > 0);
    expect(wrong, `keepalived's errors of ${name}`).toEqual([]);
  }
}

test('they elect', async () => {
  keepalived = await startTheirs();
  await keepalived.reaches('MASTER');
  before = new Map(MATRIX.map(({ name }) => [name, 'MASTER']));
  await until(() => MATRIX.every(({ name }) => keepalived.state(name) === 'MASTER'), PATIENCE);
  since = now();
  lab.start(OURS);
  // A backup leaves an equal master alone (RFC 9568 §6.4.2).
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'theirs' });
  await noErrors();
});

test('what they disagree about is refused and named on both sides', async () => {
  const counters = await keepalived.counters();
  expect(counters.get('password')?.errors['Authentication Errors: Failure']).toBeGreaterThan(0);
  let alarm: string | undefined;
  await until(async () => {
    alarm = (await lab.status(OURS))?.alarms.find((each) => each.includes('are rejected'));
    return alarm?.includes('(auth-data, VRID 81; vrid, VRID 83)');
  }, PATIENCE);
  expect(alarm).toContain('(auth-data, VRID 81; vrid, VRID 83)');
});

test('cut off from each other both are master; when it heals the better one is, and the greater address between equals', async () => {
  beginStep();
  await cutPaths(between(OURS, THEIRS, ['ens3']));
  await agree({ oursBetter: 'both', theirsBetter: 'both', equal: 'both' });
  beginStep();
  await cutPaths([]);
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'theirs' });
});

test('keepalived stops: its priority 0 is followed; it pre-empts when it is back', async () => {
  const old = keepalived;
  old.kill('SIGTERM');
  await until(async () => {
    const states = await ourStates();
    return MATRIX.every(({ name }) => states.get(name) === 'master');
  }, PATIENCE);
  await old.exit;
  expect([...new Set((await ourStates()).values())]).toEqual(['master']);
  keepalived = await startTheirs();
  before = new Map();
  since = Number.NEGATIVE_INFINITY;
  await until(() => MATRIX.every(({ name }) => keepalived.state(name) !== undefined), PATIENCE);
  beginStep();
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'ours' });
  await noErrors();
});

test('keepalived dies: its silence is followed', async () => {
  keepalived.kill('SIGKILL');
  const took = await until(async () => {
    const states = await ourStates();
    return MATRIX.every(({ name }) => states.get(name) === 'master');
  }, PATIENCE);
  expect(took).toBe(true);
  keepalived = await startTheirs();
  await until(() => MATRIX.every(({ name }) => keepalived.state(name) !== undefined), PATIENCE);
  beginStep();
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'ours' });
});

test('failoverd stops: keepalived follows its priority 0; failoverd pre-empts when it is back', async () => {
  const zeros = async () =>
    new Map([...(await keepalived.counters())].map(([name, each]) => [name, each.priorityZeroReceived] as const));
  const counted = await zeros();
  beginStep();
  const daemon = lab.daemon(OURS);
  daemon.kill('SIGTERM');
  await agree({ oursBetter: 'theirs', theirsBetter: 'theirs', equal: 'theirs' }, { ours: 'gone' });
  expect(await daemon.exit).toMatchObject({ code: 0 });
  const heard = await zeros();
  for (const { name, decides, interval } of MATRIX) {
    // With 30 ms of patience keepalived may have been master by itself in that very moment.
    const resigned = interval >= 100 && (decides === 'oursBetter' || decides === 'equal');
    if (resigned) expect(heard.get(name), `priority 0 heard by ${name}`).toBeGreaterThan(counted.get(name) ?? 0);
  }
  beginStep();
  lab.start(OURS);
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'theirs' });
  await noErrors();
});

test('failoverd dies: keepalived follows its silence', async () => {
  beginStep();
  lab.daemon(OURS).kill('SIGKILL');
  await agree({ oursBetter: 'theirs', theirsBetter: 'theirs', equal: 'theirs' }, { ours: 'gone' });
  beginStep();
  lab.start(OURS);
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'theirs' });
});

test("a tracked link of failoverd's goes down and comes back", async () => {
  beginStep();
  lab.links.setLink(OURS, 'ens5', 'down');
  await agree({ oursBetter: 'theirs', theirsBetter: 'theirs', equal: 'theirs' }, { ours: 'fault' });
  beginStep();
  lab.links.setLink(OURS, 'ens5', 'up');
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'theirs' });
});

test("a tracked link of keepalived's goes down and comes back", async () => {
  beginStep();
  lab.links.setLink(THEIRS, 'ens5', 'down');
  await agree({ oursBetter: 'ours', theirsBetter: 'ours', equal: 'ours' }, { theirs: 'FAULT' });
  beginStep();
  lab.links.setLink(THEIRS, 'ens5', 'up');
  await agree({ oursBetter: 'ours', theirsBetter: 'theirs', equal: 'ours' });
  await noErrors();
});
