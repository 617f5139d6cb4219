/** What a router's /metrics says, which only the router itself can ask. */

import { onHost } from './routers.ts';
import { attempt } from './run.ts';

/** Samples by their name with labels, as Prometheus writes them: `failoverd_adverts_rejected_total{reason="vrid"}`. */
export type Samples = ReadonlyMap<string, number>;

const SCRAPE = `fetch('http://127.0.0.1:9112/metrics').then((answer) => answer.text()).then((text) => process.stdout.write(text))`;

export async function scrape(router: string): Promise<Samples> {
  const { stdout } = await attempt(onHost(router, [process.execPath, '--eval', SCRAPE]));
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

/** Rejected datagrams by reason, as differences; reasons that did not grow are left out. */
export function rejectedBetween(before: Samples, after: Samples): ReadonlyMap<string, number> {
  const grown = new Map<string, number>();
  for (const [name, value] of after) {
    const reason = /^failoverd_adverts_rejected_total\{reason="(.+)"\}$/.exec(name)?.[1];
    const more = value - (before.get(name) ?? 0);
    if (reason !== undefined && more > 0) grown.set(reason, more);
  }
  return grown;
}

/** Transitions of every group into any state. */
export function transitionsIn(samples: Samples): number {
  const counts = [...samples].filter(([name]) => name.startsWith('failoverd_group_transitions_total'));
  return counts.reduce((sum, [, value]) => sum + value, 0);
}
