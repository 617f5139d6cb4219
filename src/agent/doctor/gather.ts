/** What the doctor needs of the machine, gathered without holding up the heartbeat: files and a process, never a wait. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, readFile } from 'node:fs/promises';
import type { ConfigOnDisk } from './config.ts';
import type { SystemFindings } from './system.ts';

const CHECK_TIMEOUT = 15_000;

/** `program`: the daemon's own command line, so that it is asked what a restart would ask. */
export async function readConfigOnDisk(program: readonly string[], file: string): Promise<ConfigOnDisk> {
  // Parsing takes longer than a heartbeat may wait.
  const [command = '', ...args] = [...program, '--check', '--config', file];
  const checked = new Promise<Pick<ConfigOnDisk, 'code' | 'complaints'>>((resolve) => {
    execFile(command, args, { timeout: CHECK_TIMEOUT, killSignal: 'SIGKILL' }, (error, _stdout, stderr) => {
      const complaints = stderr.split('\n').filter((line) => line !== '');
      if (error === null) return resolve({ code: 0, complaints });
      resolve({ code: typeof error.code === 'number' ? error.code : null, complaints });
    });
  });
  const digest = readFile(file).then(
    (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 16),
    () => undefined,
  );
  return { ...(await checked), digest: await digest };
}

export async function lookAtSocket(path: string): Promise<SystemFindings['socket']> {
  try {
    const { mode, gid } = await lstat(path);
    return { mode: mode & 0o777, forGroup: gid !== 0 };
  } catch {
    return undefined;
  }
}

export async function isWritable(directory: string): Promise<boolean> {
  try {
    // As the state store does when it saves for the first time.
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
