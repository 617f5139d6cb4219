#!/usr/bin/env node
// Bundles the product into dist/ (ESM) and the executables of the tests into build/.
// `npm run build` builds what ships; `npm run build -- --tests` also what the lab, the simulator and the benches run.
import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const product = {
  failoverd: 'src/failoverd.ts',
  failoverctl: 'src/failoverctl.ts',
  'oci-worker': 'src/oci/worker.ts',
};
const tests = {
  'oci-simulator': 'test/oci-simulator/main.ts',
  lab: 'test/lab/main.ts',
  traffic: 'test/lab/traffic-main.ts',
  bench: 'test/bench/main.ts',
};

/** CommonJS packages inside an ESM bundle still call require() for Node's own modules. */
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

async function bundle(entries, outdir, options) {
  const present = Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(source)));
  if (Object.keys(present).length === 0) return;
  await rm(outdir, { recursive: true, force: true });
  await build({
    entryPoints: present,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // koffi loads its native half by path: it stays a package beside dist/.
    external: ['koffi'],
    banner: { js: `#!/usr/bin/env node\n${banner}` },
    logLevel: 'warning',
    legalComments: 'none',
    ...options,
  });
  for (const name of Object.keys(present)) await chmod(`${outdir}/${name}.js`, 0o755);
}

await bundle(product, 'dist', {
  minify: true,
  sourcemap: 'linked',
  define: { 'process.env.NODE_ENV': '"production"' },
});
if (process.argv.includes('--tests')) await bundle(tests, 'build', { sourcemap: 'inline' });
