import { dirname } from 'node:path/posix';
import { type ConfLine, columnOf, slice } from './conf-line.ts';

/*
 * `$NAME=value`, `~SEQ` and `~LST` of keepalived.conf: text that stands for other text. keepalived.conf(5), "Parameter
 * substitution", "Sequence blocks", "List blocks".
 */

/** One line, or the lines of a definition whose lines end with a backslash. */
export type Definitions = Map<string, readonly string[]>;

/** Where a definition is used: what the predefined ones say depends on it. */
export interface Surroundings {
  readonly file: string;
  /** keepalived's `--config-id`, by default the short host name. */
  readonly configId: string;
}

/** A definition that refers to itself never ends. */
const MAX_REPLACEMENTS = 1000;
/** keepalived's own lines end at 1024. */
const MAX_LENGTH = 4096;
/** Of one `~SEQ` or `~LST`. */
const MAX_VALUES = 65_536;

const DEFINITION = /^\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*/;

/** Name and value of a line that is a definition; `more`: its next line belongs to it. */
export function readDefinition({ text }: ConfLine) {
  const match = DEFINITION.exec(text);
  if (match === null) return undefined;
  const [all, name = ''] = match;
  const value = text.slice(all.length);
  const more = value.endsWith('\\');
  return { name, value: more ? value.slice(0, -1).trimEnd() : value, more };
}

export type Substituted =
  | { readonly ok: true; readonly changed: boolean; readonly lines: readonly ConfLine[]; readonly work: number }
  | { readonly ok: false; readonly offset: number; readonly message: string };

/**
 * Replaces every `$NAME` that ends a word and every `${NAME}`. An unknown one stays as it is. What is put in is looked
 * through, too; a definition of several lines is replaced at the end of a line only, its other lines follow.
 */
export function substitute(line: ConfLine, definitions: Definitions, around: Surroundings): Substituted {
  let current = line;
  let following: readonly string[] = [];
  let replacements = 0;
  let work = 0;
  let index = current.text.indexOf('$');
  while (index >= 0) {
    const use = /^\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$))/.exec(
      current.text.slice(index),
    );
    const name = use?.[1] ?? use?.[2];
    const value = name === undefined ? undefined : (definitions.get(name) ?? predefined(name, around));
    const end = index + (use?.[0].length ?? 1);
    const single = value !== undefined && (value.length === 1 || end === current.text.length);
    if (!single) {
      index = current.text.indexOf('$', index + 1);
      continue;
    }
    replacements += 1;
    work += current.text.length;
    const [first = '', ...rest] = value;
    const next = splice(current, index, end, first);
    if (replacements > MAX_REPLACEMENTS || next.text.length > MAX_LENGTH) {
      return { ok: false, offset: index, message: `$${name} does not end: does its definition lead back to it?` };
    }
    current = next;
    if (rest.length > 0) following = rest;
    index = current.text.indexOf('$', index);
  }
  const column = columnOf(line, Math.max(0, line.text.indexOf('$')));
  const lines = following.map(
    (text): ConfLine => ({ text, columns: Array(text.length).fill(column), line: line.line }),
  );
  return { ok: true, changed: replacements > 0, lines: [current, ...lines], work };
}

function splice(line: ConfLine, start: number, end: number, value: string): ConfLine {
  const column = columnOf(line, start);
  return {
    text: line.text.slice(0, start) + value + line.text.slice(end),
    columns: [...line.columns.slice(0, start), ...Array<number>(value.length).fill(column), ...line.columns.slice(end)],
    line: line.line,
  };
}

function predefined(name: string, { file, configId }: Surroundings): readonly string[] | undefined {
  if (name === '_PWD') return [dirname(file)];
  if (name === '_INSTANCE') return [configId];
  if (name === '_HASH') return ['#'];
  return name === '_BANG' ? ['!'] : undefined;
}

export type Repetition =
  /** What is defined for each turn, and the rest of the line, which is read as often. */
  | { readonly ok: true; readonly turns: readonly ReadonlyMap<string, string>[]; readonly rest: ConfLine }
  | { readonly ok: false; readonly message: string };

/** The turns of a line that starts with `~SEQ(…)`, `~SEQx(…)` or `~LST(…)`; undefined when it does not. */
export function readRepetition(line: ConfLine): Repetition | undefined {
  if (!line.text.startsWith('~')) return undefined;
  const match = /^~(SEQx?|LST)[ \t]*\(([^)]*)\)[ \t]*/.exec(line.text);
  if (match === null) return { ok: false, message: 'is neither ~SEQ(…), ~SEQx(…) nor ~LST(…)' };
  const [all, kind = '', inside = ''] = match;
  const turns = kind === 'LST' ? readList(inside) : readSequence(inside, kind === 'SEQx');
  if (turns === undefined || turns.length === 0) return { ok: false, message: `~${kind}(${inside}) cannot be counted` };
  return { ok: true, turns, rest: slice(line, all.length) };
}

/** `VAR, [START, [STEP,]] END`. */
function readSequence(inside: string, isHexadecimal: boolean): ReadonlyMap<string, string>[] | undefined {
  const [name = '', ...texts] = inside.split(',').map((part) => part.trim());
  const numbers = texts.map(Number);
  if (!isName(name) || texts.includes('') || !numbers.every(Number.isSafeInteger)) return undefined;
  if (numbers.length < 1 || numbers.length > 3) return undefined;
  const last = numbers.at(-1) ?? 0;
  const start = numbers.length === 1 ? (last < 0 ? -1 : 1) : (numbers[0] ?? 0);
  const step = numbers.length === 3 ? (numbers[1] ?? 0) : start <= last ? 1 : -1;
  const count = step === 0 ? 0 : Math.floor((last - start) / step) + 1;
  if (count < 1 || count > MAX_VALUES || (isHexadecimal && Math.min(start, last) < 0)) return undefined;
  return Array.from({ length: count }, (_, turn) => {
    const value = start + turn * step;
    return new Map([[name, value.toString(isHexadecimal ? 16 : 10)]]);
  });
}

/** `VAR, VALUE, …` or `{VAR, VAR}, {VALUE, VALUE}, …`. */
function readList(inside: string): ReadonlyMap<string, string>[] | undefined {
  const groups = [...inside.matchAll(/\{([^{}]*)\}|([^,{}]+)/g)]
    .map(([, several, one]) => (several === undefined ? [(one ?? '').trim()] : several.split(',').map((v) => v.trim())))
    .filter((group) => group.some((value) => value !== ''));
  const [names = [], ...values] = groups;
  if (!names.every(isName) || values.length > MAX_VALUES || values.flat().some((value) => /[ \t]/.test(value))) {
    return undefined;
  }
  return values.map((group) => new Map(names.map((name, index) => [name, group[index] ?? ''])));
}

function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}
