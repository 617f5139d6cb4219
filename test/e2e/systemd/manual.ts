/** The commands that docs/operation.md tells an admin to type: the tests type the same. */
import { readFileSync } from 'node:fs';

const PAGE = new URL('../../../docs/operation.md', import.meta.url);

/** The code block that follows the comment `<!-- tested: NAME -->`. */
export function manual(name: string): string {
  const page = readFileSync(PAGE, 'utf8');
  const block = page.split(`<!-- tested: ${name} -->`)[1];
  const code = block === undefined ? undefined : /^\s*```\w*\n([\s\S]*?)^```$/m.exec(block)?.[1];
  if (code === undefined) throw new Error(`docs/operation.md has no code block "tested: ${name}"`);
  return code;
}
