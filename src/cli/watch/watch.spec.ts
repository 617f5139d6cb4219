import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { EventReport, StatusReport } from '../../control/api.ts';
import { type Fixture, makeFixture, STATUS } from '../../control/control.test-support.ts';
import type { ControlServer } from '../../control/server.ts';
import { bundleFailoverctl } from '../bundle.test-support.ts';
import { createScreen, type Screen } from './screen.test-support.ts';

/* failoverctl watch as a process: on a pseudo-terminal, which script(1) makes, and without one. */

let program: string;
let remove: () => Promise<void>;
let fixture: Fixture;
let children: ChildProcess[];

beforeAll(async () => {
  ({ program, remove } = await bundleFailoverctl());
});
afterAll(() => remove());
beforeEach(async () => {
  fixture = await makeFixture();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await fixture.close();
});

const HEADLINE = 'isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over';
const LOST = /^NOT LIVE: failoverd is not reachable at .*; asked again in \d\.\d s$/;

interface Watching {
  readonly child: ChildProcess;
  readonly screen: Screen;
  /** Everything that was written. */
  text(): string;
  /** The exit code, once it ended. */
  readonly ended: Promise<number | null>;
  device(): Promise<string>;
}

async function until(what: () => boolean | Promise<boolean>, tell: () => string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`it never came; last seen:\n${tell()}`);
    await sleep(20);
  }
}

function collect(child: ChildProcess, screen: Screen): Watching {
  let text = '';
  children.push(child);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      // A terminal makes two of one; a pipe does not.
      screen.write(chunk.replaceAll(/(?<!\r)\n/g, '\r\n'));
    });
  }
  return {
    child,
    screen,
    text: () => text,
    ended: new Promise((resolve) => child.once('close', resolve)),
    device: async () => (await readFile(join(fixture.directory, 'tty'), 'utf8')).trim(),
  };
}

