/**
 * The Internet checksum (RFC 1071) and the pseudo header that VRRP sums in front of the message (RFC 9568 §5.2.8,
 * RFC 8200 §8.1). Only sums are kept: a caller adds the parts up and folds once.
 */

/** VRRP's IP protocol number; it is summed even when the message travels in UDP. */
const PROTOCOL_VRRP = 112;

/** The unfolded sum of the 16-bit words in `bytes[0, length)`, an odd last byte padded with zero. */
export function sumWords(bytes: Uint8Array, length: number = bytes.length): number {
  let sum = 0;
  let offset = 0;
  for (; offset + 1 < length; offset += 2) sum += ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  if (offset < length) sum += (bytes[offset] ?? 0) << 8;
  return sum;
}

/** The unfolded sum of the pseudo header: both addresses, the protocol and the length of the VRRP message. */
export function sumPseudoHeader(source: Uint8Array, destination: Uint8Array, messageLength: number): number {
  return sumWords(source) + sumWords(destination) + PROTOCOL_VRRP + messageLength;
}

/** The sum folded to 16 bits. A message whose sum, its checksum field included, folds to 0xffff is intact. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

/** What goes into the checksum field, given the sum of everything else. */
export function checksumOf(sum: number): number {
  return ~fold(sum) & 0xffff;
}
