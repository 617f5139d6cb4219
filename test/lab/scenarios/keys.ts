import { writeFile } from 'node:fs/promises';
import { sleep } from '../clock.ts';
import type { Lab } from '../lab.ts';
import { rejectedBetween, scrape, transitionsIn } from '../metrics.ts';
import { failoverctl, SHARED_ETC } from '../routers.ts';
import type { Scenario, Step, StepContext } from '../scenario.ts';

/** Longer than a presence needs, and many adverts. */
const BETWEEN = 1_500;
/** The backup first. */
const ROUTERS = ['vrouter2', 'vrouter1'];

const ONE = '1: "file:/etc/failoverd/heartbeat.key"';
const TWO = '2: "file:/etc/failoverd/heartbeat-2.key"';

/** One state of `heartbeat.auth`, and why it comes. */
interface AuthStep {
  readonly what: string;
  readonly keys: readonly string[];
  readonly active: number;
  readonly mode: string;
}

const ROTATION: readonly AuthStep[] = [
  { what: 'every router learns the new key', keys: [ONE, TWO], active: 1, mode: 'enforce' },
  { what: 'every router signs with it', keys: [ONE, TWO], active: 2, mode: 'enforce' },
  { what: 'the old key is forgotten', keys: [TWO], active: 2, mode: 'enforce' },
];

const WITHOUT_SIGNATURES = ['permissive', 'receive-only', 'none'];
const mode = (name: string): AuthStep => ({ what: `mode ${name}`, keys: [TWO], active: 2, mode: name });

function withAuth({ keys, active, mode: name }: AuthStep): (text: string) => string {
  const auth = `auth:\n    mode: ${name}\n    keys: { ${keys.join(', ')} }\n    active_key: ${active}\n`;
  return (text) => text.replace(/auth:\n {4}keys: .*\n {4}active_key: .*\n/, auth);
}

/** One file for all, reloaded on one router after the other; nobody may notice. */
async function goThrough({ lab, note, check }: StepContext, steps: readonly AuthStep[]): Promise<void> {
  const before = await Promise.all(ROUTERS.map(scrape));
  for (const step of steps) {
    await lab.configure(withAuth(step));
    for (const router of ROUTERS) {
      const answer = await lab.failoverctl(router, ['reload']);
      const told = `${answer.code} ${answer.stderr.trim()}`;
      check(`${step.what}: failoverctl reload on ${router} ended with 0`, answer.code === 0, told);
      await sleep(BETWEEN);
    }
    note(step.what);
  }
  for (const [index, router] of ROUTERS.entries()) {
    const [earlier, later] = [before[index] ?? new Map<string, number>(), await scrape(router)];
    const rejected = [...rejectedBetween(earlier, later)].map(([reason, count]) => `${reason} ${count}`);
    check(`${router} rejected nothing`, rejected.length === 0, rejected.join(', ') || 'nothing');
    const moved = transitionsIn(later) - transitionsIn(earlier);
    check(`${router} changed no state`, moved === 0, `${moved} transitions`);
  }
}

async function writeNewKey(lab: Lab): Promise<void> {
  const [first = ''] = lab.members;
  const { stdout } = await failoverctl(first, ['keygen']);
  await writeFile(`${SHARED_ETC}/heartbeat-2.key`, stdout, { mode: 0o600 });
}

/** True for adverts and presence that carry the 28 bytes of a signature. */
async function lastAreSigned({ lab, check }: StepContext, wanted: boolean): Promise<void> {
  const length = lab.datagrams.length;
  await sleep(BETWEEN);
  const adverts = lab.datagrams.slice(length).filter(({ bytes }) => (bytes[0] ?? 0) >> 4 === 3);
  const signed = adverts.filter(({ bytes }) => bytes.length > 8 + 4 * (bytes[3] ?? 0));
  const right = adverts.length > 0 && signed.length === (wanted ? adverts.length : 0);
  check(wanted ? 'adverts are signed' : 'adverts are not signed', right, `${signed.length} of ${adverts.length}`);
}

function step(title: string, steps: readonly AuthStep[], signed: boolean): Step {
  return {
    title,
    expect: { master: 'vrouter1', moves: 0 },
    async act(context) {
      if (steps === ROTATION) await writeNewKey(context.lab);
      await goThrough(context, steps);
      await lastAreSigned(context, signed);
    },
  };
}

export const keys: Scenario = {
  name: 'keys',
  title:
    'The heartbeat key is replaced, signatures are given up and brought back, one router at a time: nobody notices.',
  steps: [
    step('another key, in three reloads of each router', ROTATION, true),
    step('from enforce to none, in three reloads of each router', WITHOUT_SIGNATURES.map(mode), false),
    step(
      'and back: receive-only, permissive, enforce',
      [...WITHOUT_SIGNATURES.slice(0, -1).toReversed(), 'enforce'].map(mode),
      true,
    ),
  ],
};
