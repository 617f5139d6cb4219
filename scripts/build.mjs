#!/usr/bin/env node
// Bundles the product into dist/ (ESM) and the executables of the tests into build/.
// `npm run build` builds what ships; `npm run build -- --tests` also what the lab, the simulator and the benches run.
import { existsSync } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const product = {
  failoverd: 'src/failoverd.ts',
  failoverctl: 'src/failoverctl.ts',
  'oci-worker': 'src/oci/worker.ts',
  'config-worker': 'src/agent/config-worker.ts',
};
const tests = {
  'oci-simulator': 'test/oci-simulator/main.ts',
  lab: 'test/lab/main.ts',
  traffic: 'test/lab/traffic-main.ts',
  bench: 'test/bench/main.ts',
  simulate: 'test/simulation/main.ts',
  speak: 'test/e2e/heartbeat/speak-main.ts',
  'watch-links': 'test/e2e/linux/watch-main.ts',
  fuzz: 'test/fuzz/main.ts',
};

/** CommonJS packages inside an ESM bundle still call require() for Node's own modules. */
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);`;

async function bundle(entries, outdir, options) {
  const present = Object.fromEntries(Object.entries(entries).filter(([, source]) => existsSync(source)));
  if (Object.keys(present).length === 0) return;
  // Beside the old one and then in its place: what runs from it finds it whole.
  const fresh = `${outdir}.new`;
  await rm(fresh, { recursive: true, force: true });
  await build({
    entryPoints: present,
    outdir: fresh,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // koffi loads its native half by path: it stays a package beside dist/.
    external: ['koffi'],
    // A package of the OCI SDK asks for Node's own, which prints a deprecation warning into the log.
    alias: { punycode: 'punycode/punycode.js' },
    banner: { js: `#!/usr/bin/env node\n${banner}` },
    logLevel: 'warning',
    legalComments: 'none',
    ...options,
  });
  for (const name of Object.keys(present)) await chmod(`${fresh}/${name}.js`, 0o755);
  await rm(outdir, { recursive: true, force: true });
  await rename(fresh, outdir);
}

await bundle(product, 'dist', {
  minify: true,
  sourcemap: 'linked',
  define: { 'process.env.NODE_ENV': '"production"' },
});
if (process.argv.includes('--tests')) await bundle(tests, 'build', { sourcemap: 'inline' });
