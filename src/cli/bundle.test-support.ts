import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/** failoverctl as it ships, in one file; koffi, which a package has beside it, is not there. */
export async function bundleFailoverctl(): Promise<{ readonly program: string; readonly remove: () => Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'failoverctl-'));
  await chmod(directory, 0o755);
  const program = join(directory, 'failoverctl.mjs');
  await build({
    entryPoints: [new URL('../failoverctl.ts', import.meta.url).pathname],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    external: ['koffi'],
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return { program, remove: () => rm(directory, { recursive: true, force: true }) };
}
