/** The watcher against a kernel that loses, breaks off, lies and falls silent. */
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LinkWatcher, watchLinks } from './links.ts';
import { errorFromErrno } from './linux-error.ts';
import type { NetlinkBody } from './netlink-decode.ts';
import type { NetlinkReceived } from './netlink-socket.ts';

const kernel = vi.hoisted(() => {
  vi.resetModules();
  const state = {
    opened: 0,
    closed: 0,
    /** What the next calls of `receive` answer; a function throws. */
    queue: [] as (NetlinkReceived | (() => never))[],
    /** Names of the links there are. */
    links: ['lo'],
    requests: [] as string[],
    answersDumps: true,
    /** So many dumps are cut by an overrun. */
    overrunsInDumps: 0,
    wake: (): void => {},
  };
  return state;
});

// The spec files of a worker share their modules.
afterAll(() => vi.resetModules());

const PORT = 77;
const up = { family: 0, flags: 0x41, mac: '', mtu: 1500, operationalState: 6 };

function link(name: string, removed = false): NetlinkBody {
  return { kind: 'link', removed, link: { ...up, index: name.charCodeAt(0), name } };
}

function queue(sequence: number, ...bodies: readonly NetlinkBody[]): void {
  const header = { sequence, portId: sequence === 0 ? 0 : PORT, interrupted: false };
  kernel.queue.push({ kind: 'messages', messages: bodies.map((body) => ({ ...header, ...body })) });
}

vi.mock('./netlink-socket.ts', async (original) => ({
  ...(await original<object>()),
  openNetlink() {
    kernel.opened++;
    return {
      fd: -1,
      portId: PORT,
      receive(): NetlinkReceived {
        const next = kernel.queue.shift() ?? { kind: 'empty' };
        return typeof next === 'function' ? next() : next;
      },
      send(request: Uint8Array) {
        const view = new DataView(request.buffer);
        const [type, sequence] = [view.getUint16(4, true), view.getUint32(8, true)];
        kernel.requests.push(type === 18 ? 'links' : 'addresses');
        if (!kernel.answersDumps) return;
        if (kernel.overrunsInDumps-- > 0) kernel.queue.push({ kind: 'overrun' });
        if (type === 18) queue(sequence, ...kernel.links.map((name) => link(name)));
        queue(sequence, { kind: 'done', errno: 0 });
      },
      close() {
        kernel.closed++;
      },
    };
  },
}));

vi.mock('./poll.ts', () => ({
  watchReadable(_: number, onReadable: () => void) {
    kernel.wake = onReadable;
    return { close() {} };
  },
}));

const told: string[] = [];
let watcher: LinkWatcher | undefined;

function watch(): void {
  watcher = watchLinks({
    onChange: ({ kind, link: { name } }) => told.push(`${kind} ${name}`),
    onError: ({ code }) => told.push(code),
  });
  kernel.requests.length = 0;
}

beforeEach(() => {
  // Not the clock: the first reading has a real deadline.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate'] });
  Object.assign(kernel, { opened: 0, closed: 0, links: ['lo'], answersDumps: true, overrunsInDumps: 0 });
  kernel.queue.length = 0;
  told.length = 0;
});
afterEach(() => {
  watcher?.close();
  watcher = undefined;
  vi.useRealTimers();
});

