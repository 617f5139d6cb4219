import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { AF_UNIX, bindSocket, closeDescriptor, openSocket, receiveFrom, SOCK_DGRAM } from './libc.ts';
import { createNotifier } from './sd-notify.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A unix datagram socket as systemd would hold it. `name` as in NOTIFY_SOCKET. */
function listen(name: string) {
  const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0);
  cleanups.push(() => closeDescriptor(fd));
  const path = name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`;
  bindSocket(fd, Buffer.concat([Buffer.from([AF_UNIX, 0]), Buffer.from(path)]));
  const buffer = Buffer.alloc(512);
  return {
    next(): string | undefined {
      const received = receiveFrom(fd, buffer, new Uint8Array(128));
      return received.kind === 'datagram' ? buffer.toString('utf8', 0, received.length) : undefined;
    },
  };
}

function socketPath(): string {
  const directory = mkdtempSync(join(tmpdir(), 'notify-'));
  cleanups.push(() => rmSync(directory, { recursive: true }));
  return join(directory, 'notify');
}

function notifier(env: Parameters<typeof createNotifier>[0]) {
  const made = createNotifier(env, 4711);
  cleanups.push(() => made.close());
  return made;
}

describe('a notifier', () => {
  it.each([
    ['a path', socketPath],
    ['an abstract name', () => `@failoverd-notify-${process.pid}`],
  ])('says each state to %s', (_, name) => {
    const NOTIFY_SOCKET = name();
    const systemd = listen(NOTIFY_SOCKET);
    const notify = notifier({ NOTIFY_SOCKET });
    expect(notify.ready()).toBe(true);
    expect(systemd.next()).toBe('READY=1');
    notify.watchdog();
    expect(systemd.next()).toBe('WATCHDOG=1');
    notify.stopping();
    expect(systemd.next()).toBe('STOPPING=1');
    notify.status('master of isv\nREADY=1');
    expect(systemd.next()).toBe('STATUS=master of isv READY=1');
    notify.reloading();
    expect(systemd.next()).toMatch(/^RELOADING=1\nMONOTONIC_USEC=\d+$/);
    expect(systemd.next()).toBeUndefined();
  });

  it('stamps a reload with the monotonic clock', () => {
    const NOTIFY_SOCKET = socketPath();
    const systemd = listen(NOTIFY_SOCKET);
    const before = process.hrtime.bigint() / 1000n;
    notifier({ NOTIFY_SOCKET }).reloading();
    const stamp = BigInt(systemd.next()?.split('MONOTONIC_USEC=')[1] ?? 0);
    expect(stamp).toBeGreaterThanOrEqual(before);
    expect(stamp).toBeLessThanOrEqual(process.hrtime.bigint() / 1000n);
  });

  it('neither blocks nor throws when nobody reads', () => {
    const NOTIFY_SOCKET = socketPath();
    listen(NOTIFY_SOCKET);
    const notify = notifier({ NOTIFY_SOCKET });
    const said = Array.from({ length: 5000 }, () => notify.watchdog());
    expect(said.at(0)).toBe(true);
    expect(said.at(-1)).toBe(false);
  });

  it.each([undefined, '', 'relative', `/${'x'.repeat(120)}`, '/no/such/socket'])(
    'is silent for NOTIFY_SOCKET %s',
    (name) => {
      expect(notifier({ NOTIFY_SOCKET: name }).ready()).toBe(false);
    },
  );

  it.each<[string | undefined, string | undefined, number | undefined]>([
    ['30000000', '4711', 15_000],
    ['30000000', undefined, 15_000],
    ['500000', '4711', 250],
    ['30000000', '4712', undefined],
    ['0', '4711', undefined],
    ['soon', '4711', undefined],
    [undefined, '4711', undefined],
  ])('WATCHDOG_USEC %s for process %s: every %s ms', (WATCHDOG_USEC, WATCHDOG_PID, expected) => {
    expect(notifier({ WATCHDOG_USEC, WATCHDOG_PID }).watchdogInterval).toBe(expected);
  });
});
