/** One thing that is wrong in the file, or (as a warning) only looks wrong. Lines and columns count from 1. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** `groups.isv.priority`; empty when it concerns the file as a whole. */
  readonly path: string;
  /** What is wrong, what is allowed. Never holds a secret. */
  readonly message: string;
}

/** Where something stands in the configuration: keys and list indexes from the top. */
export type Path = readonly (string | number)[];

/** What a check found, before its place in the text is looked up. */
export interface Finding {
  readonly path: Path;
  readonly message: string;
  /** Point at the key's name rather than at its value. */
  readonly atKey?: boolean;
}

/** `file:line:column: key.path: what is wrong, what is allowed`. */
export function formatMistake(mistake: Mistake): string {
  const place = `${mistake.file}:${mistake.line}:${mistake.column}: `;
  return mistake.path === '' ? place + mistake.message : `${place}${mistake.path}: ${mistake.message}`;
}

/** `groups.isv.interfaces.ens5.vips[0]`; keys that would read ambiguously are quoted: `groups["a.b"]`. */
export function formatPath(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[\w-]+$/.test(part)) return `[${quote(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}

/** Text as it is shown in a message: in quotes, control characters escaped, cut where it gets long. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** The known word that was probably meant, or undefined. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const reach = word.length <= 4 ? 1 : Math.min(3, Math.ceil(word.length / 3));
  // Also bounds the work for a key of a megabyte.
  if (word.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Levenshtein's distance with swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      let best = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + cost);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        best = Math.min(best, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? 0;
}
