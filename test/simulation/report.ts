import type { Counts } from './coverage.ts';
import type { BatchResult } from './jobs.ts';
import type { Outcome } from './run.ts';
import type { Scenario } from './scenario.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
/** Lines of a log that anybody reads. */
const MOST_LINES = 160;

/** @param time milliseconds by the clock, and of all processors */
export function renderProgress(
  { seeds, simulated, failures }: BatchResult,
  of: number,
  time: { readonly elapsed: number; readonly processor: number },
): string {
  const hours = simulated / HOUR;
  const rate = (milliseconds: number) => (hours / (milliseconds / MINUTE)).toFixed(0);
  return [
    `${seeds} of ${of} seeds`,
    `${hours.toFixed(1)} hours simulated`,
    `${rate(time.elapsed)} hours a minute (${rate(time.processor)} a processor minute)`,
    `${failures.length} violations`,
  ].join(', ');
}

/** What was exercised, grouped by the first word of each count. */
export function renderCoverage(counts: Counts): string {
  const groups: readonly (readonly [string, RegExp])[] = [
    ['seeds with', /^seeds with /],
    ['transitions', / → /],
    ['faults', /^fault /],
    ['log events', /^log /],
    ['network', /^datagrams /],
    ['OCI', /./],
  ];
  const left = new Map(Object.entries(counts));
  return groups
    .map(([title, pattern]) => {
      const chosen = [...left].filter(([name]) => pattern.test(name)).sort((a, b) => b[1] - a[1]);
      for (const [name] of chosen) left.delete(name);
      const texts = chosen.map(([name, value]) => `${name.replace(/^(seeds with|fault|log|datagrams) /, '')} ${value}`);
      return `${title}: ${texts.join(' · ')}`;
    })
    .join('\n');
}

/** A failing seed: its shortest log and how to see it again. */
export function renderFailure(
  seed: number,
  shrunk: { scenario: Scenario; outcome: Outcome },
  mutation?: string,
): string {
  const { lines, violation } = shrunk.outcome;
  const shown = lines.length > MOST_LINES ? ['…', ...lines.slice(-MOST_LINES)] : lines;
  const without = mutation === undefined ? '' : ` --without ${mutation}`;
  return [
    `seed ${seed}: ${violation?.invariant}: ${violation?.detail}`,
    ...shown.map((line) => `  ${line}`),
    'again:',
    `  scripts/simulate --seed ${seed}${without}`,
    `  scripts/simulate --scenario '${JSON.stringify(shrunk.scenario)}'${without}`,
  ].join('\n');
}
