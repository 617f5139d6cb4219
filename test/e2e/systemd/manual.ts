/** The commands that the pages of docs/ tell an admin to type: the tests type the same. */
import { readFileSync } from 'node:fs';

/** The code block of a page that follows the comment `<!-- tested: NAME -->`, or the mark given instead of `tested`. */
export function manual(name: string, page = 'operation.md', mark = 'tested'): string {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  const block = text.split(`<!-- ${mark}: ${name} -->`)[1];
  const code = block === undefined ? undefined : /^\s*```\w*\n([\s\S]*?)^```$/m.exec(block)?.[1];
  if (code === undefined) throw new Error(`docs/${page} has no code block "${mark}: ${name}"`);
  return code;
}
