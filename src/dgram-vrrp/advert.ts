import type { AddressFamily } from './address.ts';
import type { Milliseconds, VrrpVersion } from './timing.ts';

/** A VRRP advertisement, without what belongs to one path: addresses of the datagram, checksum, password, trailer. */
export type Advert = {
  readonly version: VrrpVersion;
  /** 1 to 255. */
  readonly virtualRouterId: number;
  /** 0 (the sender resigns) to 255 (the sender owns the addresses). */
  readonly priority: number;
  /** v3: 10 ms to 40.95 s in steps of 10 ms; v2: 1 s to 255 s in whole seconds. */
  readonly interval: Milliseconds;
  /** At most 255, all of the family the advert travels in, in canonical text. */
  readonly addresses: readonly string[];
};

/**
 * How the checksum of a v3 advert over IPv4 was formed: over the message alone (RFC 9568 §5.2.8) or with the pseudo
 * header in front (RFC 5798, keepalived and FRR). IPv6 always has the pseudo header, v2 never.
 */
export type ChecksumForm = 'message' | 'pseudo-header';

/** Authentication of VRRPv2 (RFC 2338 §5.3.6, kept for compatibility by RFC 3768 §5.3.6). */
export type V2Authentication =
  | { readonly kind: 'none' }
  /** Its first 8 bytes travel in clear, padded with zeros; keepalived's `auth_type PASS`. */
  | { readonly kind: 'password'; readonly password: string };

/** The path an advert is sent on. */
export type EncodeContext = {
  /** The sending path's own address; its family is the advert's. */
  readonly source: string;
  /** The real destination, a peer's unicast address. */
  readonly destination: string;
  /** v3 over IPv4 only; `pseudo-header` unless said otherwise. */
  readonly checksumForm?: ChecksumForm;
  /** v2 only; none unless said otherwise. */
  readonly authentication?: V2Authentication;
};

/** What the receiver knows of a datagram and of its own virtual router. Absent expectations are not checked. */
export type DecodeContext = {
  readonly family: AddressFamily;
  readonly source: string;
  /** Without it the pseudo header is unknown and only checksums over the message alone can be verified. */
  readonly destination?: string;
  /** The TTL or hop limit of the IP header; absent where the transport has none, as UDP. */
  readonly ttl?: number;
  /** Least TTL accepted; 255 unless said otherwise (RFC 9568 §5.1.1.3). */
  readonly minTtl?: number;
  readonly version?: VrrpVersion;
  readonly virtualRouterId?: number;
  /** v2 only: the interval configured here. Another one is an error (RFC 3768 §7.1); v3 adopts it instead. */
  readonly interval?: Milliseconds;
  /** v2 only. */
  readonly authentication?: V2Authentication;
  /** Accept an advert that lists no address, as keepalived may send in v2. */
  readonly allowEmptyAddressList?: boolean;
  /** Insist that an IPv6 advert lists a link-local address first (RFC 9568 §5.2.9); a cloud's VIPs have none. */
  readonly requireLinkLocal?: boolean;
  /** Insist on exactly these addresses, in any order, as keepalived 2.2 does (RFC 9568 §7.1 only allows it). */
  readonly addresses?: readonly string[];
};

/** Why a datagram is no acceptable advert. One counter each; they are checked in this order, the first failure wins. */
export type DecodeErrorCode =
  /** Shorter than the fixed header of 8 bytes. */
  | 'truncated'
  /** Neither 2 nor 3, or 2 over IPv6, or not the local version. */
  | 'version'
  /** Not an advertisement. */
  | 'type'
  /** Not the local one, or 0 in an intact message. */
  | 'vrid'
  | 'checksum'
  | 'ttl'
  /** No address listed. */
  | 'count-zero'
  /** Neither the message alone nor the message and an HMAC trailer. */
  | 'length'
  /** v2: an unknown authentication type, or not the local one. */
  | 'auth-type'
  /** v2: the wrong password. */
  | 'auth-data'
  | 'interval-zero'
  /** v2: not the local interval. */
  | 'interval-mismatch'
  /** IPv6: the first address is not link-local, and that was required. */
  | 'linklocal'
  /** Not the addresses that were required. */
  | 'address-list';

export type DecodeResult =
  | {
      readonly ok: true;
      readonly advert: Advert;
      /** The form that held; for a v3/IPv4 advert, the one this peer uses. */
      readonly checksumForm: ChecksumForm;
      /** Length of the advert; what follows is the trailer. */
      readonly pduLength: number;
      /** Empty, or the 28 bytes of an HMAC trailer, not verified yet. A view on the datagram, not a copy. */
      readonly trailer: Uint8Array;
    }
  | { readonly ok: false; readonly error: DecodeErrorCode };
