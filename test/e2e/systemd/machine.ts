/** A Debian machine with its own systemd in namespaces of this one, for the tests of the unit. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** Debian roots are kept here from one test run to the next. */
export const CACHE = '/var/cache/failoverd-test';

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url));
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const BOOT_TIMEOUT = 120_000;
const STOP_TIMEOUT = 30_000;
/** Of the console, where a boot that failed says why. */
const CONSOLE_KEPT = 8000;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** Runs a command as root inside. Never throws for an exit code. */
  attempt(command: readonly string[], input?: string): Promise<Outcome>;
  /** As `attempt`, and throws when it fails. Answers what it wrote. */
  run(command: readonly string[], input?: string): Promise<string>;
  /** Runs this machine's iproute2 on the other one's network. */
  ip(command: string): Promise<string>;
  /** Ends every process inside and waits until nothing is left. */
  stop(): Promise<void>;
}

/** Runs a program of this machine. */
export function execute(
  file: string,
  args: readonly string[],
  { input = '', env = process.env }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, [...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What a script of the tests prints: the path of something it made or found. */
export async function prepare(script: string): Promise<string> {
  const { code, stdout, stderr } = await execute('sh', [script, CACHE]);
  if (code !== 0) throw new Error(`${script} failed:\n${stderr}`);
  return stdout.trim();
}

/**
 * Boots a machine of that name; the checkout is at /mnt there, read only. Where this machine does not allow it, it
 * throws an error that says what the console said.
 *
 * @param maker script beside this file that makes the machine's root directory
 */
export async function bootMachine(hostname: string, maker = 'debian.sh'): Promise<Machine> {
  if (process.getuid?.() !== 0) throw new Error('booting systemd needs root: sudo scripts/test');
  const root = await prepare(here(maker));
  const scratch = await mkdtemp(join(tmpdir(), 'fot-sysd-'));
  const name = scratch.slice(scratch.lastIndexOf('/') + 1);
  const boot = [
    ...['sh', here('boot.sh'), 'outside', name, root, scratch],
    ...[CHECKOUT, realpathSync(process.execPath), hostname],
  ];
  // script makes the pseudo-terminal of the console; with this process everything else ends, too.
  const script = ['script', '-qefc', boot.map(quote).join(' '), '/dev/null'];
  const outer = spawn('setpriv', ['--pdeathsig', 'TERM', 'unshare', '--mount', ...script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [outer.stdout, outer.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-CONSOLE_KEPT);
    });
  }
  outer.once('error', (error) => {
    text += error.message;
  });
  const ended = new Promise<void>((resolve) => outer.once('close', () => resolve()).once('error', () => resolve()));

  const stop = async (): Promise<void> => {
    await end(outer, ended, readPid(scratch));
    // Gone when the script came that far. Not recursive: were anything still mounted there, it must not be emptied.
    await rmdir(scratch).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw new Error(`${scratch} was left behind:\n${text}`, { cause: error });
    });
  };
  try {
    const pid = await untilBooted(outer, scratch);
    return { ...commands(pid), stop };
  } catch (cause) {
    await stop();
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`systemd could not be booted in namespaces of this machine: ${why}. Its console said:\n${text}`, {
      cause,
    });
  }
}

async function untilBooted(outer: ChildProcess, scratch: string): Promise<number> {
  const deadline = Date.now() + BOOT_TIMEOUT;
  let state = 'nothing yet';
  while (Date.now() < deadline) {
    if (outer.exitCode !== null || outer.signalCode !== null) throw new Error(`it ended (${outer.exitCode})`);
    const pid = readPid(scratch);
    // Before that, PID 1 is a script that still prepares the mounts.
    if (pid !== undefined && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'systemd') {
      const answer = await commands(pid).attempt(['systemctl', 'is-system-running']);
      state = answer.stdout.trim() || answer.stderr.trim();
      if (state === 'running') return pid;
      if (state === 'degraded') {
        throw new Error(`units failed:\n${(await commands(pid).attempt(['systemctl', '--failed', '--plain'])).stdout}`);
      }
    }
    await sleep(100);
  }
  throw new Error(`after ${BOOT_TIMEOUT / 1000} s it is still not running (${state})`);
}

function commands(pid: number): Omit<Machine, 'stop'> {
  const target = ['--target', String(pid)];
  const attempt = (command: readonly string[], input?: string): Promise<Outcome> =>
    execute('nsenter', [...target, '--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--', ...command], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', SYSTEMD_PAGER: '' },
      ...(input !== undefined && { input }),
    });
  return {
    attempt,
    run: async (command, input) => succeeded(command, await attempt(command, input)),
    ip: async (command) => {
      const words = ['ip', ...command.split(' ')];
      return succeeded(words, await execute('nsenter', [...target, '--net', '--', ...words]));
    },
  };
}

function succeeded(command: readonly string[], { code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
}

/** PID 1 of the other machine, as this one counts; undefined when it is not there yet, or not any more. */
function readPid(scratch: string): number | undefined {
  const file = join(scratch, 'pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
  return Number.isInteger(pid) && pid > 1 && existsSync(`/proc/${pid}`) ? pid : undefined;
}

/** Without its PID 1 a process namespace is empty, without processes the others are gone. */
async function end(outer: ChildProcess, ended: Promise<void>, pid: number | undefined): Promise<void> {
  if (outer.exitCode === null && outer.signalCode === null) {
    if (pid === undefined) outer.kill('SIGTERM');
    else process.kill(pid, 'SIGKILL');
  }
  const late = await Promise.race([ended, sleep(STOP_TIMEOUT, 'late' as const, { ref: false })]);
  if (late === undefined) return;
  outer.kill('SIGKILL');
  throw new Error(`the machine with process ${pid} did not end within ${STOP_TIMEOUT / 1000} s`);
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
