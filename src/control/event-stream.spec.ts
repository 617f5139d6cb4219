import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EventReport } from './api.ts';
import { createControlClient } from './client.ts';
import { type Fixture, makeFixture, STATUS } from './control.test-support.ts';
import type { ControlHandlers } from './handlers.ts';

let fixture: Fixture;
let sockets: Socket[] = [];
/** Publishes to everybody who follows. */
let followers: Set<(event: EventReport) => void>;
beforeEach(async () => {
  fixture = await makeFixture();
  followers = new Set();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets = [];
  await fixture.close();
});

const client = () => createControlClient({ socketPath: fixture.socketPath, timeout: 5000 });
const event = (name: string, msg = name): EventReport => ({
  event: name,
  level: 'info',
  time: '2026-01-02T03:00:00.000Z',
  msg,
});
const publish = (published: EventReport): void => {
  for (const tell of [...followers]) tell(published);
};
const follow: ControlHandlers['follow'] = (tell, signal) => {
  followers.add(tell);
  signal.addEventListener('abort', () => followers.delete(tell));
  tell(event('alarms'));
};

async function until(isTrue: () => boolean): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 5) {
    if (waited > 5000) throw new Error('it does not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function open(): Promise<Socket> {
  const socket = connect({ path: fixture.socketPath });
  sockets.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** A client of the stream that reads nothing until it is told to. */
async function openStream(): Promise<Socket> {
  const before = followers.size;
  const socket = await open();
  socket.pause();
  socket.write('GET /v1/events HTTP/1.1\r\nhost: a\r\n\r\n');
  await until(() => followers.size > before || followers.size === 16);
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.resume();
  await once(socket, 'close');
  return text;
}

test('events come as they happen, in the form of server-sent events', async () => {
  await fixture.serve({ follow });
  const socket = await openStream();
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.resume();
  publish({ ...event('transition'), group: 'isv', to: 'master' });
  await until(() => text.includes('master'));
  expect(text).toMatch(/^HTTP\/1.1 200 OK\r\ncontent-type: text\/event-stream\r\ncache-control: no-store\r\n/);
  expect(text).toContain(
    'event: transition\ndata: {"event":"transition","level":"info","time":"2026-01-02T03:00:00.000Z","msg":"transition","group":"isv","to":"master"}\n\n',
  );
});

test('the client follows until the server stops, and hears why', async () => {
  const server = await fixture.serve({ follow });
  const heard: EventReport[] = [];
  const followed = client().follow((next) => heard.push(next), new AbortController().signal);
  await until(() => followers.size === 1);
  publish(event('claiming', 'a line\nand another'));
  await until(() => heard.length === 2);
  await server.close();
  await followed;
  expect(heard).toEqual([
    event('alarms'),
    event('claiming', 'a line\nand another'),
    expect.objectContaining({ event: 'end', reason: 'stopping' }),
  ]);
});

test('a client that leaves is forgotten', async () => {
  await fixture.serve({ follow });
  const leaving = new AbortController();
  const followed = client().follow(() => {}, leaving.signal);
  await until(() => followers.size === 1);
  leaving.abort();
  await followed;
  await until(() => followers.size === 0);
});

test('a daemon that is not there is said to be unreachable', async () => {
  const followed = client().follow(() => {}, new AbortController().signal);
  await expect(followed).rejects.toMatchObject({ code: 'unreachable' });
});

test('a follower that does not read is dropped, and finds the reason at the end of what it did not read', async () => {
  await fixture.serve({ follow });
  const slow = await openStream();
  const large = event('claim-failed', 'x'.repeat(10_000));
  let published = 0;
  while (followers.size > 0 && published < 1000) {
    publish(large);
    published += 1;
    await new Promise(setImmediate);
  }
  // What the kernel keeps for a socket, and what the server keeps beyond that.
  expect(published).toBeLessThan(100);
  const text = await readAll(slow);
  expect(text).toContain('"event":"end","reason":"slow"');
  expect(text.split('event: claim-failed').length - 1).toBe(published);
});

test('the seventeenth follower takes the place of the first', async () => {
  await fixture.serve({ follow });
  const first = await openStream();
  for (let others = 1; others < 16; others += 1) await openStream();
  expect(followers.size).toBe(16);
  const gone = readAll(first);
  await openStream();
  expect(await gone).toContain('"event":"end","reason":"displaced"');
  expect(followers.size).toBe(16);
});

test('a feed that fails is told to the daemon and ends the stream', async () => {
  const mistake = new Error('a mistake');
  await fixture.serve({
    follow: () => {
      throw mistake;
    },
  });
  const heard: EventReport[] = [];
  await client().follow((next) => heard.push(next), new AbortController().signal);
  expect(heard).toEqual([expect.objectContaining({ event: 'end', reason: 'failed' })]);
  expect(fixture.errors).toEqual([mistake]);
});

test('200 clients that say nothing, 200 that stop half way and 200 that do not read keep nobody out', async () => {
  await fixture.serve({ follow });
  const half = ['', 'GET /v1/status HT', 'POST /v1/failover HTTP/1.1\r\nhost: a\r\ncontent-length: 50\r\n\r\n{"group"'];
  for (const text of half) {
    for (let one = 0; one < 200; one += 1) (await open()).write(text);
    expect(await client().status()).toEqual(STATUS);
  }
  for (let one = 0; one < 200; one += 1) await openStream();
  const before = process.memoryUsage();
  const large = event('claim-failed', 'x'.repeat(1000));
  // 200 MB, if it were all kept for each of them.
  for (let events = 0; events < 1000; events += 1) {
    publish(large);
    if (events % 20 === 0) await new Promise(setImmediate);
  }
  expect(await client().status()).toEqual(STATUS);
  const after = process.memoryUsage();
  expect(followers.size).toBe(0);
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(50e6);
  for (const socket of sockets) socket.resume();
  await until(() => sockets.filter(({ closed }) => !closed).length <= 64);
});
