import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../test/data/vrrp-vectors.json' with { type: 'json' };
import { type AuthMode, createAuthenticator, type HmacKey, signDatagram } from './auth-hmac.ts';
import { encodeAdvert } from './packet.ts';
import { createReplayGuard } from './replay.ts';
import { createSequencer, sequenceAt } from './sequence.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const NOW = 1_744_830_464_500;
const SOURCE = '198.51.100.10';
const keyOf = (id: number, fill = id): HmacKey => ({ id, secret: new Uint8Array(32).fill(fill) });

function authenticator(mode: AuthMode, keys: readonly HmacKey[] = [keyOf(1)], activeKey?: number) {
  return createAuthenticator({
    mode,
    keys,
    activeKey: activeKey ?? keys[0]?.id ?? 1,
    sequencer: createSequencer(() => NOW),
    replayGuard: createReplayGuard(5000),
  });
}

const pdu = encodeAdvert(
  { version: 3, virtualRouterId: 51, priority: 200, interval: 1000, addresses: ['192.0.2.1'] },
  { source: SOURCE, destination: '192.0.2.10' },
);
const at = { now: NOW };

describe("the draft's images", () => {
  it.each(vectors.hmac)('$id', (vector) => {
    const secret = hex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f');
    const datagram = hex(vector.bytes);
    const pduLength = datagram.length - 28;
    const authentic = authenticator('enforce', [{ id: 1, secret }]);
    const result = authentic.verify(datagram, pduLength, vector.ip.src);
    if (vector.expect === 'bad-hmac') {
      expect(result).toEqual({ ok: false, error: 'bad-hmac' });
      expect(authentic.open(datagram, pduLength, vector.ip.src, at)).toEqual(result);
      return;
    }
    expect(result).toEqual({ ok: true, keyId: 1, sequence: 0x6800_0000_8000_0000n });
    expect(authentic.open(datagram, pduLength, vector.ip.src, at)).toMatchObject({ ok: true, signed: true });
    const key = { id: 1, key: createSecretKey(secret) };
    expect(signDatagram(datagram.subarray(0, pduLength), vector.ip.src, key, sequenceAt(NOW))).toEqual(datagram);
  });
});

describe('the modes', () => {
  const signed = authenticator('enforce').seal(pdu, SOURCE);
  const wrong = authenticator('enforce', [keyOf(1, 99)]).seal(pdu, SOURCE);

  it.each<[mode: AuthMode, sends: 'signed' | 'unsigned', unsigned: string, signed: string, wrong: string]>([
    ['none', 'unsigned', 'unsigned', 'unsigned', 'unsigned'],
    ['receive-only', 'unsigned', 'unsigned', 'signed', 'bad-hmac'],
    ['permissive', 'signed', 'unsigned', 'signed', 'bad-hmac'],
    ['enforce', 'signed', 'missing', 'signed', 'bad-hmac'],
  ])('%s sends %s; takes an unsigned one as %s, a signed one as %s, a wrong one as %s', (mode, sends, ...expected) => {
    const open = (datagram: Uint8Array): string => {
      const result = authenticator(mode).open(datagram, pdu.length, SOURCE, at);
      if (!result.ok) return result.error;
      return result.signed ? 'signed' : 'unsigned';
    };
    expect(authenticator(mode).seal(pdu, SOURCE).length).toBe(pdu.length + (sends === 'signed' ? 28 : 0));
    expect([pdu, signed, wrong].map(open)).toEqual(expected);
  });

  it('needs no key to send unsigned', () => {
    const without = createAuthenticator({
      mode: 'none',
      keys: [],
      sequencer: createSequencer(() => NOW),
      replayGuard: createReplayGuard(5000),
    });
    expect(without.seal(pdu, SOURCE)).toBe(pdu);
  });
});

describe('replacing a key', () => {
  it('goes through a time where both are known, without a refusal at any step', () => {
    const steps = [
      authenticator('enforce', [keyOf(1)], 1),
      authenticator('enforce', [keyOf(1), keyOf(2)], 1),
      authenticator('enforce', [keyOf(1), keyOf(2)], 2),
      authenticator('enforce', [keyOf(2)], 2),
    ];
    for (const [index, sender] of steps.entries()) {
      const neighbours = steps.slice(Math.max(0, index - 1), index + 2);
      for (const receiver of neighbours) {
        // A guard of its own for each pair would hide nothing here: verify has neither window nor mark.
        expect(receiver.verify(sender.seal(pdu, SOURCE), pdu.length, SOURCE)).toMatchObject({ ok: true });
      }
    }
    const [first, , , last] = steps;
    expect(last?.verify(first?.seal(pdu, SOURCE) ?? pdu, pdu.length, SOURCE)).toEqual({
      ok: false,
      error: 'unknown-key',
    });
  });
});

