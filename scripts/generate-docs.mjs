#!/usr/bin/env node
// Writes docs/configuration.md from the schema of the configuration.
import { readFile, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url);
const bundle = await build({
  entryPoints: [new URL('src/config/reference.ts', root).pathname],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
  logLevel: 'warning',
});
const source = Buffer.from(bundle.outputFiles[0].contents).toString('base64');
const { configurationReference } = await import(`data:text/javascript;base64,${source}`);
const example = await readFile(new URL('docs/failoverd.example.yaml', root), 'utf8');
await writeFile(new URL('docs/configuration.md', root), configurationReference(example));
