/** The two kinds of datagram that share a socket, told apart by the high half of their first byte. */
export type DatagramKind = 'advert' | 'presence';

/**
 * The version nibble of a presence datagram. VRRP's stands at 3 after thirty years, so 15 will not be mistaken for one,
 * and a VRRP daemon that receives it discards it for its version.
 */
export const PRESENCE_VERSION_NIBBLE = 15;

/** Which decoder a datagram is for; undefined for an empty one. Anything that is no presence is for decodeAdvert to refuse. */
export function datagramKind(bytes: Uint8Array): DatagramKind | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  return first >>> 4 === PRESENCE_VERSION_NIBBLE ? 'presence' : 'advert';
}

/** The VRID of an advert not decoded yet, to find the virtual router whose expectations decodeAdvert takes. */
export function virtualRouterIdOf(bytes: Uint8Array): number | undefined {
  return datagramKind(bytes) === 'advert' ? bytes[1] : undefined;
}
