import type { ConfSource } from './conf-reader.ts';
import { readConf, type Statement } from './conf-reader.ts';
import type { Position } from './remark.ts';

/** A statement with what stands in its braces; undefined when it has none. */
export interface Block extends Statement {
  /** The first word. */
  readonly keyword: string;
  readonly block: readonly Block[] | undefined;
}

interface Open {
  readonly at: Position;
  readonly blocks: MutableBlock[];
}

interface MutableBlock extends Statement {
  readonly keyword: string;
  block: MutableBlock[] | undefined;
}

/** keepalived has no more than five; a file of nothing but braces must not build a tree that nobody can walk. */
const MAX_DEPTH = 32;

/** The whole configuration as a tree: a `{` belongs to the statement before it, on the same line or an earlier one. */
export function readTree(source: ConfSource): readonly Block[] {
  const top: MutableBlock[] = [];
  const open: Open[] = [];
  for (const token of readConf(source)) {
    const blocks = open.at(-1)?.blocks ?? top;
    if (token.kind === 'statement') {
      blocks.push({ ...token.statement, keyword: token.statement.words[0] ?? '', block: undefined });
    } else if (token.kind === 'close') {
      if (open.pop() === undefined) source.remarks.mistake(token.at, "this '}' closes nothing");
    } else {
      const owner = blocks.at(-1);
      if (open.length >= MAX_DEPTH) {
        source.remarks.mistake(token.at, `blocks are nested ${MAX_DEPTH} deep: that is too much`);
        return top;
      }
      if (owner === undefined || owner.block !== undefined) {
        source.remarks.mistake(token.at, "this '{' belongs to no keyword");
      }
      const inside: MutableBlock[] = [];
      if (owner !== undefined) owner.block ??= inside;
      open.push({ at: token.at, blocks: inside });
    }
  }
  for (const { at } of open) source.remarks.mistake(at, "this '{' is not closed");
  return top;
}
