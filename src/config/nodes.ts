import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Finding, Path } from './mistake.ts';

/** Where a key's name and its value start, in characters from the start of the text. */
export interface Offsets {
  readonly key: number;
  readonly value: number;
}

/** Plain data out of YAML nodes. */
export interface NodesRead {
  /** Mappings have no prototype; `__proto__` is never a key. */
  readonly value: unknown;
  readonly findings: readonly (Finding & { readonly offset: number })[];
  /** True when there was too much of it: `value` is not complete. */
  readonly exhausted: boolean;
  offsetsOf(path: Path): Offsets | undefined;
}

/** Far more than a configuration needs, few enough to stop aliases that double at each level. */
const MAX_NODES = 50_000;
const MAX_DEPTH = 60;

/** Turns nodes into plain data and remembers where each stood; aliases and merge keys (`<<`) are resolved. */
export function readNodes(root: Node): NodesRead {
  const offsets = new Map<string, Offsets>();
  const findings: (Finding & { readonly offset: number })[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node | undefined>();
  const open = new Set<Node>();
  let nodes = 0;
  let exhausted = false;

  function read(node: Node, path: Path): unknown {
    nodes += 1;
    if (exhausted) return undefined;
    if (nodes > MAX_NODES || path.length > MAX_DEPTH) {
      exhausted = true;
      const offset = startOf(node);
      findings.push({ path: [], offset, message: `is too large or nested too deeply, allowed: ${MAX_NODES} values` });
      return undefined;
    }
    if (isAlias(node)) return readAlias(node, path);
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isScalar(node)) return node.value;
    open.add(node);
    const value = isSeq(node) ? readSequence(node, path) : readMapping(node, path);
    open.delete(node);
    return value;
  }

  /** What an alias stands for, decided on first sight: an anchor may be set again further down. */
  function targetOf(alias: Node & { readonly source: string }): Node | undefined {
    if (!targets.has(alias)) targets.set(alias, anchors.get(alias.source));
    return targets.get(alias);
  }

  function readAlias(alias: Node & { readonly source: string }, path: Path): unknown {
    const target = targetOf(alias);
    if (target !== undefined && !open.has(target)) return read(target, path);
    const message = target === undefined ? 'names an anchor that was not set above' : 'contains itself';
    findings.push({ path, offset: startOf(alias), message: `*${alias.source} ${message}` });
    return undefined;
  }

  function readSequence(sequence: YAMLSeq, path: Path): unknown[] {
    return sequence.items.map((item, index) => {
      const node = asNode(item);
      if (node === undefined) return null;
      const own = [...path, index];
      offsets.set(JSON.stringify(own), { key: startOf(node), value: startOf(node) });
      return read(node, own);
    });
  }

  function readMapping(mapping: YAMLMap, path: Path): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null);
    const merged: Node[] = [];
    for (const pair of mapping.items) {
      const key = asNode(pair.key);
      const value = asNode(pair.value);
      const name = nameOf(key);
      if (name === '<<' && value !== undefined) {
        merged.push(value);
        continue;
      }
      const offset = key === undefined ? startOf(mapping) : startOf(key);
      if (name === undefined || name === '__proto__') {
        findings.push({ path, offset, message: 'a key here is not a name, allowed: text before the colon' });
      } else if (name in result) {
        findings.push({ path: [...path, name], offset, message: 'is given twice, allowed: once' });
      } else {
        const own = [...path, name];
        offsets.set(JSON.stringify(own), { key: offset, value: value === undefined ? offset : startOf(value) });
        result[name] = value === undefined ? null : read(value, own);
      }
    }
    // What the mapping says itself wins over what is merged into it; of two merges the first wins.
    for (const source of merged) mergeInto(result, source, path);
    return result;
  }

  function mergeInto(result: Record<string, unknown>, source: Node, path: Path): void {
    const target = isAlias(source) ? targetOf(source) : source;
    if (isSeq(target)) {
      for (const item of target.items) {
        const node = asNode(item);
        if (node !== undefined) mergeInto(result, node, path);
      }
      return;
    }
    if (!isMap(target) || open.has(target)) {
      findings.push({ path, offset: startOf(source), message: '<< merges something that is not a mapping' });
      return;
    }
    const missing = target.items.filter((pair) => {
      const name = nameOf(asNode(pair.key));
      return name !== undefined && !(name in result);
    });
    open.add(target);
    for (const pair of missing) {
      const key = asNode(pair.key);
      const name = nameOf(key);
      const value = asNode(pair.value);
      if (key === undefined || name === undefined || name === '__proto__' || name === '<<') continue;
      const own = [...path, name];
      offsets.set(JSON.stringify(own), { key: startOf(key), value: startOf(value ?? key) });
      result[name] = value === undefined ? null : read(value, own);
    }
    open.delete(target);
  }

  const value = read(root, []);
  return { value, findings, exhausted, offsetsOf: (path) => offsets.get(JSON.stringify(path)) };
}

/** A key as it was written: `1` and `"1"` are the same key, `0x1` stays what it is. */
function nameOf(key: Node | undefined): string | undefined {
  if (!isScalar(key)) return undefined;
  const { value, source } = key as Scalar;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? (source ?? String(value)) : undefined;
}

function asNode(value: unknown): Node | undefined {
  return isAlias(value) || isScalar(value) || isMap(value) || isSeq(value) ? value : undefined;
}

function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}
