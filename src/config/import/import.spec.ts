import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { diskOf, KEY } from '../load.test-support.ts';
import { loadConfig } from '../load.ts';
import { formatMistake } from '../mistake.ts';
import { UNSERVED } from '../unserved.ts';
import { type ImportRequest, type ImportResult, importDeployment, type RouterFile } from './import.ts';
import { formatRemark } from './remark.ts';

/*
 * Every directory of test/data/import is a deployment: `args` is the command line, failoverd.yaml and remarks.txt are what
 * has to come out of it. The same files are shown to the real keepalived by test/e2e/keepalived-conf.spec.ts.
 */

const DATA = new URL('../../../test/data/import/', import.meta.url).pathname;
const CASES = readdirSync(DATA).sort();

function request(directory: string, args: readonly string[]): ImportRequest {
  const values = (option: string): string[] =>
    args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
  const pair = (text: string): RouterFile => ({ router: text.split('=')[0] ?? '', file: text.split('=')[1] ?? '' });
  const positional = args.filter((arg, index) => !arg.startsWith('--') && !(args[index - 1] ?? '').startsWith('--'));
  return {
    keepalived: positional.map(pair),
    scripts: values('--script').map(pair),
    addresses: values('--addresses').map(pair),
    agents: values('--pacemaker'),
    pcs: values('--pcs')[0],
    cluster: values('--cluster')[0],
    files: {
      read: (path) => readFileSync(join(directory, path)),
      list: (path) => readdirSync(join(directory, path)),
    },
  };
}

function runCase(name: string): ImportResult {
  const directory = join(DATA, name);
  const args = readFileSync(join(directory, 'args'), 'utf8')
    .split(/\s+/)
    .filter((arg) => arg !== '');
  return importDeployment(request(directory, args));
}

function textOf(result: ImportResult): string {
  const remarks = result.ok ? result.remarks : result.mistakes;
  return `${remarks.map((remark) => formatRemark(remark)).join('\n')}\n`;
}

describe.each(CASES)('%s', (name) => {
  const result = runCase(name);
  const expected = (file: string): string => readFileSync(join(DATA, name, file), 'utf8');

  test('says what has no equivalent, with its place', () => {
    expect(textOf(result)).toBe(expected('remarks.txt'));
  });

  test('is written as expected, or not at all', () => {
    if (result.ok) expect(result.yaml).toBe(expected('failoverd.yaml'));
    else expect(readdirSync(join(DATA, name))).not.toContain('failoverd.yaml');
  });

  test('passes config check on every router', () => {
    if (!result.ok) return;
    const routers = [...result.yaml.matchAll(/^ {2}(\S+): \{ addresses:/gm)].map(([, router]) => router ?? '');
    expect(routers.length).toBeGreaterThan(1);
    for (const router of routers) expect(check(result.yaml, router)).toEqual([]);
  });
});

/** What `config check` has against it, but for what this release does not serve yet. */
function check(yaml: string, router: string): string[] {
  const secrets = [...yaml.matchAll(/file:(\/[^"]+)/g)].map(([, file]) => file ?? '');
  const disk = Object.fromEntries(secrets.map((file) => [file, file.endsWith('.pass') ? 'ISV-test\n' : `${KEY}\n`]));
  const result = loadConfig({
    path: 'f.yaml',
    node: router,
    hostname: 'h',
    env: {},
    readFile: diskOf({ ...disk, 'f.yaml': yaml }),
  });
  if (result.ok) return [];
  const later = UNSERVED.map(({ sentence }) => sentence);
  return result.mistakes.filter(({ message }) => !later.includes(message)).map(formatMistake);
}

test('no password and no key comes out of the import', () => {
  const secrets = ['ISV-test', 'secret-2', 'two words', '000102030405'];
  for (const name of CASES) {
    const result = runCase(name);
    const all = textOf(result) + (result.ok ? result.yaml : '');
    for (const secret of secrets) expect(all).not.toContain(secret);
  }
});
