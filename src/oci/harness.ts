/** For specs: bundles the OCI side, runs it in a process that trusts the simulator, and forwards its calls. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { OciInspector } from './inspection.ts';
import type { Oci, OciExchange, OciOptions, OciStatus, OciVnics } from './types.ts';

export interface Harness extends Oci, OciVnics, OciInspector {
  readonly child: ChildProcess;
  readonly statuses: readonly OciStatus[];
  readonly exchanges: OciExchange[];
  /** Resolves with the first status, past or to come, that fits. */
  until(fits: (status: OciStatus) => boolean): Promise<OciStatus>;
}

export interface Bundles {
  readonly directory: string;
  /** Starts the OCI side in a process of its own. */
  start(options: OciOptions, caFile: string): Harness;
  remove(): Promise<void>;
}

type Message =
  | { readonly kind: 'status'; readonly status: OciStatus }
  | { readonly kind: 'exchange'; readonly exchange: OciExchange }
  | { readonly kind: 'answer'; readonly number: number; readonly answer: unknown };

/** Bundles both threads as the product's build does. */
export async function bundle(): Promise<Bundles> {
  // Inside the checkout's node_modules, which version control ignores and every tool leaves alone.
  const directory = await mkdtemp(fileURLToPath(new URL('../../node_modules/.oci-spec-', import.meta.url)));
  const source = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  await build({
    entryPoints: { 'oci-worker': source('./worker.ts'), child: source('./harness-child.ts') },
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
    banner: {
      js: `import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);`,
    },
  });
  const worker = pathToFileURL(join(directory, 'oci-worker.mjs')).href;
  return {
    directory,
    start(options, caFile) {
      const child = fork(join(directory, 'child.mjs'), [JSON.stringify(options), worker], {
        serialization: 'advanced',
        execArgv: [],
        env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile },
      });
      return connect(child);
    },
    remove: () => rm(directory, { recursive: true, force: true }),
  };
}

function connect(child: ChildProcess): Harness {
  const statuses: OciStatus[] = [];
  const exchanges: OciExchange[] = [];
  const answers = new Map<number, (answer: unknown) => void>();
  const watchers = new Set<() => void>();
  let last = 0;

  child.on('message', (message: Message) => {
    switch (message.kind) {
      case 'status':
        statuses.push(message.status);
        for (const watcher of watchers) watcher();
        break;
      case 'exchange':
        exchanges.push(message.exchange);
        break;
      case 'answer':
        answers.get(message.number)?.(message.answer);
    }
  });

  function ask<T>(name: keyof (Oci & OciVnics & OciInspector), ...args: readonly unknown[]): Promise<T> {
    const number = ++last;
    return new Promise((resolve) => {
      answers.set(number, (answer) => resolve(answer as T));
      child.send({ number, name, args });
    });
  }

  return {
    child,
    statuses,
    exchanges,
    until(fits) {
      return new Promise((resolve) => {
        const look = () => {
          const found = statuses.find(fits);
          if (!found) return;
          watchers.delete(look);
          resolve(found);
        };
        watchers.add(look);
        look();
      });
    },
    discover: (query) => ask('discover', query),
    updatePrivateIp: (request) => ask('updatePrivateIp', request),
    getPrivateIp: (id) => ask('getPrivateIp', id),
    readSubnet: (subnetId, ids) => ask('readSubnet', subnetId, ids),
    getVnic: (id) => ask('getVnic', id),
    tagVnic: (request) => ask('tagVnic', request),
    inspect: (vips) => ask('inspect', vips),
    refreshToken: () => ask('refreshToken'),
    async close() {
      if (child.exitCode !== null) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await ask('close');
      await exited;
    },
  };
}
