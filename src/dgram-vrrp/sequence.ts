import type { Milliseconds } from './timing.ts';

/**
 * The sequence number of an authentication trailer: UTC seconds·2³² + binary fraction·2¹⁶ + counter, modulo 2⁶⁴, so
 * one unit is 2⁻³² s. It is both a time and a serial number (RFC 1982), and the wrap of the seconds in 2106 is nothing
 * special. A bigint costs 85 ns per number where two 32-bit halves cost 17 ns (Node 20.20), beside some 8 µs of HMAC.
 */
export type Sequence = bigint;

const BITS = 64;
const UNITS_PER_MILLISECOND = 2 ** 32 / 1000;

/** The first sequence number of an instant, in milliseconds since 1970 UTC: the counter is zero. */
export function sequenceAt(unixTime: Milliseconds): Sequence {
  const seconds = Math.floor(unixTime / 1000);
  const fraction = Math.floor(((unixTime - seconds * 1000) * 65_536) / 1000);
  return BigInt.asUintN(BITS, (BigInt(seconds) << 32n) | (BigInt(fraction) << 16n));
}

/** True if `a` comes after `b` in serial number arithmetic (RFC 1982 §3.2). */
export function isAfter(a: Sequence, b: Sequence): boolean {
  return BigInt.asIntN(BITS, a - b) > 0n;
}

/**
 * How far the clock that wrote the sequence number is ahead of `unixTime`; negative when behind. Both the age of a
 * datagram and the offset of a peer's clock.
 */
export function leadOf(sequence: Sequence, unixTime: Milliseconds): Milliseconds {
  return Number(BigInt.asIntN(BITS, sequence - sequenceAt(unixTime))) / UNITS_PER_MILLISECOND;
}

export interface Sequencer {
  /** A number after every number given before. */
  next(): Sequence;
}

/**
 * A sender's sequence numbers: the time, or one more than the last where time stood still or went back. One sequencer
 * may serve every path, virtual router and kind of datagram of a router, for a receiver only asks that they grow.
 *
 * @param now milliseconds since 1970 UTC; must not be cached by the caller.
 */
export function createSequencer(now: () => Milliseconds): Sequencer {
  let last: Sequence | undefined;
  return {
    next() {
      const time = sequenceAt(now());
      last = last === undefined || isAfter(time, last) ? time : BigInt.asUintN(BITS, last + 1n);
      return last;
    },
  };
}
