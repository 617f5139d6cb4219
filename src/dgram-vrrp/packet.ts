/**
 * The advert on the wire.
 *
 * VRRPv3 (RFC 9568 §5.1):
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Version| Type  | Virtual Rtr ID|   Priority    |  Count        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Reserve| Max Advertise Interval|          Checksum             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |            Count IPv4 (4 bytes) or IPv6 (16 bytes) addresses  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The interval is in centiseconds. VRRPv2 (RFC 3768 §5.1), IPv4 only:
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |Version| Type  | Virtual Rtr ID|   Priority    |  Count        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Auth Type   |   Adver Int   |          Checksum             |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                    Count IPv4 addresses                       |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                    Authentication Data (8 bytes)              |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The interval is in seconds. Either may be followed by the 28 bytes of an HMAC trailer (hmac-trailer.ts), which no
 * length and no checksum of the advert counts.
 */

import { canonicalAddress, formatAddress, isLinkLocalBytes, parseAddress } from './address.ts';
import type { Advert, ChecksumForm, DecodeContext, DecodeErrorCode, DecodeResult, EncodeContext } from './advert.ts';
import { checksumOf, fold, sumPseudoHeader, sumWords } from './checksum.ts';
import { TRAILER_LENGTH } from './hmac-trailer.ts';

const HEADER_LENGTH = 8;
const V2_AUTH_DATA_LENGTH = 8;
const TYPE_ADVERTISEMENT = 1;
const CHECKSUM_OFFSET = 6;
const AUTH_TYPE_NONE = 0;
const AUTH_TYPE_PASSWORD = 1;
/** IP Authentication Header (RFC 2338 §5.3.6): the highest type that was ever assigned. */
const AUTH_TYPE_AH = 2;
/** A message whose sum folds to this is intact. */
const INTACT = 0xffff;

/**
 * The bytes of an advert for one path. A value that the wire cannot carry is a RangeError: the configuration was
 * checked before, so it is a mistake of the program.
 */
export function encodeAdvert(advert: Advert, context: EncodeContext): Uint8Array {
  const source = parseAddress(context.source);
  const destination = parseAddress(context.destination);
  if (source === undefined || destination?.length !== source.length) {
    throw new RangeError(`${context.source} and ${context.destination} are not two addresses of one family`);
  }
  assertInteger('virtual router id', advert.virtualRouterId, 1, 255);
  assertInteger('priority', advert.priority, 0, 255);
  assertInteger('number of addresses', advert.addresses.length, 0, 255);
  if (advert.version === 2 && source.length !== 4) throw new RangeError('VRRPv2 has no IPv6');

  const addressesEnd = HEADER_LENGTH + advert.addresses.length * source.length;
  const bytes = new Uint8Array(addressesEnd + (advert.version === 2 ? V2_AUTH_DATA_LENGTH : 0));
  bytes[0] = (advert.version << 4) | TYPE_ADVERTISEMENT;
  bytes[1] = advert.virtualRouterId;
  bytes[2] = advert.priority;
  bytes[3] = advert.addresses.length;
  advert.addresses.forEach((text, index) => {
    const address = parseAddress(text);
    if (address?.length !== source.length) throw new RangeError(`${text} is not of the family of ${context.source}`);
    bytes.set(address, HEADER_LENGTH + index * source.length);
  });
  let sum = 0;
  if (advert.version === 2) {
    const seconds = advert.interval / 1000;
    assertInteger('v2 interval in seconds', seconds, 1, 255);
    bytes[5] = seconds;
    if (context.authentication?.kind === 'password') {
      bytes[4] = AUTH_TYPE_PASSWORD;
      bytes.set(passwordBytes(context.authentication.password), addressesEnd);
    }
  } else {
    const centiseconds = Math.round(advert.interval / 10);
    assertInteger('v3 interval in centiseconds', centiseconds, 1, 0xfff);
    bytes[4] = centiseconds >>> 8;
    bytes[5] = centiseconds & 0xff;
    if (source.length === 16 || context.checksumForm !== 'message') {
      sum = sumPseudoHeader(source, destination, bytes.length);
    }
  }
  const checksum = checksumOf(sum + sumWords(bytes));
  bytes[CHECKSUM_OFFSET] = checksum >>> 8;
  bytes[CHECKSUM_OFFSET + 1] = checksum & 0xff;
  return bytes;
}

