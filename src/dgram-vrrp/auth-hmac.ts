import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import { canonicalAddress, parseAddress } from './address.ts';
import { appendTrailer, HMAC_LENGTH, hmacInput, parseTrailer, SIGNED_LENGTH_MIN } from './hmac-trailer.ts';
import { datagramKind } from './kind.ts';
import type { ReplayError, ReplayGuard, Sender } from './replay.ts';
import type { Sequence, Sequencer } from './sequence.ts';
import type { Milliseconds } from './timing.ts';

/**
 * What a router sends and what it accepts. Each mode understands the next, so a running cluster goes from `none` to
 * `enforce` one router at a time, in any order within a step:
 *
 * | mode           | sends    | unsigned | signed                                   |
 * |----------------|----------|----------|------------------------------------------|
 * | `none`         | unsigned | accepted | accepted, the trailer is not looked at   |
 * | `receive-only` | unsigned | accepted | accepted if right                        |
 * | `permissive`   | signed   | accepted | accepted if right                        |
 * | `enforce`      | signed   | refused  | accepted if right                        |
 *
 * `receive-only` is for the step where some receivers do not know the trailer yet (keepalived before 2.4 discards a
 * datagram that has one): first every router learns to verify, then every router signs. A wrong trailer is refused even
 * where none would be accepted. That is no protection, for an attacker could leave it away, but it finds a mistyped key
 * before `enforce` does. Only `enforce` protects.
 */
export type AuthMode = 'enforce' | 'permissive' | 'receive-only' | 'none';

/** A shared key. Peers find it by its id, so the same id must mean the same secret on every router. */
export type HmacKey = {
  /** 0 to 255; keepalived takes 1 to 255. */
  readonly id: number;
  /** 32 to 64 bytes. */
  readonly secret: Uint8Array;
};

/** Why a datagram was not authentic. One counter each; they are checked in this order, the first failure wins. */
export type AuthErrorCode =
  /** No trailer, and the mode wants one. */
  | 'missing'
  /** A trailer of another length or type, or a source that is no address. */
  | 'malformed'
  | 'unknown-key'
  | ReplayError
  | 'bad-hmac';

export type Verified = { readonly ok: true; readonly keyId: number; readonly sequence: Sequence };

export type AuthFailure = { readonly ok: false; readonly error: AuthErrorCode };

export type OpenResult =
  | (Verified & { readonly signed: true })
  /** Accepted without a look at its authenticity, as the mode allows. */
  | { readonly ok: true; readonly signed: false }
  | AuthFailure;

export interface AuthenticatorOptions {
  readonly mode: AuthMode;
  /** All that are accepted; several while a key is being replaced. */
  readonly keys: readonly HmacKey[];
  /** The id of the key to sign with. */
  readonly activeKey?: number;
  readonly sequencer: Sequencer;
  readonly replayGuard: ReplayGuard;
}

export interface Authenticator {
  /** The datagram to send on the path whose own address is `source`: signed, or as it was where the mode does not sign. */
  seal(pdu: Uint8Array, source: string): Uint8Array;
  /**
   * Whether a datagram may be believed, and if so, its sender's mark moved. Cheap checks come first: trailer, key,
   * window and order, then the HMAC.
   *
   * @param pduLength where the trailer starts, from decodeAdvert or presenceLength.
   * @param clock `now` in milliseconds since 1970 UTC; `offset`: how far the sender's clock is known to be ahead.
   */
  open(datagram: Uint8Array, pduLength: number, source: string, clock: ReceiverClock): OpenResult;
  /**
   * Key and HMAC alone, no mode, no time and no mark. For a presence datagram that was refused as `outside-window` or
   * `replayed` and may prove by its echo that it is fresh all the same: a peer whose clock is wrong.
   */
  verify(datagram: Uint8Array, pduLength: number, source: string): Verified | AuthFailure;
}

export type ReceiverClock = { readonly now: Milliseconds; readonly offset?: Milliseconds };

const SECRET_LENGTH_MIN = 32;
const SECRET_LENGTH_MAX = 64;

