import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImportFiles } from './conf-glob.ts';
import { lineOf, splitCommand, uncomment } from './conf-line.ts';
import { readConf, type Token } from './conf-reader.ts';
import { readTree } from './conf-tree.ts';
import { formatRemark, makeRemarks } from './remark.ts';

/** A disk in memory; directories are what the paths say. */
function filesOf(disk: Readonly<Record<string, string>>): ImportFiles {
  return {
    read: (path) => {
      const text = disk[path];
      if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return Buffer.from(text);
    },
    list: (directory) => {
      const start = directory === '.' ? '' : `${directory}/`;
      const names = Object.keys(disk).flatMap((path) => (path.startsWith(start) ? [path.slice(start.length)] : []));
      return [...new Set(names.map((name) => name.split('/')[0] ?? ''))];
    },
  };
}

const show = (token: Token): string => {
  if (token.kind !== 'statement') return `${token.at.line}:${token.at.column} ${token.kind === 'open' ? '{' : '}'}`;
  const { words, at } = token.statement;
  return `${at.file === 'k.conf' ? '' : `${at.file}:`}${at.line}:${at.column} ${words.join('|')}`;
};

function read(text: string, more: Readonly<Record<string, string>> = {}): string[] {
  const remarks = makeRemarks();
  const files = filesOf({ 'k.conf': text, ...more });
  const tokens = readConf({ path: 'k.conf', configId: 'vrouter1', files, remarks });
  return [...tokens.map(show), ...remarks.list.map((remark) => formatRemark(remark))];
}

interface Row {
  readonly what: string;
  readonly text: string;
  readonly expected: readonly string[];
}

const ROWS = readFileSync(new URL('conf-reader.rows.txt', import.meta.url), 'utf8')
  .split(/^=== /m)
  .slice(1)
  .map((row): Row => {
    const [, what = '', text = '', expected = ''] = /^(.*)\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(row) ?? [];
    return { what, text, expected: expected.split('\n').filter((line) => line !== '') };
  });

test.each(ROWS)('$what', ({ text, expected }) => {
  expect(read(text)).toEqual(expected);
});

test('a carriage return is part of the line end', () => {
  expect(read('a\r\nb\r\n')).toEqual(['1:1 a', '2:1 b']);
});
describe('includes', () => {
  test('are read beside the file that includes them, in the order of their names', () => {
    const disk = { 'd/b.conf': 'b\ninclude e/c', 'd/a.conf': 'a', 'd/.hidden.conf': 'h', 'd/e/c': 'c', 'd/x.txt': 'x' };
    expect(read('include d/*.conf\nz', disk)).toEqual(['d/a.conf:1:1 a', 'd/b.conf:1:1 b', 'd/e/c:1:1 c', '2:1 z']);
  });

  test('patterns and their braces', () => {
    const disk = { a1: '1', a2: '2', a3: '3', b1: '4' };
    expect(read('include {b,a}[\\!2-]', disk)).toEqual(['b1:1:1 4', 'a1:1:1 1', 'a3:1:1 3']);
    expect(read('includew a?', disk)).toEqual(['a1:1:1 1', 'a2:1:1 2', 'a3:1:1 3']);
    expect(read('include c*', disk)).toEqual(['k.conf:1:1: note: nothing matches "c*"']);
  });

  test('conditions and definitions come first, and definitions go on behind it', () => {
    const disk = { a: '$B=1\n$_' };
    expect(read('$A=a\n@vrouter1 include $A\n@vrouter2 include x\nb$B $B', disk)).toEqual(['a:2:1 $_', '4:1 b1|1']);
  });

  test('one that is not there is a mistake', () => {
    expect(read(' include x')).toEqual(['k.conf:1:2: x cannot be read: there is no such file']);
  });

  test('a file that includes itself ends', () => {
    expect(read('a\ninclude k.conf').at(-1)).toBe(
      'k.conf:2:1: "k.conf" is included 16 files deep: does it include itself?',
    );
    expect(read('include k.conf\ninclude k.conf\n').length).toBeLessThan(10);
  });
});

test.each([
  ['a "b', 'k.conf:1:3: a quoted string starts here and does not end'],
  ['$A=x $A\nwords $A', 'k.conf:2:9: $A does not end: does its definition lead back to it?'],
  ['~SEQ(N,1,0,2) a', 'k.conf:1:1: ~SEQ(N,1,0,2) cannot be counted'],
  ['~FOO(1) a', 'k.conf:1:1: is neither ~SEQ(…), ~SEQx(…) nor ~LST(…)'],
  ['a'.repeat(5000), 'k.conf:1:4097: this line goes on, allowed: 4096 characters'],
  [
    '~SEQ(A,1,60000) ~SEQ(B,1,60000) ~SEQ(C,1,60000) @x y',
    'k.conf:1:49: definitions and repetitions make more of the file up to here than can be read',
  ],
  ['~SEQ(A,1,60000) ~SEQ(B,1,9) y', 'k.conf:1:29: there are more than 100000 statements up to here: that is too much'],
])('%.40s is a mistake', (text, message) => {
  expect(read(text).at(-1)).toBe(message);
});

