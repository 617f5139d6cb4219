/**
 * The routers' processes. Every router runs the same files at the same paths as in production: a bind mount, private to
 * the process, lays the router's own directory over /run/failoverd and /var/lib/failoverd, and one directory shared by
 * all over /etc/failoverd.
 */
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { now } from './clock.ts';
import { namespaceOf } from './namespaces.ts';
import { listenForNotifications, type Notification } from './notify.ts';
import { DIST, WORK } from './paths.ts';
import { attempt, type Finished } from './run.ts';

/** Where the daemon expects its files; each is covered by a directory of the lab. */
const MOUNT_POINTS = ['/run/failoverd', '/etc/failoverd', '/var/lib/failoverd'] as const;
/** Lists the mount points that the lab made, so that it takes away no directory of a real installation. */
const MADE = `${WORK}/mount-points`;
export const SHARED_ETC = `${WORK}/etc`;

/** A router's control socket, as the machine sees it. */
export function controlSocket(router: string): string {
  return `${WORK}/${router}/run/control.sock`;
}

/** One line of a daemon's log. */
export interface LogLine {
  /** When it arrived. */
  readonly at: number;
  readonly text: string;
  /** The line as an object, where it is JSON (an sd-daemon priority before it is dropped). */
  readonly fields: Readonly<Record<string, unknown>> | null;
}

export interface Exit {
  readonly at: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running or ended daemon. */
export interface Daemon {
  readonly router: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly log: readonly LogLine[];
  readonly notifications: readonly Notification[];
  readonly exit: Promise<Exit>;
  /** How it ended; null while it runs. */
  ended(): Exit | null;
  /** True between SIGSTOP and SIGCONT: it runs, and answers nobody. */
  frozen(): boolean;
  kill(signal: NodeJS.Signals): void;
}

/** Makes the directories behind the mount points, and the mount points where the machine has none. */
export async function prepareDirectories(routers: readonly string[]): Promise<void> {
  await mkdir(SHARED_ETC, { recursive: true });
  for (const router of routers) {
    await mkdir(`${WORK}/${router}/run`, { recursive: true });
    await mkdir(`${WORK}/${router}/lib`, { recursive: true });
  }
  const made: string[] = [];
  for (const point of MOUNT_POINTS) {
    if (existsSync(point)) continue;
    await mkdir(point, { recursive: true });
    made.push(point);
  }
  if (made.length > 0) await writeFile(MADE, made.join('\n'));
}

/** Removes the mount points that the lab made; a directory in which somebody put something stays. */
export async function removeMountPoints(made: readonly string[]): Promise<void> {
  for (const point of made) await rmdir(point).catch(() => {});
}

export { MADE as MADE_MOUNT_POINTS };

/** The command that runs `command` as if on the router itself. */
export function onRouter(router: string, command: readonly string[]): string[] {
  const own = `${WORK}/${router}`;
  const script = `
    mount --bind ${own}/run /run/failoverd
    mount --bind ${SHARED_ETC} /etc/failoverd
    mount --bind ${own}/lib /var/lib/failoverd
    exec "$@"`;
  return ['ip', 'netns', 'exec', namespaceOf(router), 'sh', '-ec', script, 'sh', ...command];
}

/** The same for any host of the lab. */
export function onHost(host: string, command: readonly string[]): string[] {
  if (existsSync(`${WORK}/${host}/run`)) return onRouter(host, command);
  return ['ip', 'netns', 'exec', namespaceOf(host), ...command];
}

function parseLine(text: string, at: number): LogLine {
  const body = text.replace(/^<\d>/, '');
  if (!body.startsWith('{')) return { at, text: body, fields: null };
  try {
    return { at, text: body, fields: JSON.parse(body) as Record<string, unknown> };
  } catch {
    return { at, text: body, fields: null };
  }
}

/** systemd's CPUWeight=10000 as well as a process can have it: a hundredfold. Where that is not allowed, without. */
export const PREFERRED = ['nice', '-n', '-20'];

export interface DaemonOptions {
  /** The name it is started with (`--node`); the router's own unless told. */
  readonly node?: string;
  /** Before everything else on a busy machine, as the unit has it. */
  readonly preferred?: boolean;
  /** Beside what systemd gives. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** What systemd gives the service, and the authority of the simulated cloud. */
function environment(caFile: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    NODE_EXTRA_CA_CERTS: caFile,
    NOTIFY_SOCKET: '/run/failoverd/notify',
    WATCHDOG_USEC: '10000000',
  };
}

/** Starts the daemon of a router. */
export function startDaemon(router: string, caFile: string, options: DaemonOptions = {}): Daemon {
  const notifications: Notification[] = [];
  const log: LogLine[] = [];
  const stopListening = listenForNotifications(`${WORK}/${router}/run/notify`, (notification) => {
    notifications.push(notification);
  });
  const preference = options.preferred === true ? PREFERRED : [];
  const command = [
    ...preference,
    process.execPath,
    `${DIST}/failoverd.js`,
    '--config',
    '/etc/failoverd/failoverd.yaml',
  ];
  const [program = '', ...args] = onRouter(router, [...command, '--node', options.node ?? router]);
  const file = createWriteStream(`${WORK}/${router}/failoverd.log`, { flags: 'a' });
  const startedAt = now();
  // ip and sh replace themselves by the daemon: the child's pid is the daemon's.
  const env = { ...environment(caFile), ...options.environment };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (text) => {
      log.push(parseLine(text, now()));
      file.write(`${text}\n`);
    });
  }
  let ended: Exit | null = null;
  let frozen = false;
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { at: now(), code, signal };
      stopListening();
      file.end();
      resolve(ended);
    });
  });
  return {
    router,
    pid: child.pid ?? -1,
    startedAt,
    log,
    notifications,
    exit,
    ended: () => ended,
    frozen: () => frozen,
    kill(signal) {
      if (signal === 'SIGSTOP' || signal === 'SIGCONT') frozen = signal === 'SIGSTOP';
      child.kill(signal);
    },
  };
}

export function failoverctlCommand(args: readonly string[]): string[] {
  return [process.execPath, `${DIST}/failoverctl.js`, ...args];
}

/** Runs failoverctl on a router. */
export function failoverctl(router: string, args: readonly string[], timeout = 30_000): Promise<Finished> {
  return attempt(onRouter(router, failoverctlCommand(args)), { timeout });
}
