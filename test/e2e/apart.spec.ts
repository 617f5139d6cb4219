/** Namespaces of a command's own: what it does stays there, and goes with it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { apart } from '../lab/apart.ts';
import { until } from '../lab/clock.ts';
import { attempt } from '../lab/run.ts';

/** Nobody else sleeps so long. */
const NAP = `86400.${process.hrtime.bigint()}`;
const PATIENCE = 60_000;
const MADE = ['/etc/apart-test', '/run/apart-test', '/var/lib/apart-test'];

let parent: ChildProcess | undefined;

afterEach(() => void parent?.kill('SIGKILL'));

/** Processes that take the nap, in this process's namespace and those below it. */
function naps(): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8') === `sleep\0${NAP}\0`;
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

test('what it writes nobody else sees; its exit code is told', async () => {
  const script = `mkdir ${MADE.join(' ')}; ip netns add fo-apart-test; cat /etc/hosts; ip -brief link; exit 7`;
  const [hosts, link] = [readFileSync('/etc/hosts', 'utf8'), /^lo +UNKNOWN .*LOOPBACK,UP/m];
  const { code, stdout } = await attempt([...apart(['sh', '-c', script])]);
  expect(code).toBe(7);
  expect(stdout.startsWith(hosts)).toBe(true);
  expect(stdout.slice(hosts.length).trim().split('\n')).toEqual([expect.stringMatching(link)]);
  expect(MADE.filter(existsSync)).toEqual([]);
  expect(existsSync('/run/netns/fo-apart-test')).toBe(false);
});

test('when whoever started it is killed, everything that it started ends, too', async () => {
  const command = apart(['sh', '-c', `setsid sleep ${NAP} & ip netns add fo-nap; ip netns exec fo-nap sleep ${NAP}`]);
  parent = spawn('sh', ['-c', '"$@"; :', 'sh', ...command], { stdio: 'ignore' });
  await until(() => naps().length === 2, PATIENCE);
  expect(naps()).toHaveLength(2);
  parent.kill('SIGKILL');
  await until(() => naps().length === 0, PATIENCE);
  expect(naps()).toEqual([]);
});
