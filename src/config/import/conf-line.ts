/*
 * The lowest level of keepalived.conf: what is a comment, what is a word. Two kinds of words, as keepalived has them: the
 * keywords and plain values of a line, where only `"` quotes, and the command lines of scripts, which are quoted and
 * escaped much as a shell does it. keepalived.conf(5), "Quoted strings".
 */

/** Text in which every character knows the column it came from, whatever was cut out or put in before it. */
export interface ConfLine {
  readonly text: string;
  /** One for each UTF-16 unit of `text`. */
  readonly columns: readonly number[];
  /** Of the file, from 1. */
  readonly line: number;
}

/** A word and where it starts in the text it was found in. */
export interface WordAt {
  readonly text: string;
  readonly offset: number;
}

export function columnOf({ columns }: ConfLine, offset: number): number {
  const last = columns.at(-1);
  return columns[offset] ?? (last === undefined ? 1 : last + 1);
}

export function slice({ text, columns, line }: ConfLine, start: number, end = text.length): ConfLine {
  return { text: text.slice(start, end), columns: columns.slice(start, end), line };
}

/** A line of a file as it is there; `number` counts from 1. */
export function lineOf(raw: string, number: number): ConfLine {
  return { text: raw, columns: Array.from({ length: raw.length }, (_, index) => index + 1), line: number };
}

/**
 * Cuts blanks at both ends, and what stands behind `#` or `!` outside of double quotes; `\#` and `\!` are the characters
 * themselves. A backslash at the very end stays, even behind a comment, and the blanks before it go: it says that a
 * definition goes on. `openQuote` is the offset of a double quote without its other half.
 */
export function uncomment(raw: ConfLine): { readonly line: ConfLine; readonly openQuote?: number } {
  let text = '';
  const columns: number[] = [];
  const take = (index: number): void => {
    text += raw.text[index] ?? '';
    columns.push(columnOf(raw, index));
  };
  let quoteAt: number | undefined;
  let isComment = false;
  let goesOn = false;
  for (let index = /^[ \t]*/.exec(raw.text)?.[0].length ?? 0; index < raw.text.length; index++) {
    const character = raw.text[index];
    const next = raw.text[index + 1];
    if (character === '"' && !isComment) quoteAt = quoteAt === undefined ? text.length : undefined;
    if (character === '\\' && next === undefined) {
      goesOn = true;
      break;
    }
    if (character === '\\') {
      if (!isComment && (quoteAt !== undefined || (next !== '#' && next !== '!'))) take(index);
      index += 1;
    } else if (quoteAt === undefined && (character === '#' || character === '!')) isComment = true;
    if (!isComment) take(index);
  }
  const cut = slice({ text, columns, line: raw.line }, 0, text.replace(/[ \t]+$/, '').length);
  const line = goesOn ? { ...cut, text: `${cut.text}\\`, columns: [...cut.columns, raw.columns.at(-1) ?? 1] } : cut;
  return quoteAt === undefined ? { line } : { line, openQuote: quoteAt };
}

const BLANK = /[ \t\f\n\r\v]/;

/** Words between blanks and double quotes; `openQuote` is the offset of a quote that does not end. */
export function splitWords(text: string): { readonly words: readonly WordAt[]; readonly openQuote?: number } {
  const words: WordAt[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text[index] ?? '';
    if (BLANK.test(character)) {
      index += 1;
      continue;
    }
    const quoted = character === '"';
    const offset = quoted ? index + 1 : index;
    let end = offset;
    while (end < text.length && text[end] !== '"' && (quoted || !BLANK.test(text[end] ?? ''))) end += 1;
    words.push({ text: text.slice(offset, end), offset: index });
    if (quoted && end === text.length) return { words, openQuote: index };
    index = quoted ? end + 1 : end;
  }
  return { words };
}

/** Words of a script's command line: `'` and `"` quote, a backslash escapes, parts that touch are one word. */
export function splitCommand(text: string): WordAt[] {
  const words: WordAt[] = [];
  let word: { text: string; offset: number } | undefined;
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (quote === '' && BLANK.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= { text: '', offset: index };
    if (character === '\\' && index + 1 < text.length) {
      const escaped = readEscape(text, index + 1);
      word.text += escaped.character;
      index = escaped.end - 1;
    } else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else word.text += character;
  }
  if (word !== undefined) words.push(word);
  return words;
}

const NAMED: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What stands behind a backslash; `end` is the offset after it. */
function readEscape(text: string, start: number): { readonly character: string; readonly end: number } {
  const octal = /^[0-7]{1,3}/.exec(text.slice(start, start + 3))?.[0];
  if (octal !== undefined) return { character: byte(Number.parseInt(octal, 8)), end: start + octal.length };
  const first = text[start] ?? '';
  if (first === 'x') {
    const digits = /^[0-9a-fA-F]+/.exec(text.slice(start + 1))?.[0];
    if (digits !== undefined) {
      return { character: byte(Number.parseInt(digits.slice(-2), 16)), end: start + 1 + digits.length };
    }
  }
  if (first === 'c' && start + 1 < text.length) {
    return { character: byte(text.charCodeAt(start + 1) & 0x1f), end: start + 2 };
  }
  // `hasOwn`: an escape may be called like a method of objects only in theory, but costs nothing to rule out.
  return { character: Object.hasOwn(NAMED, first) ? (NAMED[first] ?? first) : first, end: start + 1 };
}

function byte(value: number): string {
  return String.fromCharCode(value & 0xff);
}
