import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jsonSchema } from './json-schema.ts';
import { lines, load } from './load.test-support.ts';
import { configurationReference } from './reference.ts';

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('docs/configuration.md is up to date: node scripts/generate-docs.mjs', () => {
  expect(docs('configuration.md')).toBe(configurationReference(docs('failoverd.example.yaml')));
});

test('the example is a file without mistakes', () => {
  const text = docs('failoverd.example.yaml').replace('file:/etc/failoverd/heartbeat.key', 'file:/key');
  expect(lines(load(text))).toEqual(['ok']);
});

test('the JSON Schema describes the file as it is on disk', () => {
  const schema = jsonSchema();
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'failoverd.yaml',
    required: ['cluster', 'routers', 'groups'],
    additionalProperties: false,
  });
  expect(schema.properties?.['heartbeat']?.properties?.['interval']).toMatchObject({
    type: 'string',
    pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m)$',
  });
  expect(schema.properties?.['startup_delay']).toMatchObject({ type: 'string', default: '2s' });
  expect(JSON.stringify(schema)).not.toMatch(/"(allowed|placeholder)":/);
});

test('every field of the schema is described', () => {
  const undescribed = [...configurationReference('').matchAll(/^- `(\S+)`: ?$/gm)].map(([, path]) => path);
  expect(undescribed).toEqual([]);
});
