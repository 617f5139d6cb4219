/**
 * A wall clock for each daemon that can be set while it runs: libfaketime in front of libc's CLOCK_REALTIME, told by a
 * file. CLOCK_MONOTONIC, on which every timer runs, stays the machine's, as when somebody sets a clock for real.
 */
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { WORK } from './paths.ts';
import { run } from './run.ts';

export interface WallClocks {
  /** Sets a router's clock so many seconds ahead of the machine's, at once. */
  set(router: string, ahead: number): Promise<void>;
  /** What its daemon has to be started with. */
  environment(router: string): NodeJS.ProcessEnv;
}

const DIRECTORY = `${WORK}/clocks`;
const PLACES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'];

const fileOf = (router: string): string => `${DIRECTORY}/${router}`;

/** The variant for programs with threads. */
async function findLibrary(): Promise<string> {
  for (const place of PLACES) {
    const file = `${place}/faketime/libfaketimeMT.so.1`;
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  throw new Error('libfaketime is missing: scripts/setup installs it');
}

export async function startWallClocks(): Promise<WallClocks> {
  const library = await findLibrary();
  await mkdir(DIRECTORY, { recursive: true });
  return {
    async set(router, ahead) {
      const file = fileOf(router);
      await writeFile(`${file}.new`, `${ahead < 0 ? '' : '+'}${ahead}\n`);
      // The library reads it at every look at the clock: never half of it.
      await rename(`${file}.new`, file);
    },
    environment: (router) => ({
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: fileOf(router),
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }),
  };
}

/** Seconds by which a program's clock is ahead with this environment; for a test of the above. */
export async function aheadWith(environment: NodeJS.ProcessEnv): Promise<number> {
  const script = 'process.stdout.write(String(Date.now()))';
  const told = await run([process.execPath, '--eval', script], { env: { ...process.env, ...environment } });
  return (Number(told) - Date.now()) / 1000;
}
