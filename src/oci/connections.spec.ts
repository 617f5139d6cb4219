import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionOptions, ConnectionState } from './connection.ts';
import { createConnections } from './connections.ts';
import { monotonic } from './deadline.ts';
import { OciFault } from './errors.ts';
import type { HttpAnswer } from './exchange.ts';

const request = { method: 'GET', url: 'https://api/', headers: {} };
const answer: HttpAnswer = { status: 200, headers: {}, body: '' };
const never = new AbortController().signal;

interface Fake {
  current: ConnectionState;
  used: number;
  opens: number;
  become(next: ConnectionState, fault?: OciFault): void;
  finish(): void;
}

/** Connections that open and answer when the test says so. */
function fakes(count: number, state: ConnectionState = 'idle') {
  const made: Fake[] = [];
  const sent: number[] = [];
  function fake(options: ConnectionOptions): Connection {
    const index = made.length;
    let finish: (() => void) | undefined;
    const self: Fake = {
      current: state,
      used: index,
      opens: 0,
      become(next: ConnectionState, fault?: OciFault) {
        self.current = next;
        options.onChange(fault);
      },
      finish: () => finish?.(),
    };
    const connection: Connection = {
      state: () => self.current,
      lastUsed: () => self.used,
      send() {
        sent.push(index);
        self.become('busy');
        return new Promise((resolve) => {
          finish = () => {
            self.used = 1_000 + sent.length;
            self.become('idle');
            resolve(answer);
          };
        });
      },
      openNow() {
        self.opens += 1;
      },
      close: () => self.become('closed'),
    };
    made.push(self);
    return connection;
  }
  const pool = createConnections({ origin: 'https://api', count, openTimeout: 1_000, connect: fake });
  return { pool, made, sent };
}

describe('createConnections', () => {
  it('sends writes on the connection that answered last, reads on the one idle for longest', () => {
    const { pool, sent } = fakes(4);
    void pool.send(request, { kind: 'write', signal: never });
    void pool.send(request, { kind: 'read', signal: never });
    expect(sent).toEqual([3, 0]);
  });

  it('lets reads take at most half of the connections', () => {
    const { pool, sent } = fakes(4);
    for (let i = 0; i < 4; i += 1) void pool.send(request, { kind: 'read', signal: never });
    expect(sent).toEqual([0, 1]);
    void pool.send(request, { kind: 'write', signal: never });
    expect(sent).toEqual([0, 1, 3]);
  });

  it('rotates reads over all connections', async () => {
    const { pool, made, sent } = fakes(4);
    for (let i = 0; i < 8; i += 1) {
      const done = pool.send(request, { kind: 'read', signal: never });
      made[sent.at(-1) ?? 0]?.finish();
      await done;
    }
    expect(sent).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  it('gives a free connection to a waiting write before a waiting read', () => {
    const { pool, made, sent } = fakes(2);
    for (const kind of ['write', 'write', 'read', 'write'] as const) void pool.send(request, { kind, signal: never });
    expect(sent).toEqual([1, 0]);
    made[0]?.finish();
    expect(sent).toEqual([1, 0, 0]);
    expect(pool.longestIdle()).toBe(0);
  });

  it('drops a write that waited too long', async () => {
    const { pool, sent } = fakes(1, 'opening');
    const late = pool.send(request, { kind: 'write', signal: never, sendBy: monotonic() + 20 });
    await expect(late).rejects.toMatchObject({ code: 'expired-unsent' });
    await expect(pool.send(request, { kind: 'write', signal: never, sendBy: monotonic() - 1 })).rejects.toMatchObject({
      code: 'expired-unsent',
    });
    expect(sent).toEqual([]);
  });

  it('ends the wait for a connection with the deadline', async () => {
    const { pool, made, sent } = fakes(1, 'opening');
    const controller = new AbortController();
    const waiting = pool.send(request, { kind: 'read', signal: controller.signal });
    controller.abort(new OciFault('timeout', 'late'));
    await expect(waiting).rejects.toMatchObject({ code: 'timeout' });
    made[0]?.become('idle');
    expect(sent).toEqual([]);
  });

  it('says at once why no connection can be opened', async () => {
    const { pool, made } = fakes(2, 'broken');
    const waiting = pool.send(request, { kind: 'read', signal: never });
    expect(made.map((connection) => connection.opens)).toEqual([1, 0]);
    made[0]?.become('broken', new OciFault('network', 'refused'));
    await expect(waiting).rejects.toMatchObject({ code: 'network', message: 'refused' });
  });

  it('grows and never closes one that may be in use', () => {
    const { pool, made } = fakes(2);
    pool.grow(5);
    pool.grow(3);
    expect(made.map((connection) => connection.current)).toEqual(['idle', 'idle', 'idle', 'idle', 'idle']);
    expect(pool.readLimit()).toBe(2);
  });
});