describe('a link watcher', () => {
  it('reads links, then addresses, and tells nothing of what is there', () => {
    kernel.requests.length = 0;
    watcher = watchLinks({ onChange: () => told.push('change'), onError: () => told.push('error') });
    expect(kernel.requests).toEqual(['links', 'addresses']);
    expect([...watcher.links().keys()]).toEqual(['lo']);
    expect(told).toEqual([]);
  });

  it('empties the socket after an overrun before it reads everything again, and tells the difference', () => {
    watch();
    kernel.links = ['lo', 'x'];
    kernel.queue.push({ kind: 'overrun' });
    queue(0, link('a'));
    queue(0, link('b'));
    kernel.wake();
    expect(told).toEqual([
      'overrun',
      'link-added a',
      'link-added b',
      'link-added x',
      'link-removed a',
      'link-removed b',
    ]);
    expect(kernel.requests).toEqual(['links', 'addresses']);
  });

  it('concludes nothing from a dump with holes: reads again', () => {
    watch();
    kernel.queue.push({ kind: 'overrun' });
    kernel.overrunsInDumps = 1;
    kernel.wake();
    expect(kernel.requests).toEqual(['links', 'links', 'addresses']);
    expect(told).toEqual(['overrun', 'overrun']);
  });

  it('reads on in the next turn when much is queued', () => {
    watch();
    for (let i = 0; i < 100; i++) queue(0, link('a', i % 2 === 1));
    kernel.wake();
    expect(told).toHaveLength(32);
    vi.advanceTimersByTime(3);
    expect(told).toHaveLength(100);
  });

  it('opens a new socket when the old one fails, and tells what happened in between', () => {
    watch();
    kernel.queue.push(() => {
      throw errorFromErrno(12, 'recvfrom');
    });
    kernel.links = ['x'];
    kernel.wake();
    expect(told).toEqual(['out-of-resources']);
    expect([kernel.opened, kernel.closed]).toEqual([1, 1]);
    vi.advanceTimersByTime(150);
    expect(told).toEqual(['out-of-resources', 'link-added x', 'link-removed lo']);
    expect([kernel.opened, kernel.closed]).toEqual([2, 1]);
  });

  it('starts anew when a message cannot be read', () => {
    watch();
    queue(0, { kind: 'malformed', reason: 'bad-length' });
    kernel.wake();
    vi.advanceTimersByTime(150);
    expect(told).toEqual(['bad-reply']);
    expect(kernel.opened).toBe(2);
  });

  it('starts anew when a dump stops short', () => {
    watch();
    kernel.answersDumps = false;
    kernel.queue.push({ kind: 'overrun' });
    kernel.wake();
    vi.advanceTimersByTime(900);
    expect(told).toEqual(['overrun']);
    vi.advanceTimersByTime(150);
    expect(told).toEqual(['overrun', 'timed-out']);
    kernel.answersDumps = true;
    kernel.links = ['x'];
    vi.advanceTimersByTime(150);
    expect(told.slice(2)).toEqual(['link-added x', 'link-removed lo']);
  });

  it('does not take the answer to somebody else for its own', () => {
    watch();
    const header = { portId: 1, sequence: 2, interrupted: false };
    kernel.queue.push({ kind: 'messages', messages: [{ ...header, kind: 'done', errno: 0 }] });
    kernel.wake();
    expect(told).toEqual([]);
  });

  it('loses nothing when a callback throws', () => {
    const seen: string[] = [];
    watcher = watchLinks({
      onChange({ link: { name } }) {
        seen.push(name);
        if (name === 'a') throw new Error('a bug');
      },
      onError() {},
    });
    kernel.links = ['lo', 'a', 'b'];
    queue(0, link('a'), link('b'));
    expect(kernel.wake).toThrow('a bug');
    vi.advanceTimersByTime(1);
    expect(seen).toEqual(['a', 'b']);
  });

  it('gives up when nothing can be read at the start, and closes what it opened', () => {
    kernel.answersDumps = false;
    expect(() => watchLinks({ onChange() {}, onError() {} })).toThrow(expect.objectContaining({ code: 'timed-out' }));
    expect([kernel.opened, kernel.closed]).toEqual([1, 1]);
  });

  it('is silent once closed', () => {
    watch();
    watcher?.close();
    queue(0, link('a'));
    kernel.wake();
    vi.advanceTimersByTime(2000);
    expect(told).toEqual([]);
    expect([kernel.opened, kernel.closed]).toEqual([1, 1]);
  });
});
