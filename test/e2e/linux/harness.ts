/** The link watcher in a network namespace of its own, and what iproute2 says of the same namespace. Runs as root. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach } from 'vitest';

export const SPACE = 'fot-linux-a';
export const OTHER_SPACE = 'fot-linux-b';
const SCRIPT = 'build/watch-links.js';

export type Line = { readonly kind: string; readonly [key: string]: unknown };

/** Until a process has started and read the kernel's tables on a busy machine. */
const PATIENCE = 30_000;

export type Watched = Awaited<ReturnType<typeof watch>>;

const children: ChildProcessWithoutNullStreams[] = [];

export function ip(command: string, input?: string): string {
  return execFileSync('ip', ['-n', SPACE, ...command.split(' ')], { encoding: 'utf8', input });
}

/** Starts the watcher script in the namespace. `next` waits for the next line that fits. */
export async function watch(receiveBufferBytes = 0) {
  const child = spawn('ip', ['netns', 'exec', SPACE, process.execPath, SCRIPT, String(receiveBufferBytes)]);
  children.push(child);
  child.stderr.pipe(process.stderr);
  const unread: Line[] = [];
  const heard: Line[] = [];
  let wake = (): void => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    const read: Line = JSON.parse(line);
    heard.push(read);
    unread.push(read);
    wake();
  });
  async function next(fits: (line: Line) => boolean, within = PATIENCE): Promise<Line> {
    const deadline = Date.now() + within;
    for (;;) {
      for (let line = unread.shift(); line !== undefined; line = unread.shift()) if (fits(line)) return line;
      const left = deadline - Date.now();
      if (left <= 0) throw new Error('the watcher did not say what was expected');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const tell = (command: string): void => {
    child.stdin.write(`${command}\n`);
  };
  const ask = (command: string, kind: string): Promise<Line> => {
    tell(command);
    return next((line) => line.kind === kind);
  };
  const first = await next((line) => line.kind === 'state');
  const stop = (): void => void child.kill();
  return { first, next, tell, ask, stop, heard: heard as readonly Line[] };
}

/** What iproute2 says of the namespace, in the watcher's words. */
export function truth() {
  const links: { ifname: string; ifindex: number; mtu: number; flags: string[]; operstate: string }[] = JSON.parse(
    ip('-j link show'),
  );
  return links
    .map(({ ifname, ifindex, mtu, flags, operstate }) => ({
      name: ifname,
      index: ifindex,
      mtu,
      // ip leaves RUNNING out of its flags; the operational state tells.
      up: flags.includes('UP') && (operstate === 'UP' || operstate === 'UNKNOWN'),
    }))
    .sort((a, b) => a.index - b.index);
}

export function linksOf(state: Line) {
  const links: unknown = state['links'];
  if (!Array.isArray(links)) throw new Error('no state');
  return links
    .map(({ name, index, mtu, up }) => ({ name, index, mtu, up }))
    .sort((a: { index: number }, b: { index: number }) => a.index - b.index);
}

/** IPv4 only: an IPv6 address still being checked for duplicates does not count yet. */
export function ipv4Truth(): string[] {
  const links: { ifname: string; addr_info: { local: string; prefixlen: number }[] }[] = JSON.parse(
    ip('-4 -j addr show'),
  );
  return links
    .flatMap(({ ifname, addr_info }) => addr_info.map(({ local, prefixlen }) => `${ifname} ${local}/${prefixlen}`))
    .sort();
}

export function ipv4Of(state: Line): string[] {
  const addresses: unknown = state['addresses'];
  if (!Array.isArray(addresses)) throw new Error('no state');
  return addresses
    .filter(({ address: text }) => !text.includes(':'))
    .map(({ device, address: text, prefixLength }) => `${device} ${text}/${prefixLength}`)
    .sort();
}

function remove(space: string): void {
  try {
    execFileSync('ip', ['netns', 'del', space], { stdio: 'ignore' });
  } catch {
    // It was not there.
  }
}

function makeSpaces(): void {
  for (const space of [SPACE, OTHER_SPACE]) {
    remove(space);
    execFileSync('ip', ['netns', 'add', space]);
  }
  ip('link set lo up');
  ip('link add v0 address 02:00:17:aa:bb:01 type veth peer name v1');
  ip('link set v1 up');
}

function removeSpaces(): void {
  for (const child of children.splice(0)) child.kill();
  remove(SPACE);
  remove(OTHER_SPACE);
}

/** For each test two fresh namespaces, with a pair of links in the first: v0, and v1 that is up. */
export function useSpaces(): void {
  beforeEach(makeSpaces);
  afterEach(removeSpaces);
}
