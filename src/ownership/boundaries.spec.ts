import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const folder = new URL('.', import.meta.url);
/** All but the runner, which carries the actions out. */
const pure = readdirSync(folder).filter(
  (name) => name.endsWith('.ts') && !name.endsWith('.spec.ts') && name !== 'runner.ts' && name !== 'index.ts',
);

it.each(pure)('%s imports its neighbours, and types', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const imports = [...text.matchAll(/^import (type )?[^;]*? from '([^']+)';/gms)];
  const foreign = imports.filter(([, type, source]) => type === undefined && !/^\.\/[^/]+\.ts$/.test(source ?? ''));
  expect(foreign.map(([line]) => line)).toEqual([]);
  expect(imports.map(([, , source]) => source)).not.toContain('./runner.ts');
});

it.each(pure)('%s reads no clock, timer or random source, and waits for nothing', (name) => {
  const code = readFileSync(new URL(name, folder), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  expect(code).not.toMatch(/\bDate\b|\bperformance\b|\bsetTimeout\b|\bsetInterval\b|\bMath\.random\b|\bprocess\b/);
  expect(code).not.toMatch(/\bPromise\b|\basync\b|\bawait\b/);
});
