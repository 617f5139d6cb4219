/** Datagrams that must not be believed, each with the reason under which a router has to count it. */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import {
  type Advert,
  datagramKind,
  encodeAdvert,
  type Milliseconds,
  sequenceAt,
  signDatagram,
} from '../../src/dgram-vrrp/index.ts';
import type { CapturedDatagram } from './capture.ts';

/** One direction of a path: whom the forger pretends to be, and whom it means to fool. */
export interface Victim {
  readonly source: string;
  readonly destination: string;
}

export interface Trick {
  readonly what: string;
  /** `reason` of failoverd_adverts_rejected_total. */
  readonly reason: string;
  readonly bytes: Uint8Array;
}

const KEY_ID = 1;
/** Bytes of the trailer (hmac-trailer.ts). */
const TRAILER = 28;
/**
 * How far ahead a forgery is dated: it is not older than what the real router sent meanwhile, which would be refused
 * for that before its signature is looked at, and within the time window.
 */
const AHEAD = 2_000;

export interface ForgerOptions {
  readonly secret: Uint8Array;
  readonly virtualRouterId: number;
  readonly interval: Milliseconds;
}

/** An advert that would start a takeover or end a mastership, if it were believed: priority 0, or 255. */
function tempting(priority: number, options: ForgerOptions): Advert {
  const { virtualRouterId, interval } = options;
  return { version: 3, virtualRouterId, priority, interval, addresses: ['172.20.136.132', '10.0.0.4', '10.0.0.36'] };
}

function changed(bytes: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [index, value] of Object.entries(changes)) copy[Number(index)] = value;
  return copy;
}

/** What somebody can send who does not have the key. */
export function forgedAdverts(victim: Victim, priority: number, options: ForgerOptions): readonly Trick[] {
  const stranger = createSecretKey(randomBytes(32));
  const sign = (pdu: Uint8Array, key: KeyObject, id = KEY_ID): Uint8Array =>
    signDatagram(pdu, victim.source, { id, key }, sequenceAt(Date.now() + AHEAD));
  const pdu = encodeAdvert(tempting(priority, options), victim);
  const signed = sign(pdu, stranger);
  return [
    { what: 'without a signature', reason: 'missing', bytes: pdu },
    { what: 'signed with another key', reason: 'bad-hmac', bytes: signed },
    { what: 'signed with a key of another number', reason: 'unknown-key', bytes: sign(pdu, stranger, 77) },
    { what: 'with another type of trailer', reason: 'malformed', bytes: changed(signed, { [pdu.length]: 9 }) },
    // What is left of the trailer counts as part of the advert then.
    { what: 'cut off in the trailer', reason: 'checksum', bytes: signed.subarray(0, signed.length - 5) },
    { what: 'cut off in the header', reason: 'truncated', bytes: signed.subarray(0, 5) },
    { what: 'empty', reason: 'truncated', bytes: new Uint8Array(0) },
    { what: 'with a wrong checksum', reason: 'checksum', bytes: changed(signed, { 6: 0, 7: 0 }) },
    { what: 'of another VRRP version', reason: 'version', bytes: changed(signed, { 0: 0x41 }) },
    { what: 'of another type', reason: 'type', bytes: changed(signed, { 0: 0x32 }) },
  ];
}

/** What only somebody with the key can send: another cluster with the same key, for example. */
export function strayAdverts(victim: Victim, priority: number, options: ForgerOptions): readonly Trick[] {
  const key = createSecretKey(options.secret);
  const other = { ...tempting(priority, options), virtualRouterId: options.virtualRouterId + 1 };
  const sign = (time: Milliseconds, advert: Advert): Uint8Array =>
    signDatagram(encodeAdvert(advert, victim), victim.source, { id: KEY_ID, key }, sequenceAt(time));
  const own = tempting(priority, options);
  return [
    { what: 'of another virtual router', reason: 'vrid', bytes: sign(Date.now(), other) },
    { what: 'from an hour ago', reason: 'outside-window', bytes: sign(Date.now() - 3_600_000, own) },
    { what: 'from an hour ahead', reason: 'outside-window', bytes: sign(Date.now() + 3_600_000, own) },
  ];
}

/** Presence that must not be believed, made of a real one. */
export function forgedPresence(real: CapturedDatagram): readonly Trick[] {
  const { bytes } = real;
  const end = bytes.length - 1;
  const flipped = changed(bytes, { [end]: (bytes[end] ?? 0) ^ 1 });
  const fresh = Buffer.from(flipped);
  fresh.writeBigUInt64BE(sequenceAt(Date.now() + AHEAD), fresh.length - TRAILER + 4);
  return [
    { what: 'presence with a wrong signature', reason: 'bad-hmac', bytes: fresh },
    { what: 'presence without a signature', reason: 'missing', bytes: bytes.subarray(0, bytes.length - TRAILER) },
    { what: 'presence cut off', reason: 'presence-length', bytes: bytes.subarray(0, bytes.length - 9) },
    { what: 'presence cut off in its header', reason: 'presence-truncated', bytes: bytes.subarray(0, 6) },
    { what: 'presence of a release to come', reason: 'presence-unsupported-version', bytes: changed(bytes, { 2: 9 }) },
  ];
}

/** The last datagram of a kind that a router really sent on a path, and was heard by the other. */
export function lastHeard(
  datagrams: readonly CapturedDatagram[],
  victim: Victim,
  kind: 'advert' | 'presence',
): CapturedDatagram {
  const found = datagrams.findLast(
    ({ source, destination, bytes }) =>
      source === victim.source && destination === victim.destination && datagramKind(bytes) === kind,
  );
  if (found === undefined) throw new Error(`no ${kind} from ${victim.source} to ${victim.destination} was captured`);
  return found;
}
