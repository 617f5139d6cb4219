/** Requests to the kernel over RTNETLINK. The layouts stand in netlink-decode.ts. Pure. */

const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const IFLA_EXT_MASK = 29;
const RTEXT_FILTER_SKIP_STATS = 1 << 3;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RT_TABLE_MAIN = 254;
const RT_SCOPE_UNIVERSE = 0;
const RTN_UNICAST = 1;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6;
const IFA_FLAGS = 8;
const IFA_F_NODAD = 0x02;
const IFA_F_PERMANENT = 0x80;
const IFA_F_NOPREFIXROUTE = 0x200;
const INFINITE_LIFETIME = 0xffffffff;
const AF_INET = 2;
const AF_INET6 = 10;

/** RTM_GETLINK for every link, without statistics. */
export function encodeLinkDump(sequence: number): Uint8Array {
  return encode(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence, [
    new Uint8Array(16),
    attribute(IFLA_EXT_MASK, uint32(RTEXT_FILTER_SKIP_STATS)),
  ]);
}

/** RTM_GETADDR for every address of both families. */
export function encodeAddressDump(sequence: number): Uint8Array {
  return encode(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, sequence, [new Uint8Array(8)]);
}

/**
 * RTM_NEWADDR or RTM_DELADDR of a host address (/32 or /128).
 *
 * Added without a prefix route. An IPv6 one skips duplicate address detection (another router may carry it too) and is
 * deprecated from the start (preferred lifetime 0), so that it is never chosen as a source address (RFC 6724 rule 3). For
 * IPv4 the kernel chooses an address whose prefix holds the next hop, which a /32 never does.
 *
 * @param address 4 or 16 bytes, network order
 */
export function encodeAddressChange(
  change: 'add' | 'remove',
  sequence: number,
  index: number,
  address: Uint8Array,
): Uint8Array {
  const v6 = address.length === 16;
  const flags = IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE | (v6 ? IFA_F_NODAD : 0);
  const header = new Uint8Array(8);
  header.set([v6 ? AF_INET6 : AF_INET, address.length * 8, flags & 0xff, 0]);
  new DataView(header.buffer).setUint32(4, index, true);
  const parts = [header, attribute(IFA_LOCAL, address), attribute(IFA_ADDRESS, address)];
  if (change === 'add') {
    parts.push(attribute(IFA_FLAGS, uint32(flags)));
    // struct ifa_cacheinfo: preferred lifetime, valid lifetime, then two times that only the kernel writes.
    if (v6) parts.push(attribute(IFA_CACHEINFO, uint32(0, INFINITE_LIFETIME, 0, 0)));
  }
  const created = change === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0;
  return encode(change === 'add' ? RTM_NEWADDR : RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK | created, sequence, parts);
}

/** A route through a gateway, in the main table. Addresses have 4 or 16 bytes, in network order. */
export interface RouteRequest {
  readonly destination: Uint8Array;
  readonly prefixLength: number;
  readonly gateway: Uint8Array;
  readonly index: number;
  /** Who it belongs to, rtm_protocol; the kernel removes only a route of the same one. */
  readonly protocol: number;
}

/** RTM_NEWROUTE, which fails where there is one to that destination already, or RTM_DELROUTE of exactly this one. */
export function encodeRouteChange(change: 'add' | 'remove', sequence: number, route: RouteRequest): Uint8Array {
  const { destination, prefixLength, gateway, index, protocol } = route;
  const created = change === 'add' ? NLM_F_CREATE | NLM_F_EXCL : 0;
  const family = destination.length === 16 ? AF_INET6 : AF_INET;
  return encode(change === 'add' ? RTM_NEWROUTE : RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK | created, sequence, [
    routeHeader({ family, prefixLength, table: RT_TABLE_MAIN, protocol, type: RTN_UNICAST }),
    ...(prefixLength > 0 ? [attribute(RTA_DST, destination)] : []),
    attribute(RTA_GATEWAY, gateway),
    attribute(RTA_OIF, uint32(index)),
  ]);
}

/** RTM_GETROUTE for every route of a family; older kernels pass over a filter, so there is none. */
export function encodeRouteDump(sequence: number, version: 4 | 6): Uint8Array {
  const family = version === 6 ? AF_INET6 : AF_INET;
  return encode(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, sequence, [
    routeHeader({ family, prefixLength: 0, table: 0, protocol: 0, type: 0 }),
  ]);
}

interface RouteHeader {
  readonly family: number;
  readonly prefixLength: number;
  readonly table: number;
  readonly protocol: number;
  readonly type: number;
}

/** struct rtmsg: family, prefix lengths of destination and source, TOS, table, protocol, scope, type, flags. */
function routeHeader({ family, prefixLength, table, protocol, type }: RouteHeader): Uint8Array {
  const header = new Uint8Array(12);
  header.set([family, prefixLength, 0, 0, table, protocol, RT_SCOPE_UNIVERSE, type]);
  return header;
}

function encode(type: number, flags: number, sequence: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 16);
  const message = new Uint8Array(length);
  const view = new DataView(message.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  let offset = 16;
  for (const part of parts) {
    message.set(part, offset);
    offset += part.length;
  }
  return message;
}

/** Every value here is a multiple of four bytes long, so none needs padding. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + value.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

function uint32(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => {
    view.setUint32(4 * i, value, true);
  });
  return bytes;
}
