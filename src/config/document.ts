import { LineCounter, parseDocument } from 'yaml';
import type { Finding, Path } from './mistake.ts';
import { readNodes } from './nodes.ts';

/** A line and a column, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** The file as plain data that still knows where each key and value stood. */
export interface YamlDocument {
  /** Mappings have no prototype; `__proto__` is never a key. */
  readonly value: unknown;
  readonly findings: readonly (Finding & { readonly position?: Position })[];
  /** False when the text is not YAML: `value` means nothing then. */
  readonly readable: boolean;
  /** Of a key's name or of its value; of the nearest key above when there is none. */
  positionOf(path: Path, part: 'key' | 'value'): Position;
}

/** Reads YAML 1.2 text; anchors, aliases and merge keys (`<<`) are resolved. */
export function readYaml(text: string): YamlDocument {
  const lines = new LineCounter();
  const document = parse(text, lines);
  if ('failure' in document) return unreadable([{ path: [], message: document.failure }]);

  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return unreadable(
      problems.map(({ code, message, pos }) => ({
        path: [],
        message: describe(code, message),
        position: at(pos[0]),
      })),
    );
  }

  if (document.contents === null) return unreadable([{ path: [], message: 'is empty, allowed: a mapping' }]);
  const nodes = readNodes(document.contents);
  const positionOf = (path: Path, part: 'key' | 'value'): Position => {
    const own = nodes.offsetsOf(path);
    if (own !== undefined) return at(own[part]);
    for (let length = path.length - 1; length > 0; length--) {
      const offsets = nodes.offsetsOf(path.slice(0, length));
      if (offsets !== undefined) return at(offsets.key);
    }
    return { line: 1, column: 1 };
  };
  return {
    value: nodes.value,
    findings: nodes.findings.map(({ offset, ...finding }) => ({ ...finding, position: at(offset) })),
    readable: !nodes.exhausted,
    positionOf,
  };
}

function parse(text: string, lineCounter: LineCounter) {
  try {
    // Duplicate keys are found while reading, where their path is known.
    return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, strict: true });
  } catch (cause) {
    // The composer recurses: text nested thousands of levels deep overflows the stack.
    return { failure: `is not YAML that can be read: ${cause instanceof Error ? cause.message : 'unknown reason'}` };
  }
}

function unreadable(findings: YamlDocument['findings']): YamlDocument {
  return { value: undefined, findings, readable: false, positionOf: () => ({ line: 1, column: 1 }) };
}

function describe(code: string, message: string): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document starts here, allowed: one YAML document';
  const firstLine = message.split('\n', 1)[0] ?? '';
  return `is not valid YAML: ${firstLine}`;
}