/** The advert in a datagram, or why it is none. Never throws, whatever the bytes. */
export function decodeAdvert(bytes: Uint8Array, context: DecodeContext): DecodeResult {
  if (bytes.length < HEADER_LENGTH) return failure('truncated');
  const byte = (offset: number): number => bytes[offset] ?? 0;
  const version = byte(0) >>> 4;
  if (version !== 3 && !(version === 2 && context.family === 'ipv4')) return failure('version');
  if ((byte(0) & 0x0f) !== TYPE_ADVERTISEMENT) return failure('type');
  const virtualRouterId = byte(1);
  if (virtualRouterId !== (context.virtualRouterId ?? virtualRouterId)) return failure('vrid');
  if (version !== (context.version ?? version)) return failure('version');

  const addressLength = context.family === 'ipv4' ? 4 : 16;
  const count = byte(3);
  const addressesEnd = HEADER_LENGTH + count * addressLength;
  const pduLength = addressesEnd + (version === 2 ? V2_AUTH_DATA_LENGTH : 0);
  const hasTrailer = bytes.length === pduLength + TRAILER_LENGTH;
  // A wrong length is told from a wrong checksum by summing what is there.
  const checksumForm = verifyChecksum(bytes, hasTrailer ? pduLength : bytes.length, version, context);
  if (checksumForm === undefined) return failure('checksum');
  // Reserved. Only an intact message is worth saying so of; damaged ones are full of zeros.
  if (virtualRouterId === 0) return failure('vrid');
  if (context.ttl !== undefined && context.ttl < (context.minTtl ?? 255)) return failure('ttl');
  if (count === 0 && context.allowEmptyAddressList !== true) return failure('count-zero');
  if (bytes.length !== pduLength && !hasTrailer) return failure('length');

  let interval: number;
  if (version === 2) {
    const error = checkV2Authentication(byte(4), bytes.subarray(addressesEnd, pduLength), context);
    if (error !== undefined) return failure(error);
    interval = byte(5) * 1000;
  } else {
    // The 4 reserved bits are ignored on reception (RFC 9568 §5.2.6).
    interval = (((byte(4) & 0x0f) << 8) | byte(5)) * 10;
  }
  if (interval === 0) return failure('interval-zero');
  if (version === 2 && interval !== (context.interval ?? interval)) return failure('interval-mismatch');

  const addresses: string[] = [];
  for (let offset = HEADER_LENGTH; offset < addressesEnd; offset += addressLength) {
    addresses.push(formatAddress(bytes.subarray(offset, offset + addressLength)));
  }
  if (context.requireLinkLocal === true && context.family === 'ipv6' && count > 0) {
    if (!isLinkLocalBytes(bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + addressLength))) return failure('linklocal');
  }
  if (context.addresses !== undefined && !sameAddresses(addresses, context.addresses)) return failure('address-list');

  return {
    ok: true,
    advert: { version, virtualRouterId, priority: byte(2), interval, addresses },
    checksumForm,
    pduLength,
    trailer: bytes.subarray(pduLength),
  };
}

/** True if both lists hold the same addresses, in any order and spelling: the check of RFC 9568 §7.1. */
export function sameAddresses(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  if (a.every((text, index) => text === b[index])) return true;
  const wanted = new Set(b.map((text) => canonicalAddress(text) ?? text));
  const found = new Set(a.map((text) => canonicalAddress(text) ?? text));
  return wanted.size === found.size && [...found].every((address) => wanted.has(address));
}

function verifyChecksum(
  bytes: Uint8Array,
  length: number,
  version: 2 | 3,
  context: DecodeContext,
): ChecksumForm | undefined {
  const sum = sumWords(bytes, length);
  const messageAlone = fold(sum) === INTACT;
  if (version === 2) return messageAlone ? 'message' : undefined;
  if (messageAlone && context.family === 'ipv4') return 'message';
  const source = parseAddress(context.source);
  const destination = context.destination === undefined ? undefined : parseAddress(context.destination);
  if (source === undefined || destination === undefined) return undefined;
  return fold(sum + sumPseudoHeader(source, destination, length)) === INTACT ? 'pseudo-header' : undefined;
}

function checkV2Authentication(
  authType: number,
  authData: Uint8Array,
  { authentication }: DecodeContext,
): DecodeErrorCode | undefined {
  if (authentication === undefined) return authType > AUTH_TYPE_AH ? 'auth-type' : undefined;
  // With type 0 the data is ignored on reception (RFC 3768 §5.3.6.1).
  if (authentication.kind === 'none') return authType === AUTH_TYPE_NONE ? undefined : 'auth-type';
  if (authType !== AUTH_TYPE_PASSWORD) return 'auth-type';
  const wanted = passwordBytes(authentication.password);
  let difference = 0;
  for (let index = 0; index < V2_AUTH_DATA_LENGTH; index++) difference |= (wanted[index] ?? 0) ^ (authData[index] ?? 0);
  return difference === 0 ? undefined : 'auth-data';
}

function passwordBytes(password: string): Uint8Array {
  const bytes = new Uint8Array(V2_AUTH_DATA_LENGTH);
  bytes.set(new TextEncoder().encode(password).subarray(0, V2_AUTH_DATA_LENGTH));
  return bytes;
}

function assertInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${what} ${value} is not a whole number from ${least} to ${most}`);
}

function failure(error: DecodeErrorCode): DecodeResult {
  return { ok: false, error };
}