describe('what is refused', () => {
  it('a datagram seen before, and one older than it', () => {
    const sender = authenticator('enforce');
    const receiver = authenticator('enforce');
    const [first, second] = [sender.seal(pdu, SOURCE), sender.seal(pdu, SOURCE)];
    expect(receiver.open(second, pdu.length, SOURCE, at)).toMatchObject({ ok: true });
    expect(receiver.open(second, pdu.length, SOURCE, at)).toEqual({ ok: false, error: 'replayed' });
    expect(receiver.open(first, pdu.length, SOURCE, at)).toEqual({ ok: false, error: 'replayed' });
  });

  it('a datagram from another source address than it was signed for', () => {
    const datagram = authenticator('enforce').seal(pdu, SOURCE);
    const receiver = authenticator('enforce');
    expect(receiver.open(datagram, pdu.length, '198.51.100.11', at)).toEqual({ ok: false, error: 'bad-hmac' });
    expect(receiver.open(datagram, pdu.length, 'vrouter1', at)).toEqual({ ok: false, error: 'malformed' });
  });

  it('a datagram outside the window, unless its clock is known to be off by as much', () => {
    const datagram = authenticator('enforce').seal(pdu, SOURCE);
    const receiver = authenticator('enforce');
    const hourLater = NOW + 3_600_000;
    expect(receiver.open(datagram, pdu.length, SOURCE, { now: hourLater })).toEqual({
      ok: false,
      error: 'outside-window',
    });
    expect(receiver.verify(datagram, pdu.length, SOURCE)).toMatchObject({ ok: true });
    expect(receiver.open(datagram, pdu.length, SOURCE, { now: hourLater, offset: -3_600_000 })).toMatchObject({
      ok: true,
    });
  });

  it('a trailer of another type or length', () => {
    const datagram = authenticator('enforce').seal(pdu, SOURCE);
    const receiver = authenticator('permissive');
    const malformed = { ok: false, error: 'malformed' };
    expect(receiver.open(datagram.with(pdu.length, 2), pdu.length, SOURCE, at)).toEqual(malformed);
    expect(receiver.open(datagram.subarray(0, -1), pdu.length, SOURCE, at)).toEqual(malformed);
    expect(receiver.open(datagram.subarray(0, 30), 8, SOURCE, at)).toEqual(malformed);
  });

  it('any changed bit but those of the checksum, without moving the mark', () => {
    const datagram = authenticator('enforce').seal(pdu, SOURCE);
    const receiver = authenticator('enforce');
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const offset = bit >>> 3;
      const changed = datagram.with(offset, (datagram[offset] ?? 0) ^ (1 << (bit & 7)));
      const isChecksum = offset === 6 || offset === 7;
      expect(receiver.verify(changed, pdu.length, SOURCE).ok).toBe(isChecksum);
      if (!isChecksum) expect(receiver.open(changed, pdu.length, SOURCE, at).ok).toBe(false);
    }
    expect(receiver.open(datagram, pdu.length, SOURCE, at)).toMatchObject({ ok: true });
  });

  it('any changed bit of a presence datagram', () => {
    const presence = Uint8Array.from({ length: 12 }, (_, index) => (index === 0 ? 0xf1 : index));
    const datagram = authenticator('enforce').seal(presence, SOURCE);
    const receiver = authenticator('enforce');
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const offset = bit >>> 3;
      const changed = datagram.with(offset, (datagram[offset] ?? 0) ^ (1 << (bit & 7)));
      expect(receiver.verify(changed, presence.length, SOURCE).ok).toBe(false);
    }
  });

  it('nothing by throwing', () => {
    const receiver = authenticator('enforce');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(90), fc.string(), (bytes, pduLength, source) => {
        receiver.open(bytes, pduLength, source, at);
        receiver.open(bytes, pduLength, SOURCE, at);
        receiver.verify(bytes, Math.max(0, bytes.length - 28), SOURCE);
      }),
    );
  });
});

it.each<[what: string, keys: readonly HmacKey[], activeKey: number]>([
  ['an active key that is not there', [keyOf(1)], 2],
  ['a short key', [{ id: 1, secret: new Uint8Array(31) }], 1],
  ['a long key', [{ id: 1, secret: new Uint8Array(65) }], 1],
  ['one id twice', [keyOf(1), keyOf(1)], 1],
  ['a key id beyond a byte', [keyOf(256)], 256],
])('is not built with %s', (_what, keys, activeKey) => {
  expect(() => authenticator('enforce', keys, activeKey)).toThrow(RangeError);
});
