import ipaddr from 'ipaddr.js';

/** An IP address as the configuration means it: canonical text and family. */
export interface IpAddress {
  readonly text: string;
  readonly family: 4 | 6;
}

/** Strict reading: four decimal octets or RFC 4291 text without a zone; undefined for anything else. */
export function parseAddress(text: string): IpAddress | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) {
    // 010.0.0.4 means 8.0.0.4 to some readers and 10.0.0.4 to others.
    if (/(^|\.)0\d/.test(text)) return undefined;
    return { text, family: 4 };
  }
  if (text.includes('%') || !text.includes(':') || !ipaddr.IPv6.isValid(text)) return undefined;
  return { text: ipaddr.IPv6.parse(text).toRFC5952String(), family: 6 };
}

/** An address one host can own: neither unspecified nor multicast nor broadcast. */
export function parseHostAddress(text: string): IpAddress | undefined {
  const address = parseAddress(text);
  if (address === undefined) return undefined;
  const range = ipaddr.parse(address.text).range();
  return range === 'unspecified' || range === 'multicast' || range === 'broadcast' ? undefined : address;
}

/** An address with an optional prefix length, `10.0.0.4` or `10.0.0.4/28`. */
export interface AddressWithPrefix extends IpAddress {
  readonly prefixLength?: number;
}

/** Reads a VIP; undefined when the address or the prefix length is not one. */
export function parseVip(text: string): AddressWithPrefix | undefined {
  const [host = '', prefix, ...rest] = text.split('/');
  const address = parseHostAddress(host);
  if (address === undefined || rest.length > 0) return undefined;
  if (prefix === undefined) return address;
  if (!/^\d{1,3}$/.test(prefix)) return undefined;
  const prefixLength = Number(prefix);
  if (prefixLength < 1 || prefixLength > (address.family === 4 ? 32 : 128)) return undefined;
  return { ...address, prefixLength };
}

/**
 * Is this IPv4 address one of the three that OCI keeps for itself in a subnet: the first two and the last?
 * https://docs.oracle.com/iaas/Content/Network/Concepts/overview.htm#Reserved
 */
export function isReservedInSubnet(address: AddressWithPrefix): boolean {
  if (address.family !== 4 || address.prefixLength === undefined || address.prefixLength > 30) return false;
  const size = 2 ** (32 - address.prefixLength);
  const value = address.text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  const offset = value % size;
  return offset <= 1 || offset === size - 1;
}

/** Is it an address that no subnet can have: of the machine itself, of a link (169.254.169.254 is the metadata), or class E? */
export function isOutsideSubnets({ text }: IpAddress): boolean {
  const range = ipaddr.parse(text).range();
  return range === 'loopback' || range === 'linkLocal' || (range === 'reserved' && !text.includes(':'));
}

/** A network in CIDR notation, `10.1.0.0/20`; undefined for anything else. Host bits may be set. */
export function parseNetwork(text: string): Required<AddressWithPrefix> | undefined {
  const [host = '', prefix = '', ...rest] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix)) return undefined;
  const prefixLength = Number(prefix);
  return prefixLength <= (address.family === 4 ? 32 : 128) ? { ...address, prefixLength } : undefined;
}

/** The network that the address lies in: `10.1.0.0/20` for `10.1.2.3/20`. */
export function networkOf({ text, family, prefixLength }: Required<AddressWithPrefix>): string {
  const cidr = `${text}/${prefixLength}`;
  const network = family === 4 ? ipaddr.IPv4.networkAddressFromCIDR(cidr) : ipaddr.IPv6.networkAddressFromCIDR(cidr);
  return `${parseAddress(network.toString())?.text ?? text}/${prefixLength}`;
}

/** Is it a network in CIDR notation, `10.1.0.0/20`? */
export function isNetwork(text: string): boolean {
  return parseNetwork(text) !== undefined;
}
