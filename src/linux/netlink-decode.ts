/**
 * Netlink messages of the kernel (RTNETLINK, rtnetlink(7), netlink(7), RFC 3549), decoded. Pure; never throws: what cannot
 * be read becomes a message of kind `malformed`. Byte order is the host's; every host served is little-endian.
 *
 *     struct nlmsghdr                          struct rtattr (padded to 4 bytes)
 *      0        2        4        6       8     0        2        4
 *     +--------+--------+--------+--------+    +--------+--------+--------
 *     |      length     |  type  | flags  |    | length |  type  | value…
 *     +--------+--------+--------+--------+    +--------+--------+--------
 *     |     sequence    |     port id     |
 *     +--------+--------+--------+--------+
 *
 *     struct ifinfomsg                         struct ifaddrmsg
 *      0   1   2      4          8              0      1      2     3     4          8
 *     +---+---+------+----------+              +------+------+-----+-----+----------+
 *     |fam| 0 | type |  index   |              |family|prefix|flags|scope|  index   |
 *     +---+---+------+----------+              +------+------+-----+-----+----------+
 *     |    flags     |  change  |
 *     +--------------+----------+
 */
import ipaddr from 'ipaddr.js';

export interface LinkMessage {
  /** AF_UNSPEC for the link itself; AF_BRIDGE (7) for a bridge's view of its port. */
  readonly family: number;
  readonly index: number;
  /** IFF_… flags. */
  readonly flags: number;
  readonly name?: string;
  /** Lower case with colons; empty for a link without one. */
  readonly mac?: string;
  readonly mtu?: number;
  /** RFC 2863 operational state, IF_OPER_…. */
  readonly operationalState?: number;
}

export interface AddressMessage {
  readonly index: number;
  /** Canonical text form (RFC 5952). */
  readonly address: string;
  readonly prefixLength: number;
  /** IFA_F_… flags, all 32 bits. */
  readonly flags: number;
}

/** A route of the main table. */
export interface RouteMessage {
  /** `10.1.0.0/20`, canonical. */
  readonly to: string;
  /** Absent where it leads to an interface without one. */
  readonly via?: string;
  /** Index of the device; absent with several next hops. */
  readonly index?: number;
  /** rtm_protocol: who made it. */
  readonly protocol: number;
}

/** Why bytes could not be read. */
export type MalformedReason = 'short-header' | 'bad-length' | 'short-body' | 'bad-attribute' | 'no-address';

export type NetlinkBody =
  | { readonly kind: 'link'; readonly removed: boolean; readonly link: LinkMessage }
  | { readonly kind: 'address'; readonly removed: boolean; readonly address: AddressMessage }
  | { readonly kind: 'route'; readonly route: RouteMessage }
  /** The end of a dump; errno is not 0 if it broke off. */
  | { readonly kind: 'done'; readonly errno: number }
  /** The answer to a request: errno 0 is the acknowledgement, `detail` the kernel's own words. */
  | { readonly kind: 'answer'; readonly errno: number; readonly detail?: string }
  | { readonly kind: 'other'; readonly type: number }
  | { readonly kind: 'malformed'; readonly reason: MalformedReason };

export interface NetlinkHeader {
  readonly sequence: number;
  /** Whose request this answers; in a notification, whose request caused it (0: the kernel's own doing). */
  readonly portId: number;
  /** The kernel's tables changed while it dumped them: entries may be missing. */
  readonly interrupted: boolean;
}

export type NetlinkMessage = NetlinkHeader & NetlinkBody;

const HEADER_LENGTH = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RT_TABLE_MAIN = 254;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const AF_INET6 = 10;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;

const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_OPERSTATE = 16;
/** Of a link's fifty and more attributes, statistics and all, these say what it is. */
const LINK_ATTRIBUTES = [IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_OPERSTATE];
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_FLAGS = 8;
const ADDRESS_ATTRIBUTES = [IFA_ADDRESS, IFA_LOCAL, IFA_FLAGS];
const ROUTE_ATTRIBUTES = [RTA_DST, RTA_OIF, RTA_GATEWAY];
/** The top bits of an attribute's type say "nested" and "network byte order". */
const NLA_TYPE_MASK = 0x3fff;

/** Every message of one datagram, in order. Reading stops behind a message whose length cannot be trusted. */
export function decodeMessages(datagram: Uint8Array): NetlinkMessage[] {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const messages: NetlinkMessage[] = [];
  for (let offset = 0; offset < view.byteLength; ) {
    if (view.byteLength - offset < HEADER_LENGTH) {
      messages.push({ sequence: 0, portId: 0, interrupted: false, kind: 'malformed', reason: 'short-header' });
      break;
    }
    const length = view.getUint32(offset, true);
    const flags = view.getUint16(offset + 6, true);
    const header: NetlinkHeader = {
      sequence: view.getUint32(offset + 8, true),
      portId: view.getUint32(offset + 12, true),
      interrupted: (flags & NLM_F_DUMP_INTR) !== 0,
    };
    if (length < HEADER_LENGTH || length > view.byteLength - offset) {
      messages.push({ ...header, kind: 'malformed', reason: 'bad-length' });
      break;
    }
    const body = new DataView(view.buffer, view.byteOffset + offset + HEADER_LENGTH, length - HEADER_LENGTH);
    messages.push({ ...header, ...decodeBody(view.getUint16(offset + 4, true), flags, body) });
    offset += align(length);
  }
  return messages;
}

