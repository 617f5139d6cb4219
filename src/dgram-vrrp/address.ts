import ipaddr from 'ipaddr.js';

export type AddressFamily = 'ipv4' | 'ipv6';

/**
 * The address in network order: 4 or 16 bytes, undefined if the text is no address. IPv4 is strictly four decimal
 * numbers (no octal, no short forms). The zone of an IPv6 address (`%ens3`) is dropped: it is not part of the address.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpv4(text);
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  return Uint8Array.from(ipaddr.IPv6.parse(text).toByteArray());
}

function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  let index = 0;
  let digits = 0;
  let value = 0;
  for (let position = 0; position <= text.length; position++) {
    const code = position < text.length ? text.charCodeAt(position) : DOT;
    if (code === DOT) {
      if (digits === 0 || index === 4) return undefined;
      bytes[index] = value;
      index += 1;
      digits = 0;
      value = 0;
    } else {
      const digit = code - ZERO;
      if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return undefined;
      value = value * 10 + digit;
      digits += 1;
      if (value > 255) return undefined;
    }
  }
  return index === 4 ? bytes : undefined;
}

const DOT = 0x2e;
const ZERO = 0x30;

/** The canonical text of 4 or 16 bytes in network order; IPv6 as in RFC 5952. Any other length is a RangeError. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  if (bytes.length !== 16) throw new RangeError(`an address has 4 or 16 bytes, not ${bytes.length}`);
  const parts: number[] = [];
  for (let offset = 0; offset < 16; offset += 2) parts.push(((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0));
  return new ipaddr.IPv6(parts).toRFC5952String();
}

/** The one way to write an address, so that two texts are equal when the addresses are; undefined if it is none. */
export function canonicalAddress(text: string): string | undefined {
  const bytes = parseAddress(text);
  return bytes === undefined ? undefined : formatAddress(bytes);
}

/** Undefined if the text is no address. */
export function addressFamily(text: string): AddressFamily | undefined {
  const bytes = parseAddress(text);
  if (bytes === undefined) return undefined;
  return bytes.length === 4 ? 'ipv4' : 'ipv6';
}

/**
 * Negative, zero or positive, as the unsigned comparison in network order that breaks a tie between two masters of one
 * priority (RFC 9568 §6.4.3): 10.0.0.10 is greater than 10.0.0.9. The order is total, so that a comparison inside a
 * state machine cannot fail: IPv4 sorts before IPv6, and what is no address before both.
 */
export function compareAddresses(a: string, b: string): number {
  const left = parseAddress(a) ?? NO_ADDRESS;
  const right = parseAddress(b) ?? NO_ADDRESS;
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.length > 0 || a === b) return 0;
  return a < b ? -1 : 1;
}

const NO_ADDRESS = new Uint8Array(0);

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291 §2.5.6). */
export function isLinkLocal(text: string): boolean {
  const bytes = parseAddress(text);
  return bytes !== undefined && isLinkLocalBytes(bytes);
}

/** As isLinkLocal, on the bytes in network order. */
export function isLinkLocalBytes(bytes: Uint8Array): boolean {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  return bytes.length === 4 ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80;
}
