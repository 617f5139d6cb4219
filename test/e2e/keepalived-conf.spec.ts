/** The real keepalived reads the same configurations as the import: an independent word on what they mean. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readConf } from '../../src/config/import/conf-reader.ts';
import { makeRemarks } from '../../src/config/import/remark.ts';
import { execute } from './systemd/machine.ts';

const here = (name: string): string => new URL(name, import.meta.url).pathname;
const DATA = here('../data/import');
const CONFIG_ID = 'vrouter1';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keepalived-conf-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

interface Read {
  /** Line and first word of every statement. */
  readonly words: readonly string[];
  /** A quoted string does not end. */
  readonly isBroken: boolean;
}

/** What keepalived reads: it knows no keyword of these texts, and says so of each. */
async function theirs(file: string): Promise<Read> {
  // Its exit code says nothing here, nor how it ends: 2.2.7 frees some definitions twice.
  const { stderr } = await execute('sh', ['-c', 'keepalived -t -i "$0" -f "$1" || :', CONFIG_ID, file]);
  const words: string[] = [];
  // It reads the file several times; the first time ends with the last statement.
  for (const line of stderr.split('\n')) {
    const [, number, word] = /^\((?:\S+ )?Line (\d+)\) Unknown keyword '(.*)'$/.exec(line) ?? [];
    if (word !== undefined && word !== '}') words.push(`${number} ${word}`);
    if (word === 'end') break;
  }
  return { words, isBroken: /Unterminated quote|Unmatched quote/.test(stderr) };
}

function ours(file: string): Read {
  const remarks = makeRemarks();
  const files = { read: (path: string) => readFileSync(path), list: () => [] };
  const words = readConf({ path: file, configId: CONFIG_ID, files, remarks }).flatMap((token) =>
    token.kind === 'statement' ? [`${token.statement.at.line} ${token.statement.words[0]}`] : [],
  );
  return { words, isBroken: remarks.list.some(({ kind }) => kind === 'mistake') };
}

/** Both must find the same; of a text with a broken quote only that it is broken. */
async function compare(text: string): Promise<void> {
  const file = join(directory, 'k.conf');
  writeFileSync(file, text);
  const expected = await theirs(file);
  const found = ours(file);
  expect({ text, isBroken: found.isBroken }).toEqual({ text, isBroken: expected.isBroken });
  if (!expected.isBroken) expect({ text, words: found.words }).toEqual({ text, words: expected.words });
}

const rows = readFileSync(here('../../src/config/import/conf-reader.rows.txt'), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((row) => /^(.*)\n([\s\S]*?)\n---\n/.exec(row) ?? [])
  .map(([, what = '', text = '']) => ({ what, text }))
  // The directory of the file is another one here.
  .filter(({ text }) => !text.includes('_PWD'));

test.each(rows)('$what', async ({ text }) => {
  await compare(`${text}\nend\n`);
});

test('texts made of everything that means something', async () => {
  const uses = ['A', 'B', 'C', 'N', 'L', 'UN', '_HASH'].map((name) => `\${${name}}`);
  const quoting = ['"c d"', "'e f'", '#c', '!c', '\\#', '\\"', '\\', '"', ' ', ' ', '\t'];
  const special = ['@vrouter1 ', '@^vrouter1 ', '@other ', '$A=x', '$B=y z ', '$A= ', '~SEQ(N,1,3) ', '~LST(L,u,v) '];
  const pieces = [...uses, ...quoting, ...special, 'a', 'b', '$A', '$C', '$UN', 'k', '_', '=', '{', '}'];
  // A linear congruential generator: the same texts on every run.
  let seed = 20_261_126;
  const random = (below: number): number => {
    seed = (seed * 1_103_515 + 12_345) % 2 ** 31;
    return Math.floor((seed / 2 ** 31) * below);
  };
  for (let round = 0; round < 60; round++) {
    const lines = Array.from({ length: 6 }, (_, index) => {
      const parts = Array.from({ length: 1 + random(5) }, () => pieces[random(pieces.length)] ?? '');
      return (random(2) === 0 ? `w${index} ` : '') + parts.join('');
    });
    // A definition that leads back to itself is a mistake here, and cut off there.
    if (lines.some((line) => /\$[ABC]=.*\$/.test(line))) continue;
    await compare(['$A=aa', '$B=bb  cc', '$C=$A', '$N=nn', '$L=ll', ...lines, 'end', ''].join('\n'));
  }
});

/** What keepalived prints of configurations that work, and of those as the old deployments have them. */
const EXPECTED = [
  /No VIP specified; at least one is sensible/,
  /Ignoring track_interface \S+ since own interface/,
  /SECURITY VIOLATION - scripts are being executed but script_security not enabled/,
  /Warning - cannot track route \S+ with no interface specified, not tracking/,
  /preempt_delay is incompatible with nopreempt mode - resetting/,
  /Disabling track script load since not found\/accessible/,
];

test.each([
  ['reference', 'vrouter1.conf', 'vrouter1'],
  ['reference', 'vrouter2.conf', 'vrouter2'],
  ['one-file', 'keepalived.conf', 'vrouter1'],
  ['one-file', 'keepalived.conf', 'vrouter2'],
  ['one-file', 'keepalived.conf', 'vrouter3'],
  ['tracking', 'vrouter1.conf', 'vrouter1'],
  ['tracking', 'vrouter2.conf', 'vrouter2'],
  ['renamed', 'vrouter1.conf', 'vrouter1'],
  ['renamed', 'vrouter2.conf', 'vrouter2'],
  ['everything', 'vrouter1.conf', 'vrouter1'],
  ['everything', 'vrouter2.conf', 'vrouter2'],
])('%s/%s is a valid configuration for %s', async (name, file, configId) => {
  const script = [here('keepalived-conf.sh'), DATA, name, file, configId];
  const { code, stdout, stderr } = await execute('unshare', ['--net', '--mount', 'bash', ...script]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => !EXPECTED.some((pattern) => pattern.test(line)))).toEqual([]);
});