function decodeBody(type: number, flags: number, body: DataView): NetlinkBody {
  switch (type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return decodeLink(type === RTM_DELLINK, body);
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return decodeAddress(type === RTM_DELADDR, body);
    case RTM_NEWROUTE:
      return decodeRoute(type, body);
    case NLMSG_DONE:
      return { kind: 'done', errno: body.byteLength < 4 ? 0 : Math.abs(body.getInt32(0, true)) };
    case NLMSG_ERROR:
      return decodeAnswer(flags, body);
    default:
      return { kind: 'other', type };
  }
}

function decodeLink(removed: boolean, body: DataView): NetlinkBody {
  if (body.byteLength < 16) return malformed('short-body');
  const attributes = decodeAttributes(body, 16, LINK_ATTRIBUTES);
  if (attributes === undefined) return malformed('bad-attribute');
  const name = attributes.get(IFLA_IFNAME);
  const mac = attributes.get(IFLA_ADDRESS);
  const mtu = readUint32(attributes.get(IFLA_MTU));
  const operationalState = attributes.get(IFLA_OPERSTATE)?.at(0);
  return {
    kind: 'link',
    removed,
    link: {
      family: body.getUint8(0),
      index: body.getInt32(4, true),
      flags: body.getUint32(8, true),
      ...(name && { name: text(name) }),
      ...(mac && { mac: Array.from(mac, hex).join(':') }),
      ...(mtu !== undefined && { mtu }),
      ...(operationalState !== undefined && { operationalState }),
    },
  };
}

function decodeAddress(removed: boolean, body: DataView): NetlinkBody {
  if (body.byteLength < 8) return malformed('short-body');
  const attributes = decodeAttributes(body, 8, ADDRESS_ATTRIBUTES);
  if (attributes === undefined) return malformed('bad-attribute');
  // rtnetlink(7): on a point-to-point link IFA_ADDRESS is the peer's address and IFA_LOCAL the own one.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS);
  if (bytes === undefined || (bytes.length !== 4 && bytes.length !== 16)) return malformed('no-address');
  return {
    kind: 'address',
    removed,
    address: {
      index: body.getUint32(4, true),
      address: ipaddr.fromByteArray(Array.from(bytes)).toString(),
      prefixLength: body.getUint8(1),
      flags: readUint32(attributes.get(IFA_FLAGS)) ?? body.getUint8(2),
    },
  };
}

/** struct rtmsg. Routes of other tables are none of ours. */
function decodeRoute(type: number, body: DataView): NetlinkBody {
  if (body.byteLength < 12) return malformed('short-body');
  const attributes = decodeAttributes(body, 12, ROUTE_ATTRIBUTES);
  if (attributes === undefined) return malformed('bad-attribute');
  if (body.getUint8(4) !== RT_TABLE_MAIN) return { kind: 'other', type };
  const length = body.getUint8(0) === AF_INET6 ? 16 : 4;
  const destination = attributes.get(RTA_DST) ?? new Uint8Array(length);
  const gateway = attributes.get(RTA_GATEWAY);
  const index = readUint32(attributes.get(RTA_OIF));
  if (destination.length !== length) return malformed('no-address');
  return {
    kind: 'route',
    route: {
      to: `${ipaddr.fromByteArray(Array.from(destination)).toString()}/${body.getUint8(1)}`,
      ...(gateway?.length === length && { via: ipaddr.fromByteArray(Array.from(gateway)).toString() }),
      ...(index !== undefined && { index }),
      protocol: body.getUint8(5),
    },
  };
}

/** struct nlmsgerr: a negative errno, then the request's header, its body unless capped, then attributes. */
function decodeAnswer(flags: number, body: DataView): NetlinkBody {
  if (body.byteLength < 4) return malformed('short-body');
  const errno = Math.abs(body.getInt32(0, true));
  if ((flags & NLM_F_ACK_TLVS) === 0 || body.byteLength < 4 + HEADER_LENGTH) return { kind: 'answer', errno };
  const echoed = (flags & NLM_F_CAPPED) === 0 ? align(body.getUint32(4, true)) : HEADER_LENGTH;
  const detail = decodeAttributes(body, 4 + echoed, [NLMSGERR_ATTR_MSG])?.get(NLMSGERR_ATTR_MSG);
  return { kind: 'answer', errno, ...(detail && { detail: text(detail) }) };
}

/** Attribute type → value of those that are wanted; undefined if a length does not fit, of whichever. */
function decodeAttributes(
  body: DataView,
  start: number,
  wanted: readonly number[],
): ReadonlyMap<number, Uint8Array> | undefined {
  const attributes = new Map<number, Uint8Array>();
  for (let offset = start; body.byteLength - offset >= 4; ) {
    const length = body.getUint16(offset, true);
    if (length < 4 || length > body.byteLength - offset) return undefined;
    const type = body.getUint16(offset + 2, true) & NLA_TYPE_MASK;
    if (wanted.includes(type)) {
      attributes.set(type, new Uint8Array(body.buffer, body.byteOffset + offset + 4, length - 4));
    }
    offset += align(length);
  }
  return attributes;
}

function malformed(reason: MalformedReason): NetlinkBody {
  return { kind: 'malformed', reason };
}

function readUint32(value: Uint8Array | undefined): number | undefined {
  if (value === undefined || value.length < 4) return undefined;
  return new DataView(value.buffer, value.byteOffset).getUint32(0, true);
}

/** Text up to its NUL. */
function text(value: Uint8Array): string {
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function align(length: number): number {
  return (length + 3) & ~3;
}
