/**
 * Starts commands. Node's child_process forks: with 100 MB resident its spawn holds the calling thread for 10 ms and more
 * (median of 200 on two busy CPUs; from a worker thread or a helper process the main thread is still late by 5 ms as often
 * as once per spawn, because a fork copies the page tables that all threads share, and a second Node competes for the CPU).
 * posix_spawn(3) copies nothing: 0.8 ms, and here on a thread of libuv's pool, which alone waits for the exec.
 */
import { constants, devNull } from 'node:os';
import { errno, load } from 'koffi';
import { closeDescriptor } from './libc.ts';
import { errorFromErrno, LinuxError } from './linux-error.ts';

export interface ProcessOptions {
  /** An absolute path and its arguments. No shell is involved. */
  readonly argv: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** How a process ended. */
export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string };

/** A process that leads a process group of its own. */
export interface StartedProcess {
  readonly pid: number;
  /** Read end of a pipe that is its standard output and standard error; the caller closes it. */
  readonly output: number;
  readonly end: Promise<ProcessEnd>;
  /** To the whole group, while its leader is there. What is left of a group that was signalled is killed with its leader. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** spawn.h and fcntl.h, the same in glibc and musl, on x86-64 and arm64. */
const SPAWN_SETPGROUP = 0x02;
const SPAWN_SETSIGDEF = 0x04;
const SPAWN_SETSIGMASK = 0x08;
const O_CLOEXEC = 0o2000000;
const O_RDONLY = 0;
/** waitid(2): P_PID, and what to wait for. */
const P_PID = 1;
const WNOHANG = 1;
const WEXITED = 4;
/** Look, and leave it to be waited for. */
const WNOWAIT = 0x0100_0000;
const CLD_EXITED = 1;
/** Offsets in siginfo_t on 64-bit machines. */
const SIGINFO = { size: 128, code: 8, pid: 16, status: 24 } as const;
/** glibc: posix_spawnattr_t has 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128. musl's are no larger. */
const OPAQUE_SIZE = 512;

type Opaque = Uint8Array;
type SpawnArguments = [
  pid: number[],
  path: string,
  actions: Opaque,
  attributes: Opaque,
  argv: (string | null)[],
  env: (string | null)[],
];

const libc = load(null);
const native: {
  readonly pipe2: (fds: Uint8Array, flags: number) => number;
  readonly waitid: (type: number, id: number, info: Uint8Array, options: number) => number;
  readonly spawn: {
    readonly async: (...args: [...SpawnArguments, (error: Error | null, result: number) => void]) => void;
  };
  readonly actionsInit: (actions: Opaque) => number;
  readonly actionsDestroy: (actions: Opaque) => number;
  readonly actionsDup: (actions: Opaque, from: number, to: number) => number;
  readonly actionsOpen: (actions: Opaque, fd: number, path: string, flags: number, mode: number) => number;
  readonly attributesInit: (attributes: Opaque) => number;
  readonly attributesDestroy: (attributes: Opaque) => number;
  readonly setFlags: (attributes: Opaque, flags: number) => number;
  readonly setGroup: (attributes: Opaque, group: number) => number;
  readonly setDefaults: (attributes: Opaque, signals: Opaque) => number;
  readonly setMask: (attributes: Opaque, signals: Opaque) => number;
} = {
  pipe2: libc.func('int pipe2(void *, int)'),
  waitid: libc.func('int waitid(int, uint32_t, void *, int)'),
  spawn: libc.func(
    'int posix_spawn(_Out_ int *, const char *, const void *, const void *, const char **, const char **)',
  ),
  actionsInit: libc.func('int posix_spawn_file_actions_init(void *)'),
  actionsDestroy: libc.func('int posix_spawn_file_actions_destroy(void *)'),
  actionsDup: libc.func('int posix_spawn_file_actions_adddup2(void *, int, int)'),
  actionsOpen: libc.func('int posix_spawn_file_actions_addopen(void *, int, const char *, int, uint32_t)'),
  attributesInit: libc.func('int posix_spawnattr_init(void *)'),
  attributesDestroy: libc.func('int posix_spawnattr_destroy(void *)'),
  setFlags: libc.func('int posix_spawnattr_setflags(void *, int16_t)'),
  setGroup: libc.func('int posix_spawnattr_setpgroup(void *, int)'),
  setDefaults: libc.func('int posix_spawnattr_setsigdefault(void *, const void *)'),
  setMask: libc.func('int posix_spawnattr_setsigmask(void *, const void *)'),
};

interface Child {
  readonly tell: (end: ProcessEnd) => void;
  signalled: boolean;
}

/** By process id. */
const running = new Map<number, Child>();

/**
 * Starts a command with its standard input from /dev/null and no other descriptor than its output.
 *
 * @throws LinuxError `no-receiver` (no such file), `permission-denied`, `invalid-argument` (no program), `out-of-resources`
 */
export async function startProcess({ argv, env }: ProcessOptions): Promise<StartedProcess> {
  const [path = ''] = argv;
  const pipe = openPipe();
  const actions = opaque(native.actionsInit);
  const attributes = opaque(native.attributesInit);
  const pid: number[] = [0];
  try {
    prepareDescriptors(actions, pipe.write);
    prepareSignals(attributes);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    await new Promise<void>((resolve, reject) => {
      native.spawn.async(pid, path, actions, attributes, [...argv, null], [...variables, null], (error, result) => {
        if (error !== null) reject(error);
        else if (result !== 0) reject(errorFromErrno(result, path));
        else resolve();
      });
    });
  } catch (error) {
    closeDescriptor(pipe.read);
    throw error;
  } finally {
    closeDescriptor(pipe.write);
    native.actionsDestroy(actions);
    native.attributesDestroy(attributes);
  }
  return follow(pid[0] ?? 0, pipe.read);
}

function follow(pid: number, output: number): StartedProcess {
  const end = new Promise<ProcessEnd>((resolve) => {
    if (running.size === 0) process.on('SIGCHLD', reap);
    running.set(pid, { tell: resolve, signalled: false });
    // It may be over already: its signal came before anybody knew its number.
    reap();
  });
  return {
    pid,
    output,
    end,
    signal(signal) {
      const child = running.get(pid);
      if (child === undefined) return;
      child.signalled = true;
      signalGroup(pid, signal);
    },
  };
}

/** Only while its leader was not waited for: so long its number is nobody else's. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group, or they changed their user.
  }
}

/** Signals of several children become one: every child is looked at. Others of this process, Node's own, are left alone. */
function reap(): void {
  for (const [pid, child] of running) {
    if (child.signalled && waitFor(pid, WNOWAIT) !== undefined) signalGroup(pid, 'SIGKILL');
    const end = waitFor(pid, 0);
    if (end === undefined) continue;
    running.delete(pid);
    child.tell(end);
  }
  if (running.size === 0) process.removeListener('SIGCHLD', reap);
}

/** undefined while it runs. */
function waitFor(pid: number, flags: number): ProcessEnd | undefined {
  const info = new Uint8Array(SIGINFO.size);
  const view = new DataView(info.buffer);
  // Somebody else waited for it, which nobody should: it ran, and how it ended is not known.
  if (native.waitid(P_PID, pid, info, WEXITED | WNOHANG | flags) < 0) return { kind: 'signalled', signal: 'unknown' };
  if (view.getInt32(SIGINFO.pid, true) !== pid) return undefined;
  const status = view.getInt32(SIGINFO.status, true);
  if (view.getInt32(SIGINFO.code, true) === CLD_EXITED) return { kind: 'exited', code: status };
  return { kind: 'signalled', signal: signalName(status) };
}

function prepareDescriptors(actions: Opaque, output: number): void {
  expectZero(native.actionsOpen(actions, 0, devNull, O_RDONLY, 0));
  expectZero(native.actionsDup(actions, output, 1));
  expectZero(native.actionsDup(actions, output, 2));
}

/**
 * A group of its own, so that a timeout reaches its children; and every signal as it is for a fresh process: Node ignores
 * SIGPIPE, and who started it may have ignored others.
 */
function prepareSignals(attributes: Opaque): void {
  const all = new Uint8Array(OPAQUE_SIZE).fill(0xff);
  expectZero(native.setGroup(attributes, 0));
  expectZero(native.setDefaults(attributes, all));
  expectZero(native.setMask(attributes, new Uint8Array(OPAQUE_SIZE)));
  expectZero(native.setFlags(attributes, SPAWN_SETPGROUP | SPAWN_SETSIGDEF | SPAWN_SETSIGMASK));
}

function openPipe(): { readonly read: number; readonly write: number } {
  const fds = new Uint8Array(8);
  if (native.pipe2(fds, O_CLOEXEC) < 0) throw errorFromErrno(errno(), 'pipe2');
  const view = new DataView(fds.buffer);
  return { read: view.getInt32(0, true), write: view.getInt32(4, true) };
}

function opaque(init: (memory: Opaque) => number): Opaque {
  const memory = new Uint8Array(OPAQUE_SIZE);
  expectZero(init(memory));
  return memory;
}

function expectZero(result: number): void {
  if (result !== 0) throw new LinuxError('out-of-resources', 'posix_spawn', 'could not be prepared', result);
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
