/**
 * The authentication trailer of draft-cassen-vrrp-auth-hmac, appended to an advert or a presence datagram:
 *
 *   0                   1                   2                   3
 *   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |   Type = 1    |    Key ID     |         Reserved = 0          |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 Sequence: UTC seconds                         |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |  Sequence: 1/65536 seconds    |      Sequence: counter        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |                 HMAC-SHA256, its first 128 bits               |
 *  |                                                               |
 *  |                                                               |
 *  |                                                               |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The HMAC covers this pseudo header, then the datagram up to the HMAC, then 16 zero bytes in its place:
 *
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  | Family 4 | 6  | VRRP version  | Virtual Rtr ID|      0        |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *  |      Source address, 16 bytes, an IPv4 one padded with zeros  |
 *  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * The checksum of an advert (bytes 6 and 7) is read as zero. A presence datagram has version 15 and VRID 0 there, which
 * no advert can have, and every byte of it counts.
 */

import { datagramKind, PRESENCE_VERSION_NIBBLE } from './kind.ts';
import type { Sequence } from './sequence.ts';

export const TRAILER_LENGTH = 28;
export const HMAC_LENGTH = 16;
const PREFIX_LENGTH = TRAILER_LENGTH - HMAC_LENGTH;
const PSEUDO_HEADER_LENGTH = 20;
const TYPE_HMAC_SHA256_128 = 1;

export type TrailerPrefix = { readonly keyId: number; readonly sequence: Sequence };

/** The datagram with room for its trailer, everything but the HMAC filled in. */
export function appendTrailer(pdu: Uint8Array, { keyId, sequence }: TrailerPrefix): Uint8Array {
  const datagram = new Uint8Array(pdu.length + TRAILER_LENGTH);
  datagram.set(pdu);
  datagram[pdu.length] = TYPE_HMAC_SHA256_128;
  datagram[pdu.length + 1] = keyId;
  new DataView(datagram.buffer).setBigUint64(pdu.length + 4, sequence);
  return datagram;
}

/** The trailer's fields; undefined if it has not 28 bytes or is of another type. Reserved bits are ignored. */
export function parseTrailer(trailer: Uint8Array): TrailerPrefix | undefined {
  if (trailer.length !== TRAILER_LENGTH || trailer[0] !== TYPE_HMAC_SHA256_128) return undefined;
  const view = new DataView(trailer.buffer, trailer.byteOffset);
  return { keyId: view.getUint8(1), sequence: view.getBigUint64(4) };
}

/** What the HMAC is computed over, for a datagram that ends with a trailer and the source address it travels under. */
export function hmacInput(datagram: Uint8Array, source: Uint8Array): Uint8Array {
  const covered = datagram.length - HMAC_LENGTH;
  const input = new Uint8Array(PSEUDO_HEADER_LENGTH + datagram.length);
  const isPresence = datagramKind(datagram) === 'presence';
  input[0] = source.length === 4 ? 4 : 6;
  input[1] = isPresence ? PRESENCE_VERSION_NIBBLE : (datagram[0] ?? 0) >>> 4;
  input[2] = isPresence ? 0 : (datagram[1] ?? 0);
  input.set(source, 4);
  input.set(datagram.subarray(0, covered), PSEUDO_HEADER_LENGTH);
  if (!isPresence) input.fill(0, PSEUDO_HEADER_LENGTH + 6, PSEUDO_HEADER_LENGTH + 8);
  return input;
}

/** Least length of a datagram that hmacInput makes sense for: a fixed header of 8 bytes and a trailer. */
export const SIGNED_LENGTH_MIN = 8 + PREFIX_LENGTH + HMAC_LENGTH;