/** On a terminal of 100 columns and 30 rows, as its shell would start it. */
async function onTerminal(columns = 100, rows = 30): Promise<Watching> {
  const run = join(fixture.directory, 'run.sh');
  await writeFile(
    run,
    `stty columns ${columns} rows ${rows}
tty > ${fixture.directory}/tty
trap : INT
echo 'before'
${process.execPath} ${program} --socket ${fixture.socketPath} watch
code=$?
echo "after, exit code $code"
exit $code
`,
  );
  const env = { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' };
  // exec: the shell that script(1) starts, $SHELL or sh, would else stay between, and Ctrl-C would end it.
  const child = spawn('script', ['-qec', `exec sh ${run}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'], env });
  return collect(child, createScreen(columns, rows));
}

function withoutTerminal(): Watching {
  const child = spawn(process.execPath, [program, '--socket', fixture.socketPath, 'watch'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return collect(child, createScreen(400, 100));
}

const shows = (watching: Watching, line: string | RegExp) =>
  until(
    () => watching.screen.lines().some((each) => (typeof line === 'string' ? each === line : line.test(each))),
    () => watching.screen.lines().join('\n'),
  );

/** A daemon whose status and events are told by hand. */
function daemon() {
  let status: StatusReport = STATUS;
  const followers = new Set<(event: EventReport) => void>();
  return {
    set: (next: StatusReport) => {
      status = next;
    },
    tell: (msg: string) => {
      const event = { event: 'transition', level: 'info', time: STATUS.time, msg } as const;
      for (const follower of followers) follower(event);
    },
    followed: () =>
      until(
        () => followers.size > 0,
        () => 'nobody follows',
      ),
    serve: (): Promise<ControlServer> =>
      fixture.serve({
        status: async () => status,
        follow(tell, signal) {
          followers.add(tell);
          signal.addEventListener('abort', () => followers.delete(tell));
        },
      }),
  };
}

it('fills the screen, follows what happens, and gives the terminal back', async () => {
  const { serve, set, tell, followed } = daemon();
  await serve();
  const watching = await onTerminal();
  await shows(watching, HEADLINE);
  expect(watching.screen.lines()[0]).toBe('live; Ctrl-C ends');
  expect(watching.screen.isAlternate()).toBe(true);
  expect(watching.screen.cursorVisible()).toBe(false);

  await followed();
  set({ ...STATUS, alarms: ['vrouter2 has been silent for 4 s'] });
  tell('isv: backup → master');
  await shows(watching, 'ALARM: vrouter2 has been silent for 4 s');
  await shows(watching, '03:00:00.000 isv: backup → master');

  watching.child.stdin?.write('\u0003');
  expect(await watching.ended).toBe(0);
  expect(watching.screen.isAlternate()).toBe(false);
  expect(watching.screen.cursorVisible()).toBe(true);
  expect(watching.screen.lines().slice(0, 1)).toEqual(['before']);
  expect(watching.screen.lines().join('\n')).toContain('after, exit code 0');
});

it('is drawn anew when the terminal becomes smaller or larger', async () => {
  await daemon().serve();
  const watching = await onTerminal();
  await shows(watching, HEADLINE);
  watching.screen.resize(40, 6);
  spawn('stty', ['-F', await watching.device(), 'columns', '40', 'rows', '6']);
  await shows(watching, 'isv: vrouter1 is master and holds 3 of …');
  await shows(watching, /^… \d+ more lines/);
  watching.screen.resize(120, 40);
  spawn('stty', ['-F', await watching.device(), 'columns', '120', 'rows', '40']);
  await shows(watching, HEADLINE);
  watching.child.stdin?.write('\u0003');
  expect(await watching.ended).toBe(0);
});

it('says that the daemon is gone, and goes on when it is back', async () => {
  const { serve } = daemon();
  const server = await serve();
  const watching = await onTerminal(200);
  await shows(watching, HEADLINE);
  await server.close();
  await shows(watching, LOST);
  // What was seen last stays, marked as such.
  expect(watching.screen.lines()).toContain(HEADLINE);
  await serve();
  await shows(watching, 'live; Ctrl-C ends');
  watching.child.stdin?.write('\u0003');
  expect(await watching.ended).toBe(0);
});

it('Ctrl-Z gives the terminal back meanwhile', async () => {
  await daemon().serve();
  const watching = await onTerminal();
  await shows(watching, HEADLINE);
  const pid = await pidOf(watching);
  process.kill(pid, 'SIGTSTP');
  await until(
    () => !watching.screen.isAlternate(),
    () => watching.text(),
  );
  process.kill(pid, 'SIGCONT');
  await until(
    () => watching.screen.isAlternate(),
    () => watching.text(),
  );
  await shows(watching, HEADLINE);
  process.kill(pid, 'SIGTERM');
  await until(
    () => !watching.screen.isAlternate(),
    () => watching.text(),
  );
});

/** The process behind script(1) and the shell. */
async function pidOf({ child }: Watching): Promise<number> {
  const childOf = async (pid: number) =>
    Number((await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ')[0]);
  return childOf(await childOf(child.pid ?? 0));
}

it('a line for each change where there is no terminal', async () => {
  const { serve, set, tell, followed } = daemon();
  const server = await serve();
  const watching = withoutTerminal();
  await shows(watching, `${STATUS.time} ${HEADLINE}`);
  await followed();
  set({ ...STATUS, alarms: ['vrouter2 has been silent for 4 s'] });
  tell('isv: backup → master');
  await shows(watching, `${STATUS.time} isv: backup → master`);
  await shows(watching, `${STATUS.time} ALARM: vrouter2 has been silent for 4 s`);
  await server.close();
  await shows(watching, /failoverd is not reachable at .*; asked again until it answers$/);
  set(STATUS);
  await serve();
  await shows(watching, `${STATUS.time} failoverd answers again`);
  await shows(watching, `${STATUS.time} over: vrouter2 has been silent for 4 s`);
  expect(watching.text()).not.toContain('\u001b');
  watching.child.kill('SIGINT');
  expect(await watching.ended).toBe(0);
});

it('a daemon that was never there is an error, and the terminal is left alone', async () => {
  const watching = await onTerminal();
  expect(await watching.ended).toBe(69);
  expect(watching.text()).toContain('failoverd is not reachable at');
  expect(watching.text()).not.toContain('\u001b');
});
