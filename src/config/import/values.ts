import { parseHostAddress } from '../address.ts';
import { quote } from '../mistake.ts';
import { splitCommand } from './conf-line.ts';
import type { Block } from './conf-tree.ts';
import type { Placed, Position, Remarks } from './remark.ts';

/* What the value of a statement can be. Every reader answers undefined after it has said what is wrong. */

export function wholeNumber(block: Block, least: number, most: number, remarks: Remarks): Placed<number> | undefined {
  return numberAt(block, 1, least, most, remarks, /^[ \t]*\+?\d{1,10}$/, 'a whole number');
}

/** Seconds with a fraction, as milliseconds: `0.92` → 920. */
export function seconds(block: Block, least: number, most: number, remarks: Remarks): Placed<number> | undefined {
  const value = numberAt(block, 1, least, most, remarks, /^\+?(\d{1,10}(\.\d*)?|\.\d+)$/, 'seconds');
  return value === undefined ? undefined : { ...value, value: Math.round(value.value * 1000) };
}

function numberAt(
  { keyword, words, at }: Block,
  index: number,
  least: number,
  most: number,
  remarks: Remarks,
  form: RegExp,
  what: string,
): Placed<number> | undefined {
  const text = words[index];
  const value = text !== undefined && form.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return { value, at };
  const found = text === undefined ? 'has no value' : `is ${quote(text)}`;
  remarks.mistake(at, `${keyword} ${found}, allowed: ${what} from ${least} to ${most}`);
  return undefined;
}

export function word({ keyword, words, at }: Block, remarks: Remarks): Placed<string> | undefined {
  const value = words[1];
  if (value !== undefined && value !== '') return { value, at };
  remarks.mistake(at, `${keyword} has no value`);
  return undefined;
}

export function address(text: string | undefined, what: string, at: Position, remarks: Remarks): string | undefined {
  const parsed = parseHostAddress(text ?? '');
  if (parsed !== undefined) return parsed.text;
  remarks.mistake(at, `${what} ${text === undefined ? 'has no value' : `is ${quote(text)}`}, allowed: an IP address`);
  return undefined;
}

/** A script and its arguments; what follows (user and group) is answered apart. */
export function command({ keyword, at, line }: Block, remarks: Remarks) {
  const [, whole, ...others] = splitCommand(line.text).map(({ text }) => text);
  const argv = splitCommand(whole ?? '').map(({ text }) => text);
  if (argv.length > 0) return { argv, others };
  remarks.mistake(at, `${keyword} names no command`);
  return undefined;
}
