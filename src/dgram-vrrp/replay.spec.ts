import { describe, expect, it } from 'vitest';
import { createReplayGuard, type Sender } from './replay.ts';
import { sequenceAt } from './sequence.ts';

const NOW = 1_744_830_464_000;
const sender: Sender = { source: '10.0.0.2', virtualRouterId: 51, kind: 'advert' };

describe('the replay guard', () => {
  it('accepts what grows and refuses what does not', () => {
    const guard = createReplayGuard(5000);
    expect(guard.check(sender, sequenceAt(NOW), NOW)).toBeUndefined();
    guard.accept(sender, sequenceAt(NOW));
    expect(guard.check(sender, sequenceAt(NOW), NOW)).toBe('replayed');
    expect(guard.check(sender, sequenceAt(NOW - 1), NOW)).toBe('replayed');
    expect(guard.check(sender, sequenceAt(NOW) + 1n, NOW)).toBeUndefined();
  });

  it('moves no mark by checking', () => {
    const guard = createReplayGuard(5000);
    guard.check(sender, sequenceAt(NOW + 1000), NOW);
    expect(guard.check(sender, sequenceAt(NOW), NOW)).toBeUndefined();
  });

  it.each([
    ['another path', { ...sender, source: '172.20.136.130' }],
    ['another virtual router', { ...sender, virtualRouterId: 52 }],
    ['another kind', { ...sender, virtualRouterId: 0, kind: 'presence' as const }],
  ])('keeps a mark of its own for %s', (_what, other) => {
    const guard = createReplayGuard(5000);
    guard.accept(sender, sequenceAt(NOW));
    expect(guard.check(other, sequenceAt(NOW - 1), NOW)).toBeUndefined();
  });

  it('holds the window in both directions, its edge included', () => {
    const guard = createReplayGuard(5000);
    expect(guard.check(sender, sequenceAt(NOW - 5000), NOW)).toBeUndefined();
    expect(guard.check(sender, sequenceAt(NOW + 5000), NOW)).toBeUndefined();
    expect(guard.check(sender, sequenceAt(NOW - 5001), NOW)).toBe('outside-window');
    expect(guard.check(sender, sequenceAt(NOW + 5001), NOW)).toBe('outside-window');
  });

  it('names the clock rather than the order when both are wrong', () => {
    const guard = createReplayGuard(5000);
    guard.accept(sender, sequenceAt(NOW));
    expect(guard.check(sender, sequenceAt(NOW - 3_600_000), NOW)).toBe('outside-window');
  });

  it("applies the window to the sender's clock", () => {
    const guard = createReplayGuard(5000);
    const hour = 3_600_000;
    expect(guard.check(sender, sequenceAt(NOW + hour), NOW, hour)).toBeUndefined();
    expect(guard.check(sender, sequenceAt(NOW), NOW, hour)).toBe('outside-window');
  });

  it('forgets a source that started anew', () => {
    const guard = createReplayGuard(5000);
    const other = { ...sender, source: '10.0.0.3' };
    guard.accept(sender, sequenceAt(NOW));
    guard.accept(other, sequenceAt(NOW));
    guard.reset(sender.source);
    expect(guard.check(sender, sequenceAt(NOW - 1000), NOW)).toBeUndefined();
    expect(guard.check(other, sequenceAt(NOW - 1000), NOW)).toBe('replayed');
  });
});
