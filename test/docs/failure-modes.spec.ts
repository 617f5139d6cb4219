/** Every row of docs/failure-modes.md names tests that exist, and metrics, alerts and log events that are told. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SCENARIOS } from '../lab/scenarios/index.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const page = read('docs/failure-modes.md');
/** Rows of the tables that say who shows a fault, without heads and rules. */
const rows = page.split('\n').flatMap((line) => {
  const cells = line.split('|').slice(1, -1);
  if (cells.length !== 6 || /^ *(fault|-+) *$/.test(cells[0] ?? '')) return [];
  const [fault = '', , , , saidBy = '', shownBy = ''] = cells.map((cell) => cell.trim());
  return [{ fault, saidBy, shownBy }];
});

/** `spec "words of a title"`: the spec's file, and the words. */
const testsOf = (shownBy: string) =>
  [...shownBy.matchAll(/([\w-]+) "([^"]+)"/g)].map(([, spec = '', words = '']) => ({ spec, words }));
const scenariosOf = (shownBy: string) =>
  [...shownBy.matchAll(/lab ((?:`[\w-]+`(?:, )?)+)/g)].flatMap(([, names = '']) =>
    [...names.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
  );

function titlesOf(spec: string): string {
  const path = `src/agent/${spec}.spec.ts`;
  if (!existsSync(new URL(path, root))) return '';
  return [...read(path).matchAll(/\b(?:it|describe)(?:\.each\([^)]*\))?\(\s*(['"`])(.*?)\1,/g)]
    .map(([, , title]) => title)
    .join('\n');
}

it('has rows', () => {
  expect(rows.length).toBeGreaterThan(30);
});

it.each(rows)('$fault: is shown by tests that exist', ({ shownBy }) => {
  const tests = testsOf(shownBy);
  const scenarios = scenariosOf(shownBy);
  const machines = [...shownBy.matchAll(/e2e `([\w-]+)` "([^"]+)"/g)];
  expect(tests.length + scenarios.length + machines.length).toBeGreaterThan(0);
  for (const [, spec = '', words = ''] of machines) expect(read(`test/e2e/${spec}.spec.ts`)).toContain(words);
  for (const { spec, words } of tests) expect(titlesOf(spec), spec).toContain(words);
  for (const name of scenarios) expect(SCENARIOS.map((scenario) => scenario.name)).toContain(name);
});

it.each(rows)('$fault: is told by what exists', ({ saidBy }) => {
  const served = `${read('src/observe/metrics.ts')} ${read('src/observe/log-events.ts')}`;
  const names = [...saidBy.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name);
  const isOther = /\balarm\b|^nothing$|no master in/.test(saidBy);
  expect(names.length > 0 || isOther).toBe(true);
  for (const name of names) {
    if (name.startsWith('Failoverd')) expect(read('docs/alerts.rules.yml')).toContain(`alert: ${name}\n`);
    else expect(served).toContain(`'${name.replace(/^failoverd_/, '')}'`);
  }
});