/** Keys that the mode cannot work with are a RangeError, here and not later. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { mode, sequencer, replayGuard } = options;
  const keys = importKeys(options.keys);
  const signs = mode === 'enforce' || mode === 'permissive';
  const signingKey = options.activeKey === undefined ? undefined : keys.get(options.activeKey);
  if (signs && signingKey === undefined) throw new RangeError('the active key is not one of the keys');

  function parse(datagram: Uint8Array, pduLength: number) {
    if (datagram.length < SIGNED_LENGTH_MIN) return undefined;
    return parseTrailer(datagram.subarray(pduLength));
  }

  function hasRightHmac(datagram: Uint8Array, source: Uint8Array, key: KeyObject): boolean {
    return timingSafeEqual(datagram.subarray(datagram.length - HMAC_LENGTH), computeHmac(datagram, source, key));
  }

  return {
    seal(pdu, source) {
      if (!signs || signingKey === undefined || options.activeKey === undefined) return pdu;
      return signDatagram(pdu, source, { id: options.activeKey, key: signingKey }, sequencer.next());
    },

    open(datagram, pduLength, source, clock) {
      if (mode === 'none') return { ok: true, signed: false };
      if (datagram.length === pduLength) {
        return mode === 'enforce' ? failure('missing') : { ok: true, signed: false };
      }
      const trailer = parse(datagram, pduLength);
      const address = parseAddress(source);
      if (trailer === undefined || address === undefined) return failure('malformed');
      const key = keys.get(trailer.keyId);
      if (key === undefined) return failure('unknown-key');
      const sender = senderOf(datagram, source);
      const replay = replayGuard.check(sender, trailer.sequence, clock.now, clock.offset);
      if (replay !== undefined) return failure(replay);
      if (!hasRightHmac(datagram, address, key)) return failure('bad-hmac');
      replayGuard.accept(sender, trailer.sequence);
      return { ok: true, signed: true, ...trailer };
    },

    verify(datagram, pduLength, source) {
      if (datagram.length === pduLength) return failure('missing');
      const trailer = parse(datagram, pduLength);
      const address = parseAddress(source);
      if (trailer === undefined || address === undefined) return failure('malformed');
      const key = keys.get(trailer.keyId);
      if (key === undefined) return failure('unknown-key');
      return hasRightHmac(datagram, address, key) ? { ok: true, ...trailer } : failure('bad-hmac');
    },
  };
}

/** A PDU with its trailer. Pure: the same arguments give the same bytes. A source that is no address is a RangeError. */
export function signDatagram(
  pdu: Uint8Array,
  source: string,
  key: { readonly id: number; readonly key: KeyObject },
  sequence: Sequence,
): Uint8Array {
  const address = parseAddress(source);
  if (address === undefined) throw new RangeError(`${source} is no address`);
  const datagram = appendTrailer(pdu, { keyId: key.id, sequence });
  datagram.set(computeHmac(datagram, address, key.key), datagram.length - HMAC_LENGTH);
  return datagram;
}

function computeHmac(datagram: Uint8Array, source: Uint8Array, key: KeyObject): Uint8Array {
  return createHmac('sha256', key).update(hmacInput(datagram, source)).digest().subarray(0, HMAC_LENGTH);
}

function senderOf(datagram: Uint8Array, source: string): Sender {
  const kind = datagramKind(datagram) ?? 'advert';
  const virtualRouterId = kind === 'presence' ? 0 : (datagram[1] ?? 0);
  return { source: canonicalAddress(source) ?? source, virtualRouterId, kind };
}

function importKeys(keys: readonly HmacKey[]): ReadonlyMap<number, KeyObject> {
  const imported = new Map<number, KeyObject>();
  for (const { id, secret } of keys) {
    if (!Number.isInteger(id) || id < 0 || id > 255) throw new RangeError(`key id ${id} is not from 0 to 255`);
    if (imported.has(id)) throw new RangeError(`key id ${id} appears twice`);
    if (secret.length < SECRET_LENGTH_MIN || secret.length > SECRET_LENGTH_MAX) {
      throw new RangeError(`key ${id} has ${secret.length} bytes, not ${SECRET_LENGTH_MIN} to ${SECRET_LENGTH_MAX}`);
    }
    imported.set(id, createSecretKey(secret));
  }
  return imported;
}

function failure(error: AuthErrorCode): AuthFailure {
  return { ok: false, error };
}
