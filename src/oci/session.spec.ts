import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { OciFault } from './errors.ts';
import type { Session } from './instance-principal.ts';
import { keepSession, refreshDelay, type SessionKeeper } from './session.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const MINUTE = 60_000;
const start = Date.parse('2026-11-20T10:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: start, toFake: ['setTimeout', 'clearTimeout', 'Date', 'hrtime'] });
});
let keeper: SessionKeeper | undefined;
afterEach(() => {
  keeper?.close();
  vi.useRealTimers();
});

/** Hands out sessions of 20 minutes; fails while `down`. */
function federation() {
  const issued: Session[] = [];
  const state = { down: false, issued, delay: 0, changes: 0 };
  keeper = keepSession({
    requestTimeout: 2_000,
    onChange: () => {
      state.changes += 1;
    },
    async request() {
      if (state.delay > 0) await new Promise((resolve) => setTimeout(resolve, state.delay));
      if (state.down) throw new OciFault('network', 'federation is down');
      const [seconds] = process.hrtime();
      const session = {
        keyId: `ST$${issued.length}`,
        privateKey,
        expiresAt: Date.now() + 20 * MINUTE,
        receivedAt: seconds * 1_000,
      };
      issued.push(session);
      return session;
    },
  });
  return { keeper, state };
}

describe('refreshDelay', () => {
  it('lies between 50 and 66 % of the lifetime', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 3_600_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (life, random) => {
          const delay = refreshDelay(life, random);
          return delay >= life * 0.5 && delay <= life * 0.66 + 1e-6;
        },
      ),
    );
  });
});

describe('keepSession', () => {
  it('refreshes ahead of the end, again and again', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(0);
    expect(keeper.current()).toBe(state.issued[0]);
    await vi.advanceTimersByTimeAsync(10 * MINUTE - 1);
    expect(state.issued).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(4 * MINUTE);
    expect(state.issued).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(60 * MINUTE);
    expect(keeper.current()).toBe(state.issued.at(-1));
    expect(state.issued.length).toBeLessThanOrEqual(8);
  });

  it('serves the old session while refreshing fails, and tells when it ends', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(0);
    state.down = true;
    await vi.advanceTimersByTimeAsync(20 * MINUTE - 1);
    expect(keeper.current()).toBe(state.issued[0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(keeper.current()).toBeUndefined();
    expect(keeper.failure()).toMatchObject({ code: 'network', message: 'federation is down' });
    state.down = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(keeper.current()).toBe(state.issued[1]);
    expect(keeper.failure()).toBeUndefined();
  });

  it('notices after a pause of the machine that the token ended', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(0);
    vi.setSystemTime(start + 60 * MINUTE);
    expect(keeper.current()).toBeUndefined();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(state.issued).toHaveLength(2);
    expect(keeper.current()).toBe(state.issued[1]);
  });

  it('recovers as soon as a clock that was an hour ahead is set right', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(1_000);
    vi.setSystemTime(start + 60 * MINUTE);
    state.down = true;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(keeper.failure()).toBeDefined();
    vi.setSystemTime(start + 21_000);
    state.down = false;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(keeper.failure()).toBeUndefined();
    expect(keeper.current()).toBe(state.issued[1]);
  });

  it('asks once for any number of callers', async () => {
    const { keeper, state } = federation();
    state.delay = 100;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(state.issued).toHaveLength(1);
    const answers = Promise.all(Array.from({ length: 24 }, () => keeper.refresh()));
    await vi.advanceTimersByTimeAsync(100);
    expect(await answers).toEqual(Array.from({ length: 24 }, () => ({ ok: true })));
    expect(state.issued).toHaveLength(2);
  });

  it('takes a late 401 of the session before for done', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(3_000);
    const [first] = state.issued;
    if (first) keeper.rejected(first);
    expect(await keeper.refresh()).toEqual({ ok: true });
    if (first) keeper.rejected(first);
    expect(await keeper.refresh()).toEqual({ ok: true });
    expect(state.issued).toHaveLength(2);
  });

  it('is refused while its session is rejected and no other one can be had', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(0);
    const [first] = state.issued;
    if (first) keeper.rejected(first);
    expect(keeper.refused()).toBe(false);
    state.down = true;
    await keeper.refresh();
    expect(keeper.refused()).toBe(true);
    state.down = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(keeper.refused()).toBe(false);
  });

  it('refreshes a young session that itself was rejected', async () => {
    const { keeper, state } = federation();
    await vi.advanceTimersByTimeAsync(0);
    const [first] = state.issued;
    if (first) keeper.rejected(first);
    await keeper.refresh();
    expect(state.issued).toHaveLength(2);
  });
});
