import { dirname, isAbsolute, join } from 'node:path/posix';
import { quote } from '../mistake.ts';
import { type Definitions, readDefinition, readRepetition, substitute } from './conf-definitions.ts';
import { expandPattern, type ImportFiles, isPattern } from './conf-glob.ts';
import { type ConfLine, columnOf, lineOf, slice, splitWords, uncomment } from './conf-line.ts';
import type { Position, Remarks } from './remark.ts';
import { readTextFile } from './text-file.ts';

/*
 * keepalived.conf as a sequence of statements and braces: conditions (`@host`), definitions, repetitions and includes are
 * worked out here, in the order in which keepalived does it.
 */

/** A statement without its braces. */
export interface Statement {
  readonly words: readonly string[];
  readonly at: Position;
  /** Its text, for values that are split into words in another way. */
  readonly line: ConfLine;
}

export type Token =
  | { readonly kind: 'statement'; readonly statement: Statement }
  | { readonly kind: 'open' | 'close'; readonly at: Position };

export interface ConfSource {
  readonly path: string;
  /** What `@NAME` is compared with: keepalived's `--config-id`. */
  readonly configId: string;
  readonly files: ImportFiles;
  readonly remarks: Remarks;
}

const MAX_INCLUDES = 16;
/** Of one line into what it stands for. */
const MAX_DEPTH = 64;
/** Statements and braces of all files together. */
const MAX_TOKENS = 100_000;
const MAX_FILES = 256;
/** Characters of one line; keepalived's end at 1024. */
const MAX_LINE = 4096;
/** Characters looked at: definitions and repetitions can make much of little, or nothing of very much. */
const MAX_WORK = 5_000_000;

interface Reading extends ConfSource {
  readonly tokens: Token[];
  readonly definitions: Definitions;
  work: number;
  filesRead: number;
  /** A limit was reached, and said so: nothing is read any more. */
  exhausted: boolean;
}

/** Everything a file and its includes say. Ends for every input; what is wrong is a mistake among the remarks. */
export function readConf(source: ConfSource): readonly Token[] {
  const reading: Reading = { ...source, tokens: [], definitions: new Map(), work: 0, filesRead: 0, exhausted: false };
  const text = readTextFile(source.path, source.files, source.remarks, { file: source.path, line: 1, column: 1 });
  if (text !== undefined) readLines(text, source.path, 0, reading);
  return reading.tokens;
}

function readLines(text: string, file: string, includes: number, reading: Reading): void {
  const lines = text.split('\n');
  for (let index = 0; index < lines.length && !reading.exhausted; index++) {
    if ((lines[index] ?? '').length > MAX_LINE) {
      const at = { file, line: index + 1, column: MAX_LINE + 1 };
      reading.remarks.mistake(at, `this line goes on, allowed: ${MAX_LINE} characters`);
      continue;
    }
    const line = cutComment(lineOf((lines[index] ?? '').replace(/\r+$/, ''), index + 1), file, reading);
    if (line.text === '') continue;
    const conditioned = applyCondition(line, reading.configId);
    const definition = conditioned === undefined ? undefined : readDefinition(conditioned);
    if (definition?.more === true) index = readMore(definition, lines, index, reading);
    // A condition that does not hold takes only its own line with it.
    else if (conditioned !== undefined) readLine(conditioned, file, includes, 0, reading);
  }
}

/** Reads the other lines of a definition that goes on; answers the index of its last one. */
function readMore(
  { name, value }: { readonly name: string; readonly value: string },
  lines: readonly string[],
  start: number,
  { definitions }: Reading,
): number {
  const values = value === '' ? [] : [value];
  let index = start;
  while (index + 1 < lines.length) {
    index += 1;
    const { line } = uncomment(lineOf((lines[index] ?? '').replace(/\r+$/, ''), index + 1));
    if (line.text === '') break;
    const more = line.text.endsWith('\\');
    const text = more ? line.text.slice(0, -1).trimEnd() : line.text;
    if (text !== '') values.push(text);
    if (!more) break;
  }
  definitions.set(name, values.length === 0 ? [''] : values);
  return index;
}

/** The rest of a line whose `@NAME` or `@^NAME` holds; undefined when it does not. */
function applyCondition(line: ConfLine, configId: string): ConfLine | undefined {
  const match = /^@(\^?)([^ \t]*)[ \t]+/.exec(line.text);
  if (match === null) return line.text.startsWith('@') ? undefined : line;
  const [all, not, name] = match;
  return (name === configId) === (not === '') ? slice(line, all.length) : undefined;
}

function cutComment(raw: ConfLine, file: string, { remarks }: Reading): ConfLine {
  const { line, openQuote } = uncomment(raw);
  if (openQuote !== undefined) quoteIsOpen(positionIn(line, openQuote, file), remarks);
  return line;
}

function quoteIsOpen(at: Position, remarks: Remarks): void {
  remarks.mistake(at, 'a quoted string starts here and does not end');
}

