import { sleep, until } from '../clock.ts';
import type { Lab } from '../lab.ts';
import type { Scenario, StepContext } from '../scenario.ts';

/** Milliseconds. Refreshed after 50 to 66 % of it. */
const LIFETIME = 12_000;
/** So slow is the federation service: a takeover that waited for it would show. */
const SLOW = 1_500;
/** Between becoming master and the first claim; it takes some 5 ms. */
const AT_ONCE = 500;

/** When a router's present token ends, Unix time. */
async function tokenEnd(lab: Lab, router: string): Promise<number> {
  const end = (await lab.status(router))?.oci.tokenExpiresAt;
  if (end === undefined) throw new Error(`${router} has no token`);
  return Date.parse(end);
}

/** Kills the master in the very moment in which the token ends that the backup has now. */
async function killAtTheEnd({ lab, note, check }: StepContext): Promise<void> {
  const end = await tokenEnd(lab, 'vrouter2');
  await sleep(Math.max(0, end - Date.now()));
  note('the token that vrouter2 had at the beginning ends; SIGKILL to failoverd on vrouter1');
  lab.daemon('vrouter1').kill('SIGKILL');
  const next = await tokenEnd(lab, 'vrouter2');
  check('vrouter2 had another token by then', next > end, `it ends ${((next - end) / 1000).toFixed(0)} s later`);
}

/** Kills the master while the backup waits for the answer that brings its next token. */
async function killDuringRefresh({ lab, note, check }: StepContext): Promise<void> {
  const since = (await lab.simulator.requests()).at(-1)?.id ?? 0;
  const asked = await until(async () => {
    const requests = await lab.simulator.requests(since);
    return requests.some((request) => {
      return request.operation === 'Federation' && request.instance === 'vrouter2' && request.answeredAt === null;
    });
  }, 2 * LIFETIME);
  check('vrouter2 waits for its next token', asked === true, asked === true ? 'yes' : 'it does not ask');
  note('SIGKILL to failoverd on vrouter1');
  lab.daemon('vrouter1').kill('SIGKILL');
}

/** The claims of the new master waited for nothing, and went out over connections that were open before. */
async function atOnce({ lab, check, since }: StepContext & { readonly since: number }, master: string): Promise<void> {
  const claims = (await lab.simulator.requests()).filter(
    ({ at, operation, instance }) => at >= since && operation === 'UpdatePrivateIp' && instance === master,
  );
  const daemon = lab.daemons.findLast(({ router }) => router === master);
  const became = daemon?.log.findLast(({ fields }) => fields?.['event'] === 'transition' && fields['to'] === 'master');
  const at = Number(became?.fields?.['at'] ?? Number.NaN);
  const waited = Math.min(...claims.map((claim) => claim.at)) - at;
  check('the claims waited for no token', waited < AT_ONCE, `${waited.toFixed(1)} ms after becoming master`);
  const fresh = claims.filter((claim) => claim.fresh).length;
  check(
    'they went over open connections',
    claims.length > 0 && fresh === 0,
    `${claims.length} claims, ${fresh} on new ones`,
  );
}

export const tokenExpiry: Scenario = {
  name: 'token-expiry',
  title: 'A takeover in the moment in which the token ends, or is being replaced, costs nothing extra.',
  options: { parameters: { tokenLifetime: LIFETIME, latency: { Federation: SLOW } } },
  steps: [
    {
      title: 'vrouter2 has a token of 12 s, and vrouter1 dies when it ends',
      expect: { master: 'vrouter2', moves: 1, warm: false },
      act: killAtTheEnd,
      after: (context) => atOnce(context, 'vrouter2'),
    },
    {
      title: 'failoverd starts on vrouter1, which becomes master again',
      expect: { master: 'vrouter1', moves: 1, warm: false },
      async act({ lab }) {
        lab.start('vrouter1');
      },
    },
    {
      title: 'vrouter1 dies while vrouter2 waits for its next token',
      expect: { master: 'vrouter2', moves: 1, warm: false },
      act: killDuringRefresh,
      after: (context) => atOnce(context, 'vrouter2'),
    },
  ],
};