test('the columns are those of the file, whatever was cut out and put in', () => {
  expect(read('  @vrouter1   $A=x y\n\t$A "q" { b }')).toEqual(['2:2 x|y|q', '2:9 {', '2:11 b', '2:13 }']);
});

describe('the tree', () => {
  const tree = (text: string): unknown => {
    const remarks = makeRemarks();
    const blocks = readTree({ path: 'k.conf', configId: 'x', files: filesOf({ 'k.conf': text }), remarks });
    return remarks.list.length > 0 ? remarks.list.map((remark) => formatRemark(remark)) : blocks.map(shape);
  };
  const shape = ({ words, block }: ReturnType<typeof readTree>[number]): unknown =>
    block === undefined ? words.join(' ') : [words.join(' '), block.map(shape)];

  test('blocks belong to the statement before them', () => {
    expect(tree('a b { c { d\ne } f }\ng\n{ }')).toEqual([
      ['a b', [['c', ['d', 'e']], 'f']],
      ['g', []],
    ]);
  });

  test.each([
    ['a {', ["k.conf:1:3: this '{' is not closed"]],
    ['a }', ["k.conf:1:3: this '}' closes nothing"]],
    ['{ a }', ["k.conf:1:1: this '{' belongs to no keyword"]],
    ['a {} {}', ["k.conf:1:6: this '{' belongs to no keyword"]],
    ['a{'.repeat(40), ['k.conf:1:66: blocks are nested 32 deep: that is too much']],
  ])('%s', (text, mistakes) => {
    expect(tree(text)).toEqual(mistakes);
  });
});

describe('the words of a command', () => {
  test.each([
    [`a "b c" 'd "e'`, ['a', 'b c', 'd "e']],
    ['abcd" efg h jkl "mnop', ['abcd efg h jkl mnop']],
    [String.raw`a\ b \x41\102\n\e\cA "\""`, ['a b', 'AB\ne\x01', '"']],
    [`'' "" a`, ['', '', 'a']],
  ])('%s', (text, expected) => {
    expect(splitCommand(text).map((word) => word.text)).toEqual(expected);
  });
});

describe('whatever is in a file', () => {
  const PIECES = [
    'a',
    '"',
    "'",
    '\\',
    '#',
    '!',
    ' ',
    '\t',
    '\n',
    '{',
    '}',
    '@x ',
    '@^x ',
    '$A',
    'A}',
    '$A=',
    '=',
    '~SEQ(N,1,9) ',
    '~LST(A,b,c) ',
    '~',
    '(',
    ')',
    ',',
    'include k.conf',
    '\r',
    '\0',
    'é',
  ];
  const text = fc.oneof(
    fc.string({ maxLength: 300 }),
    fc.array(fc.constantFrom(...PIECES), { maxLength: 120 }).map((parts) => parts.join('')),
  );

  test('it is read to the end without an error, and places are within the file', () => {
    fc.assert(
      fc.property(text, (content) => {
        const remarks = makeRemarks();
        const files = filesOf({ 'k.conf': content });
        const tokens = readConf({ path: 'k.conf', configId: 'x', files, remarks });
        readTree({ path: 'k.conf', configId: 'x', files, remarks });
        const lines = content.split('\n');
        const places = [
          ...tokens.map((token) => (token.kind === 'statement' ? token.statement.at : token.at)),
          ...remarks.list.map((remark) => remark.at),
        ];
        const isInside = ({ line, column }: (typeof places)[number]): boolean =>
          column > 0 && column <= (lines[line - 1]?.length ?? -1) + 1;
        expect(places.filter((at) => !isInside(at))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('a command is split without an error', () => {
    fc.assert(fc.property(text, (content) => splitCommand(content).every((word) => word.offset < content.length)));
  });

  test('taking comments out twice is taking them out once, where nothing was escaped', () => {
    const plain = text.filter((content) => !content.includes('\\') && !content.includes('\n'));
    fc.assert(
      fc.property(plain, (content) => {
        const once = uncomment(lineOf(content, 1)).line;
        expect(uncomment(once).line).toEqual(once);
      }),
    );
  });
});
