/**
 * The distribution's keepalived on a router of the lab, in the router's own network and with a /tmp of its own, for that
 * is where it writes what it knows. Its log, its data (SIGUSR1) and its counters (SIGUSR2) are read.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { now, until } from './clock.ts';
import { namespaceOf } from './namespaces.ts';
import { WORK } from './paths.ts';
import { type Exit, PREFERRED } from './routers.ts';

/** As its log has them: `(ISV) Entering MASTER STATE`. */
export type KeepalivedState = 'MASTER' | 'BACKUP' | 'FAULT';

export interface KeepalivedLine {
  /** When it was read, on the lab's clock. */
  readonly at: number;
  /** Without keepalived's own time, which has whole seconds. */
  readonly text: string;
}

/** What SIGUSR2 writes of one instance. */
export interface KeepalivedCounters {
  readonly received: number;
  readonly sent: number;
  readonly becameMaster: number;
  readonly releasedMaster: number;
  readonly priorityZeroReceived: number;
  readonly priorityZeroSent: number;
  /** `Packet Errors: TTL`, `Authentication Errors: Failure`, …: every counter of those two sections. */
  readonly errors: Readonly<Record<string, number>>;
}

export interface Keepalived {
  readonly router: string;
  /** Of its parent process. */
  readonly pid: number;
  readonly log: readonly KeepalivedLine[];
  readonly exit: Promise<Exit>;
  /** The state it entered last, in any instance or in the given one; undefined before the first. */
  state(instance?: string): KeepalivedState | undefined;
  /** Every state it entered since a moment of the lab's clock, in order. */
  states(
    since?: number,
  ): readonly { readonly at: number; readonly instance: string; readonly state: KeepalivedState }[];
  /** Waits until it is in a state; answers when it entered it. Throws with its last lines after `timeout`. */
  reaches(state: KeepalivedState, timeout?: number): Promise<number>;
  /** SIGUSR1: everything it knows, as text. */
  data(): Promise<string>;
  /** SIGUSR2: by instance. */
  counters(): Promise<ReadonlyMap<string, KeepalivedCounters>>;
  /** SIGTERM and SIGHUP go to its parent, as systemd sends them; SIGKILL to both of its processes. */
  kill(signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void;
}

const PATIENCE = 60_000;
/** Of its log, when something did not come. */
const LINES_SHOWN = 15;
const ERROR_SECTIONS = ['Packet Errors', 'Authentication Errors'];

/** Starts keepalived on a router with a configuration. It ends with the lab at the latest, whose namespaces it is in. */
export async function startKeepalived(router: string, config: string): Promise<Keepalived> {
  const own = `${WORK}/${router}/keepalived`;
  const temporary = `${own}/tmp`;
  await rm(own, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await writeFile(`${own}/keepalived.conf`, config, { mode: 0o600 });
  const script = `mount --bind ${temporary} /tmp; exec "$@"`;
  const files = ['-f', `${own}/keepalived.conf`, '-p', `${own}/pid`, '-r', `${own}/vrrp-pid`];
  // In the foreground, VRRP only, in detail on the console.
  const command = ['keepalived', '-n', '-P', '-D', '-l', ...files];
  const args = ['netns', 'exec', namespaceOf(router), 'sh', '-ec', script, 'sh', ...command];
  // nice, ip and sh replace themselves by keepalived: the child's pid is its own. Preferred as failoverd is beside it.
  const [nice = '', ...preference] = PREFERRED;
  const child = spawn(nice, [...preference, 'ip', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = readLog(child);
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ at: now(), code, signal }));
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('keepalived could not be started: is it installed?');

  const states: Keepalived['states'] = (since = Number.NEGATIVE_INFINITY) =>
    log.flatMap(({ at, text }) => {
      const [, instance, state] = /^\((.+)\) Entering (MASTER|BACKUP|FAULT) STATE/i.exec(text) ?? [];
      return at < since || instance === undefined || !isState(state) ? [] : [{ at, instance, state }];
    });

  /** A file that it writes when it gets a signal, whole. */
  async function written(signal: NodeJS.Signals, name: string): Promise<string> {
    const file = `${temporary}/${name}`;
    await rm(file, { force: true });
    child.kill(signal);
    let before = '';
    const text = await until(
      async () => {
        const found = await readFile(file, 'utf8').catch(() => '');
        const isWhole = found !== '' && found === before;
        before = found;
        return isWhole && found;
      },
      PATIENCE,
      50,
    );
    if (text === undefined) throw new Error(`keepalived on ${router} wrote no ${file}: ${tail()}`);
    return text;
  }

  const tail = () =>
    log
      .slice(-LINES_SHOWN)
      .map(({ text }) => text)
      .join('\n');

  return {
    router,
    pid,
    log,
    exit,
    states,
    state: (instance) => states().findLast((entry) => instance === undefined || entry.instance === instance)?.state,
    async reaches(state, timeout = PATIENCE) {
      const found = await until(() => {
        const last = states().at(-1);
        return last?.state === state && last;
      }, timeout);
      if (found === undefined) throw new Error(`keepalived on ${router} did not become ${state}: ${tail()}`);
      return found.at;
    },
    data: () => written('SIGUSR1', 'keepalived.data'),
    counters: async () => parseCounters(await written('SIGUSR2', 'keepalived.stats')),
    kill(signal) {
      // Its VRRP process is a child that notices the loss of its parent only by and by.
      if (signal === 'SIGKILL') killChild(`${own}/vrrp-pid`);
      child.kill(signal);
    },
  };
}

function killChild(pidFile: string): void {
  readFile(pidFile, 'utf8')
    .then((text) => process.kill(Number(text), 'SIGKILL'))
    .catch(() => {
      // It ended before, and its file may outlive it.
    });
}

function readLog(child: ChildProcess): KeepalivedLine[] {
  const log: KeepalivedLine[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    // `Thu Nov 26 17:28:34 2026: (ISV) Entering MASTER STATE`
    createInterface({ input: stream }).on('line', (line) => {
      log.push({ at: now(), text: line.replace(/^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}: /, '') });
    });
  }
  return log;
}

function isState(text: string | undefined): text is KeepalivedState {
  return text === 'MASTER' || text === 'BACKUP' || text === 'FAULT';
}

/** `VRRP Instance: ISV`, then sections by indentation. */
export function parseCounters(text: string): ReadonlyMap<string, KeepalivedCounters> {
  const instances = new Map<string, KeepalivedCounters>();
  for (const block of text.split(/^VRRP Instance: /m).slice(1)) {
    const [name = '', ...lines] = block.split('\n');
    const values = new Map<string, number>();
    let section = '';
    for (const line of lines) {
      const [, indent = '', key = '', value] = /^( *)(.+?): *(\d+)?$/.exec(line) ?? [];
      if (value === undefined) section = key;
      else values.set(indent.length > 2 ? `${section}: ${key}` : key, Number(value));
    }
    const of = (key: string): number => {
      const value = values.get(key);
      if (value === undefined) throw new Error(`keepalived's counters lack ${key}:\n${text}`);
      return value;
    };
    const errors = [...values].filter(([key]) => ERROR_SECTIONS.some((each) => key.startsWith(`${each}: `)));
    instances.set(name.trim(), {
      received: of('Advertisements: Received'),
      sent: of('Advertisements: Sent'),
      becameMaster: of('Became master'),
      releasedMaster: of('Released master'),
      priorityZeroReceived: of('Priority Zero: Received'),
      priorityZeroSent: of('Priority Zero: Sent'),
      errors: Object.fromEntries(errors),
    });
  }
  return instances;
}