function readLine(start: ConfLine, file: string, includes: number, depth: number, reading: Reading): void {
  const { remarks, definitions } = reading;
  const fail = (offset: number, message: string): void => remarks.mistake(positionIn(start, offset, file), message);
  if (reading.exhausted) return;
  if (depth > MAX_DEPTH) {
    reading.exhausted = true;
    return fail(0, 'this line does not end: does a definition lead back to itself?');
  }
  reading.work += start.text.length + 1;
  if (reading.work > MAX_WORK) {
    reading.exhausted = true;
    return fail(0, 'definitions and repetitions make more of the file up to here than can be read');
  }
  const again = (line: ConfLine): void => readLine(line, file, includes, depth + 1, reading);

  // A condition that was read already is not there any more; another one may come out of a definition.
  const line = depth === 0 ? start : applyCondition(start, reading.configId);
  if (line === undefined || line.text === '') return;
  const definition = readDefinition(line);
  if (definition !== undefined) {
    definitions.set(definition.name, [definition.value]);
    return;
  }
  const repetition = readRepetition(line);
  if (repetition?.ok === false) return fail(0, repetition.message);
  if (repetition !== undefined) {
    for (const turn of repetition.turns) {
      for (const [name, value] of turn) definitions.set(name, [value]);
      again(repetition.rest);
    }
    return;
  }
  const result = substitute(line, definitions, { file, configId: reading.configId });
  if (!result.ok) {
    reading.exhausted = true;
    return fail(result.offset, result.message);
  }
  reading.work += result.work;
  // What a definition puts in can be a comment as well.
  if (result.changed) for (const part of result.lines) again(cutComment(part, file, reading));
  else if (/^include[abmrtw]?[ \t]/.test(line.text)) include(line, file, includes, reading);
  else {
    const rest = pushUpToBrace(line, file, reading);
    if (rest.text !== '') readLine(rest, file, includes, Math.max(1, depth), reading);
  }
}

function include(line: ConfLine, file: string, includes: number, reading: Reading): void {
  const at = positionIn(line, 0, file);
  const [keyword = ''] = line.text.split(/[ \t]/, 1);
  // The rest of the line is the name, blanks and quotes and all.
  const name = line.text.slice(keyword.length).trim();
  if (includes >= MAX_INCLUDES) {
    return reading.remarks.mistake(
      at,
      `${quote(name)} is included ${MAX_INCLUDES} files deep: does it include itself?`,
    );
  }
  const path = isAbsolute(name) ? name : join(dirname(file), name);
  const paths = isPattern(name) ? expandPattern(path, reading.files) : [path];
  reading.filesRead += paths.length;
  if (reading.filesRead > MAX_FILES) {
    reading.exhausted = true;
    return reading.remarks.mistake(at, `more than ${MAX_FILES} files are included: that is too much`);
  }
  if (paths.length === 0) reading.remarks.note(at, `nothing matches ${quote(path)}`);
  for (const found of paths) {
    const text = readTextFile(found, reading.files, reading.remarks, at);
    if (text !== undefined) readLines(text, found, includes + 1, reading);
  }
}

/**
 * A brace stands for itself wherever it is outside of double quotes, with or without blanks around it. What follows it is
 * read as a line of its own.
 */
function pushUpToBrace(line: ConfLine, file: string, reading: Reading): ConfLine {
  const index = /^(?:[^"{}]|"[^"]*(?:"|$))*/.exec(line.text)?.[0].length ?? 0;
  pushStatement(slice(line, 0, index), file, reading);
  const brace = line.text[index];
  if (brace === undefined) return slice(line, index);
  push({ kind: brace === '{' ? 'open' : 'close', at: positionIn(line, index, file) }, reading);
  const blanks = /^[ \t]*/.exec(line.text.slice(index + 1))?.[0].length ?? 0;
  return slice(line, index + 1 + blanks);
}

function pushStatement(part: ConfLine, file: string, reading: Reading): void {
  const { words, openQuote } = splitWords(part.text);
  if (openQuote !== undefined) quoteIsOpen(positionIn(part, openQuote, file), reading.remarks);
  const [first] = words;
  if (first === undefined) return;
  const statement = { words: words.map(({ text }) => text), at: positionIn(part, first.offset, file), line: part };
  push({ kind: 'statement', statement }, reading);
}

function push(token: Token, reading: Reading): void {
  if (reading.exhausted) return;
  if (reading.tokens.length < MAX_TOKENS) reading.tokens.push(token);
  else {
    reading.exhausted = true;
    const at = token.kind === 'statement' ? token.statement.at : token.at;
    reading.remarks.mistake(at, `there are more than ${MAX_TOKENS} statements up to here: that is too much`);
  }
}

function positionIn(line: ConfLine, offset: number, file: string): Position {
  return { file, line: line.line, column: columnOf(line, offset) };
}
