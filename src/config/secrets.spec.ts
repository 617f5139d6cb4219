import { expect, test } from 'vitest';
import { diskOf, edit, KEY, lines, load, REFERENCE } from './load.test-support.ts';
import { printEffective } from './print.ts';
import { readSecret } from './secrets.ts';

test.each([
  ['a short key', 'ab'.repeat(31), '/k holds 62 digits, allowed: '],
  ['a long key', 'ab'.repeat(65), '/k holds 130 digits, allowed: '],
  ['half a byte', 'a'.repeat(65), '/k holds 65 digits, allowed: '],
  ['another text', 'correct horse battery staple', '/k holds something else, allowed: '],
  ['nothing', '', '/k holds 0 digits, allowed: '],
])('%s is refused without being shown', (_, text, start) => {
  const result = readSecret('file:/k', { readFile: diskOf({ '/k': text }), env: {} });
  expect(result).toEqual({
    ok: false,
    message: `${start}64 to 128 hexadecimal digits, two for each byte (failoverctl keygen makes a key)`,
  });
});

test('a key that everybody can read works and is warned about', () => {
  const readFile = diskOf({ '/k': { text: KEY, mode: 0o644 } });
  expect(readSecret('file:/k', { readFile, env: {} })).toEqual({
    ok: true,
    secret: new Uint8Array(32).fill(0xab),
    warnings: ['/k can be read by everybody on this machine: chmod o= /k'],
  });
});

test('a key is printed nowhere', () => {
  const written = [edit(REFERENCE, ['"file:/key"', KEY]), edit(REFERENCE, ['{ 1: "file:/key" }', KEY])];
  for (const text of written) expect(lines(load(text)).join('\n')).not.toContain(KEY.slice(0, 8));
  const result = load(REFERENCE);
  expect(result.ok && printEffective(result.loaded.config)).not.toContain(KEY.slice(0, 8));
});
