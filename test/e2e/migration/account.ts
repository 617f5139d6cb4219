/** What everybody said and did since a moment, in one list: for a failure that has to be explained by what is left of it. */
import type { Lab } from '../../lab/lab.ts';
import type { Services } from './services.ts';

interface Entry {
  readonly at: number;
  readonly who: string;
  readonly what: string;
}

/** The logs of every failoverd and keepalived and the journal's changes since then, a line each, with milliseconds since. */
export async function accountOf(lab: Lab, services: Services, since: number): Promise<string> {
  const entries: Entry[] = [
    ...lab.daemons.flatMap(({ router, startedAt, log }) => [
      { at: startedAt, who: `${router} failoverd`, what: 'started' },
      ...log.map(({ at, text }) => ({ at, who: `${router} failoverd`, what: text })),
    ]),
    ...services.keepaliveds.flatMap(({ router, log }) =>
      log.map(({ at, text }) => ({ at, who: `${router} keepalived`, what: text })),
    ),
    ...(await lab.simulator.journal()).map(({ at, kind, address, fromInstance, toInstance }) => ({
      at,
      who: 'OCI',
      what: `${kind} ${address}: ${fromInstance ?? 'nobody'} -> ${toInstance ?? 'nobody'}`,
    })),
  ];
  return entries
    .filter(({ at }) => at >= since)
    .sort((one, other) => one.at - other.at)
    .map(({ at, who, what }) => `${(at - since).toFixed(0).padStart(6)} ms  ${who}: ${what}`)
    .join('\n');
}
