import type { DatagramKind } from './kind.ts';
import { isAfter, leadOf, type Sequence } from './sequence.ts';
import type { Milliseconds } from './timing.ts';

/**
 * The sender a mark belongs to. A router that sends on several paths has several source addresses, each with a mark of
 * its own: the paths do not keep the order among each other.
 */
export type Sender = {
  /** In one spelling throughout (canonicalAddress). */
  readonly source: string;
  /** 0 for presence. */
  readonly virtualRouterId: number;
  readonly kind: DatagramKind;
};

export type ReplayError =
  /** Written by a clock further away than the window, after its known offset. */
  | 'outside-window'
  /** Not after the last datagram accepted from this sender. */
  | 'replayed';

export interface ReplayGuard {
  /**
   * Whether a sequence number may be accepted. Changes nothing, so that a forged datagram cannot move a mark: call
   * `accept` once the HMAC was found right.
   *
   * @param now the own clock, milliseconds since 1970 UTC.
   * @param clockOffset how far the sender's clock is known to be ahead of the own.
   */
  check(sender: Sender, sequence: Sequence, now: Milliseconds, clockOffset?: Milliseconds): ReplayError | undefined;
  accept(sender: Sender, sequence: Sequence): void;
  /** Forget every mark of a source address: its router started anew with a clock that is behind. */
  reset(source: string): void;
}

/** @param timeWindow how far a sequence number may be from the receiver's time, either way; asked each time. */
export function createReplayGuard(timeWindow: Milliseconds | (() => Milliseconds)): ReplayGuard {
  const window = typeof timeWindow === 'number' ? () => timeWindow : timeWindow;
  const marks = new Map<string, Map<number, Sequence>>();
  // A VRID has 8 bits, so presence finds its mark beyond them.
  const slotOf = ({ kind, virtualRouterId }: Sender): number => (kind === 'presence' ? 256 : virtualRouterId);
  return {
    check(sender, sequence, now, clockOffset = 0) {
      if (Math.abs(leadOf(sequence, now + clockOffset)) > window()) return 'outside-window';
      const mark = marks.get(sender.source)?.get(slotOf(sender));
      return mark === undefined || isAfter(sequence, mark) ? undefined : 'replayed';
    },
    accept(sender, sequence) {
      let ofSource = marks.get(sender.source);
      if (ofSource === undefined) {
        ofSource = new Map();
        marks.set(sender.source, ofSource);
      }
      ofSource.set(slotOf(sender), sequence);
    },
    reset(source) {
      marks.delete(source);
    },
  };
}
