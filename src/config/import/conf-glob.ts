import { join } from 'node:path/posix';

/** What the import touches of the disk. Both throw what node:fs throws. */
export interface ImportFiles {
  readonly read: (path: string) => Uint8Array;
  /** Names of a directory's entries. */
  readonly list: (directory: string) => readonly string[];
}

/** A pattern that expands to more than this is a mistake of somebody's. */
const MAX_PATTERNS = 256;

/** Are there characters in it that glob(7) or csh's braces give a meaning? */
export function isPattern(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** Existing paths that a pattern stands for, in glob's order: by brace, then by name. */
export function expandPattern(pattern: string, files: ImportFiles): string[] {
  return [...new Set(expandBraces(pattern).flatMap((path) => matchPath(path, files)))];
}

/** `a{b,c{d,e}}` → `ab`, `acd`, `ace`. */
function expandBraces(pattern: string): string[] {
  let patterns = [pattern];
  for (;;) {
    const next = patterns.flatMap((text) => {
      // The innermost pair first.
      const match = /\{([^{}]*)\}/.exec(text);
      if (match === null) return [text];
      const [all, inside = ''] = match;
      const before = text.slice(0, match.index);
      const after = text.slice(match.index + all.length);
      return inside.split(',').map((choice) => before + choice + after);
    });
    if (next.length > MAX_PATTERNS || next.every((text, index) => text === patterns[index])) return patterns;
    patterns = next;
  }
}

function matchPath(path: string, files: ImportFiles): string[] {
  const absolute = path.startsWith('/');
  let found = [absolute ? '/' : ''];
  const parts = path.split('/').filter((part) => part !== '');
  for (const part of parts) {
    if (!isPattern(part)) found = found.map((base) => join(base, part));
    else {
      const fits = matcherOf(part);
      found = found.flatMap((base) =>
        entriesOf(base === '' ? '.' : base, files)
          .filter(fits)
          .sort()
          .map((name) => join(base, name)),
      );
    }
  }
  return found.filter((candidate) => canRead(candidate, files));
}

function entriesOf(directory: string, files: ImportFiles): readonly string[] {
  try {
    return files.list(directory);
  } catch {
    return [];
  }
}

/** A directory that a pattern finds is passed over, as keepalived does. */
function canRead(path: string, files: ImportFiles): boolean {
  try {
    files.read(path);
    return true;
  } catch {
    return false;
  }
}

/** One part of a path, as glob(7) has it. */
function matcherOf(part: string): (name: string) => boolean {
  const source = part.replace(/\[(!?)([^\]]+)\]|[*?]|[^*?[]+|\[/g, (piece, not: string | undefined, set: string) => {
    if (piece === '*') return '.*';
    if (piece === '?') return '.';
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\\]^]/g, '\\$&')}]`;
    return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  let expression: RegExp;
  try {
    expression = new RegExp(`^${source}$`, 's');
  } catch {
    // `[z-a]`: nothing has such a name.
    return () => false;
  }
  return (name) => (part.startsWith('.') || !name.startsWith('.')) && expression.test(name);
}
