/*
 * As much of a shell as the scripts need that claim VIPs: commands between `;`, `|`, `&` and line ends, quotes, comments,
 * variables that were assigned before. Nothing is run; what cannot be known stays as it is written.
 */

export interface ShellWord {
  readonly text: string;
  /** Variables that were put in, or could not be. */
  readonly variables: readonly string[];
  /** False when something in it is not known: a variable, or what a command prints. */
  readonly known: boolean;
}

export interface ShellCommand {
  /** None when it only assigns. */
  readonly words: readonly ShellWord[];
  /** Text of the commands whose output is put in: `$(…)` and backticks. */
  readonly inside: readonly string[];
  /** From 1, of its first word. */
  readonly line: number;
  readonly column: number;
}

export interface ShellLine {
  readonly commands: readonly ShellCommand[];
  readonly comment: string;
  /** From 1. */
  readonly line: number;
}

/** Stands for what `hostname -s` prints. */
export const HOST = '\u0000host';

interface Cursor {
  readonly text: string;
  index: number;
  /** What was put in as the output of a command: the text of `$(…)` and of backticks. */
  readonly inside: string[];
}

/** Reads line by line (a backslash at the end goes on); `values` are the variables, and take what is assigned. */
export function* readShell(text: string, values: Map<string, string>): Generator<ShellLine> {
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index++) {
    const start = index;
    let whole = lines[index] ?? '';
    while (/(^|[^\\])(\\\\)*\\$/.test(whole) && index + 1 < lines.length) {
      index += 1;
      whole = `${whole.slice(0, -1)} ${lines[index] ?? ''}`;
    }
    yield readShellLine(whole, start + 1, values);
  }
}

function readShellLine(text: string, line: number, values: Map<string, string>): ShellLine {
  const cursor: Cursor = { text: withOnePattern(text), index: 0, inside: [] };
  const commands: ShellCommand[] = [];
  let words: ShellWord[] = [];
  let column = 1;
  const end = (): void => {
    const rest = assign(words, values);
    const inside = cursor.inside.splice(0);
    if (rest.length > 0 || inside.length > 0) commands.push({ words: rest, inside, line, column });
    words = [];
  };
  let comment = '';
  while (cursor.index < text.length) {
    const character = cursor.text[cursor.index] ?? '';
    if (/\s/.test(character)) cursor.index += 1;
    else if (character === '#') {
      comment = text.slice(cursor.index + 1).trim();
      break;
    } else if (/[;|&]/.test(character)) {
      cursor.index += 1;
      end();
    } else {
      if (words.length === 0) column = cursor.index + 1;
      words.push(readWord(cursor, values));
    }
  }
  end();
  return { commands, comment, line };
}

/** `a|b)` of a `case`: for one name where all mean the same host, for anybody otherwise. Columns stay. */
function withOnePattern(text: string): string {
  const [all, before = '', patterns = ''] = /^(\s*\(?)(["'\w.*-]+(?:\s*\|\s*["'\w.*-]+)+)\)/.exec(text) ?? [];
  if (all === undefined) return text;
  const names = new Set(patterns.split('|').map((one) => one.replace(/["'\s]/g, '').split('.')[0] ?? ''));
  const [only = '*', ...more] = names;
  const kept = more.length === 0 && only !== '' ? only : '*';
  return `${before}${kept.padStart(patterns.length)})${text.slice(all.length)}`;
}

/** What may stand before an assignment: a keyword, or the pattern of a `case`. */
const BEFORE = /^(then|else|do|\{|\(|export|readonly|local|declare|\(?["']?[A-Za-z0-9.*-]+\))$/;

/** Takes assignments off a command. */
function assign(words: readonly ShellWord[], values: Map<string, string>): readonly ShellWord[] {
  let start = 0;
  while (BEFORE.test(words[start]?.text ?? '')) start += 1;
  let index = start;
  for (; index < words.length; index++) {
    const word = words[index];
    const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word?.text ?? '');
    if (word === undefined || match === null) break;
    const [, name = '', value = ''] = match;
    if (word.known) values.set(name, value);
    else values.delete(name);
  }
  return index === start ? words : [...words.slice(0, start), ...words.slice(index)];
}

function readWord(cursor: Cursor, values: ReadonlyMap<string, string>): ShellWord {
  let text = '';
  let known = true;
  const variables: string[] = [];
  let quote = '';
  while (cursor.index < cursor.text.length) {
    const character = cursor.text[cursor.index] ?? '';
    if (quote === '' && /[\s;|]/.test(character)) break;
    // `2>&1` is one word, `a&` is not.
    if (quote === '' && character === '&' && !/[<>]$/.test(text)) break;
    if (quote !== "'" && (character === '$' || character === '`')) {
      const expansion = readExpansion(cursor, values);
      text += expansion.text;
      known &&= expansion.known;
      if (expansion.variable !== undefined) variables.push(expansion.variable);
      continue;
    }
    cursor.index += 1;
    if (character === '\\' && quote !== "'") {
      text += cursor.text[cursor.index] ?? '';
      cursor.index += 1;
    } else if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    else text += character;
  }
  return { text, variables, known };
}

interface Expansion {
  readonly text: string;
  readonly known: boolean;
  readonly variable?: string;
}

/** `` `…` `` or `$(…)`, with parentheses in it. */
function outputOf(rest: string): { readonly all: string; readonly command: string } | undefined {
  const ticks = /^`([^`]*)`/.exec(rest);
  if (ticks !== null) return { all: ticks[0], command: ticks[1] ?? '' };
  if (!rest.startsWith('$(')) return undefined;
  let depth = 0;
  for (let index = 1; index < rest.length; index++) {
    if (rest[index] === '(') depth += 1;
    if (rest[index] === ')') depth -= 1;
    if (depth === 0) return { all: rest.slice(0, index + 1), command: rest.slice(2, index) };
  }
  return undefined;
}

/** What starts at a `$` or a backtick. */
function readExpansion(cursor: Cursor, values: ReadonlyMap<string, string>): Expansion {
  const rest = cursor.text.slice(cursor.index);
  const output = outputOf(rest);
  if (output !== undefined) {
    const { all, command } = output;
    cursor.index += all.length;
    const isHost = /^\s*\S*(hostname|uname\s+-n)\b/.test(command);
    if (!isHost) cursor.inside.push(command);
    return isHost ? { text: HOST, known: true } : { text: all, known: false };
  }
  const variable = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)(?:%%\.\*)?\}|([A-Za-z_][A-Za-z0-9_]*))/.exec(rest);
  const name = variable?.[1] ?? variable?.[2];
  if (variable === null || name === undefined) {
    // `$1`, `$?`, `${a[0]}`: known to whoever runs it.
    const all = /^\$(?:\{[^}]*\}|.)?|^`/s.exec(rest)?.[0] ?? rest[0] ?? '';
    cursor.index += Math.max(1, all.length);
    return { text: all, known: false };
  }
  cursor.index += variable[0].length;
  const value = values.get(name) ?? (name === 'HOSTNAME' ? HOST : undefined);
  return value === undefined
    ? { text: variable[0], known: false, variable: name }
    : { text: value, known: true, variable: name };
}
