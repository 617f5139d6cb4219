/** docs/dependencies.md says the same as package.json and the packages themselves. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dependencies, devDependencies } from '../../package.json';

interface Row {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
}

/** Rows of the tables that list packages: their second column is an exact version. */
function listed(): Row[] {
  const page = readFileSync(new URL('../../docs/dependencies.md', import.meta.url), 'utf8');
  return page.split('\n').flatMap((line) => {
    const [, name = '', version = '', licence = '', ...rest] = line.split('|').map((cell) => cell.trim());
    if (!line.startsWith('|') || !/^\d+\.\d+\.\d+$/.test(version)) return [];
    // Columns that say what for must say something.
    expect(rest.length, line).toBeGreaterThan(1);
    return [{ name, version, licence }];
  });
}

test('the page lists every package of package.json, and no other, with its version', () => {
  const wanted = Object.entries({ ...dependencies, ...devDependencies });
  const found = listed().map(({ name, version }) => [name, version]);
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
  expect(found).toHaveLength(wanted.length);
});

test.each(listed())('$name has the licence that the page says', ({ name, licence }) => {
  const manifest = JSON.parse(
    readFileSync(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  );
  expect(manifest.license.replace(/^\((.*)\)$/, '$1')).toBe(licence);
});
