import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './command.ts';
import { type CommandResult, describeResult } from './command-result.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'failoverd-command-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sh = (script: string, timeout = 10_000, env: Record<string, string> = {}) =>
  runCommand({ argv: ['/bin/sh', '-c', script], env: { PATH: '/usr/bin:/bin', ...env }, timeout });

const isAlive = (pid: string) => existsSync(`/proc/${pid.trim()}`);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('a command', () => {
  it('ends with its code and the end of both its outputs', async () => {
    const { result } = sh('echo out; echo err >&2; exit 3');
    expect(await result).toEqual({ kind: 'exited', code: 3, output: 'out\nerr\n' });
  });

  it('gets its arguments as they are, its environment and no other', async () => {
    const { result } = runCommand({
      argv: ['/usr/bin/env', '-u', 'NOBODY', 'sh', '-c', 'echo "$@"; env', 'name', 'a  b', '$HOME', 'ü'],
      env: { PATH: '/usr/bin:/bin', FAILOVERD_GROUP: 'isv pod' },
      timeout: 10_000,
    });
    const { output } = await result;
    const [first, ...rest] = output.trimEnd().split('\n');
    expect(first).toBe('a  b $HOME ü');
    const variables = rest.filter((line) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(line));
    expect(variables.toSorted()).toEqual(['FAILOVERD_GROUP=isv pod', 'PATH=/usr/bin:/bin']);
  });

  it('has /dev/null for its input, no descriptor of ours, no ignored signal, and a group of its own', async () => {
    const { result } = sh('cat; grep -E "Sig(Ign|Blk)" /proc/self/status; ps -o pgid= -p $$; echo $$');
    const lines = (await result).output.split('\n');
    expect(lines.slice(0, 2)).toEqual(['SigBlk: 0000000000000000', 'SigIgn: 0000000000000000']);
    expect(lines[2]?.trim()).toBe(lines[3]);
    // Only what this process itself was started with and keeps open for its children goes on to them.
    const node = await promisify(execFile)('/bin/ls', ['/proc/self/fd']);
    expect((await runCommand({ argv: ['/bin/ls', '/proc/self/fd'], env: {}, timeout: 10_000 }).result).output).toBe(
      node.stdout,
    );
  });

  it('that a signal ends says which', async () => {
    expect(await sh('kill -SEGV $$').result).toEqual({ kind: 'signalled', signal: 'SIGSEGV', output: '' });
  });

  it('that takes too long has failed, and its whole group is ended', async () => {
    const file = join(folder, 'pids');
    const run = sh(`sleep 60 & echo $$ $! > ${file}; echo working; wait`, 300);
    expect(await run.result).toEqual({ kind: 'timed-out', after: 300, output: 'working\n' });
    await run.gone;
    const pids = (await readFile(file, 'utf8')).split(' ');
    expect(pids).toHaveLength(2);
    await until(() => !pids.some(isAlive));
  });

  it('that ignores SIGTERM is killed, and so are its children', async () => {
    const file = join(folder, 'stubborn');
    const run = sh(`trap '' TERM; sleep 60 & echo $$ $! > ${file}; wait; wait; sleep 60`, 200);
    const startedAt = Date.now();
    expect((await run.result).kind).toBe('timed-out');
    await run.gone;
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1100);
    const pids = (await readFile(file, 'utf8')).split(' ');
    await until(() => !pids.some(isAlive));
  });

  it('that is told to stop ends like one that takes too long', async () => {
    const run = sh('sleep 60');
    setTimeout(run.stop, 100);
    expect(await run.result).toEqual({ kind: 'signalled', signal: 'SIGTERM', output: '' });
  });

  it('that is told to stop while it is being started ends as well', async () => {
    const run = sh('sleep 60');
    run.stop();
    expect((await run.result).kind).toBe('signalled');
  });

  it('may leave a process behind that keeps its output open', async () => {
    const file = join(folder, 'left');
    const { result } = sh(`sleep 60 & echo $! > ${file}; echo done`);
    expect(await result).toEqual({ kind: 'exited', code: 0, output: 'done\n' });
    const pid = await readFile(file, 'utf8');
    expect(isAlive(pid)).toBe(true);
    process.kill(Number(pid));
  });

  it('keeps the end of a long output, in whole characters that move no cursor', async () => {
    const { result } = sh('head -c 1000000 /dev/zero | tr "\\0" x; printf "\\033[2Jlast: \\303\\274\\n"');
    const { output } = await result;
    expect(Buffer.byteLength(output)).toBeLessThanOrEqual(2048);
    expect(output.endsWith('x [2Jlast: ü\n')).toBe(true);
  });

  it('that cannot be started says why', async () => {
    const at = (path: string) => runCommand({ argv: [path], env: {}, timeout: 1000 }).result;
    const noProgram = join(folder, 'plain');
    await writeFile(noProgram, 'no program', { mode: 0o755 });
    expect(await at('/nowhere/at/all')).toEqual({
      kind: 'not-started',
      reason: '/nowhere/at/all does not exist (or its interpreter does not)',
      output: '',
    });
    expect(await at(folder)).toMatchObject({ reason: `${folder} may not be executed by this user` });
    expect(await at(noProgram)).toMatchObject({ reason: `${noProgram} is no program (a script begins with #!)` });
  });

  it('runs beside many others and beside those of Node, and each gets its own end', async () => {
    const own = Array.from({ length: 40 }, (_, code) => sh(`exit ${code}`).result);
    const others = Array.from({ length: 10 }, () => promisify(execFile)('/bin/sh', ['-c', 'echo node']));
    const codes = (await Promise.all(own)).map((result) => (result.kind === 'exited' ? result.code : result.kind));
    expect(codes).toEqual(Array.from({ length: 40 }, (_, code) => code));
    for (const { stdout } of await Promise.all(others)) expect(stdout).toBe('node\n');
  });

  it('leaves no descriptor open', async () => {
    const count = async () =>
      (await promisify(execFile)('/bin/ls', [`/proc/${process.pid}/fd`])).stdout.split('\n').length;
    await sh('true').result;
    const before = await count();
    const rounds = 40;
    for (let round = 0; round < rounds; round += 1) await sh('echo x').result;
    for (let round = 0; round < rounds; round += 1) {
      await runCommand({ argv: ['/nowhere'], env: {}, timeout: 1000 }).result;
    }
    // Spec files share their process: what an earlier one left open may be closed meanwhile, or opened.
    expect(Math.abs((await count()) - before)).toBeLessThan(rounds / 2);
  });
});

describe('what is said of a result', () => {
  const rows: readonly (readonly [CommandResult, string])[] = [
    [{ kind: 'exited', code: 2, output: 'a\nno route\n\n' }, 'exit code 2: no route'],
    [{ kind: 'exited', code: 1, output: '' }, 'exit code 1'],
    [{ kind: 'signalled', signal: 'SIGSEGV', output: '' }, 'ended by SIGSEGV'],
    [{ kind: 'timed-out', after: 1000, output: 'PING' }, 'no answer within 1000 ms: PING'],
    [{ kind: 'not-started', reason: '/x does not exist', output: '' }, '/x does not exist'],
  ];
  it.each(rows)('%o', (result, words) => expect(describeResult(result)).toBe(words));
});
