/**
 * What the kernel's links and addresses are, kept from its messages. Pure: no I/O, no clock.
 *
 * Rules:
 * 1. A link is known by its index; its name may change hands. A rename is a removal and an addition, as is a name that
 *    comes back with another index: whoever follows a name sees the same events in both cases.
 * 2. Messages of another family than AF_UNSPEC are a bridge's view of its port: their RTM_DELLINK does not remove the link.
 * 3. A dump is compared with what is known: what it lacks was removed unnoticed. What a notification has touched since the
 *    dump was asked for is the notification's: newer kernels dump without a lock, so a dumped entry may be older than it.
 * 4. An address counts while it can be bound to: not during duplicate address detection, nor after that failed.
 * 5. Removals come before additions; a link's addresses go before it and come after it.
 */
import type { AddressMessage, LinkMessage, NetlinkMessage } from './netlink-decode.ts';

export interface Link {
  readonly name: string;
  readonly index: number;
  /** Lower case with colons; empty for a link without one. */
  readonly mac: string;
  /** Carries traffic: IFF_UP, IFF_RUNNING and operational state UP or UNKNOWN (RFC 2863; drivers without states say UNKNOWN). */
  readonly up: boolean;
  /** Bytes. */
  readonly mtu: number;
}

export interface LinkAddress {
  /** The name of its link. */
  readonly device: string;
  readonly index: number;
  /** Canonical text form. */
  readonly address: string;
  readonly prefixLength: number;
}

export type LinkChange =
  | { readonly kind: 'link-added'; readonly link: Link }
  /** `up`, `mtu` or `mac` differ. */
  | { readonly kind: 'link-changed'; readonly link: Link; readonly before: Link }
  | { readonly kind: 'link-removed'; readonly link: Link };

export type AddressChange =
  | { readonly kind: 'address-added'; readonly address: LinkAddress }
  | { readonly kind: 'address-removed'; readonly address: LinkAddress };

export type TableChange = LinkChange | AddressChange;

export type Dump = 'links' | 'addresses';

export interface LinkTable {
  /** By name. */
  readonly links: ReadonlyMap<string, Link>;
  /** Every usable address of every known link. */
  addresses(): readonly LinkAddress[];
  /** Takes a message in: a part of the dump under way, or a notification. Other kinds of messages change nothing. */
  apply(message: NetlinkMessage, origin: 'notification' | 'dump'): readonly TableChange[];
  beginDump(dump: Dump): void;
  /** Removes what the dump lacked. */
  endDump(): readonly TableChange[];
  /** The dump will not be finished: nothing is concluded from it. */
  abandonDump(): void;
}

const AF_UNSPEC = 0;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IF_OPER_UNKNOWN = 0;
const IF_OPER_UP = 6;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

interface KnownAddress {
  readonly index: number;
  readonly address: string;
  readonly prefixLength: number;
}

export function createLinkTable(): LinkTable {
  const byIndex = new Map<number, Link>();
  const byName = new Map<string, Link>();
  const addresses = new Map<string, KnownAddress>();
  let dump: { readonly of: Dump; readonly seen: Set<string>; readonly touched: Set<string> } | undefined;

  function apply(message: NetlinkMessage, origin: 'notification' | 'dump'): readonly TableChange[] {
    if (message.kind === 'link') {
      if (message.link.family !== AF_UNSPEC || !claimed(linkKey(message.link.index), origin)) return [];
      return message.removed ? removeLink(message.link.index) : putLink(message.link);
    }
    if (message.kind === 'address') {
      const key = addressKey(message.address);
      if (!claimed(key, origin)) return [];
      return message.removed || !usable(message.address) ? removeAddress(key) : putAddress(key, message.address);
    }
    return [];
  }

  /** Rule 3: false for a dumped entry that a notification has spoken about. */
  function claimed(key: string, origin: 'notification' | 'dump'): boolean {
    if (origin === 'notification') {
      dump?.touched.add(key);
      return true;
    }
    dump?.seen.add(key);
    return dump?.touched.has(key) !== true;
  }

  function putLink(message: LinkMessage): TableChange[] {
    const before = byIndex.get(message.index);
    const name = message.name ?? before?.name;
    // A first message without a name cannot be followed; the kernel always sends one.
    if (name === undefined) return [];
    const link: Link = {
      name,
      index: message.index,
      mac: message.mac ?? before?.mac ?? '',
      up: runs(message),
      mtu: message.mtu ?? before?.mtu ?? 0,
    };
    if (before?.name === name) {
      if (before.up === link.up && before.mtu === link.mtu && before.mac === link.mac) return [];
      byIndex.set(link.index, link);
      byName.set(name, link);
      return [{ kind: 'link-changed', link, before }];
    }
    const changes: TableChange[] = [];
    const holder = byName.get(name);
    if (holder !== undefined) changes.push(...forgetLink(holder));
    if (before !== undefined) changes.push(...forgetLink(before));
    byIndex.set(link.index, link);
    byName.set(name, link);
    changes.push({ kind: 'link-added', link });
    for (const address of addresses.values()) {
      if (address.index === link.index) changes.push({ kind: 'address-added', address: { device: name, ...address } });
    }
    return changes;
  }

  /** The link under its present name is gone; its addresses may live on under its next one. */
  function forgetLink(link: Link): TableChange[] {
    byIndex.delete(link.index);
    byName.delete(link.name);
    const changes: TableChange[] = [];
    for (const address of addresses.values()) {
      if (address.index !== link.index) continue;
      changes.push({ kind: 'address-removed', address: { device: link.name, ...address } });
    }
    changes.push({ kind: 'link-removed', link });
    return changes;
  }

  function removeLink(index: number): TableChange[] {
    const link = byIndex.get(index);
    const changes = link === undefined ? [] : forgetLink(link);
    for (const [key, address] of addresses) {
      if (address.index === index) addresses.delete(key);
    }
    return changes;
  }

  function putAddress(key: string, { index, address, prefixLength }: AddressMessage): TableChange[] {
    if (addresses.has(key)) return [];
    const known: KnownAddress = { index, address, prefixLength };
    addresses.set(key, known);
    return addressChange('address-added', known);
  }

  function removeAddress(key: string): TableChange[] {
    const known = addresses.get(key);
    if (known === undefined) return [];
    addresses.delete(key);
    return addressChange('address-removed', known);
  }

  function addressChange(kind: AddressChange['kind'], known: KnownAddress): TableChange[] {
    const link = byIndex.get(known.index);
    return link === undefined ? [] : [{ kind, address: { device: link.name, ...known } }];
  }

  function endDump(): readonly TableChange[] {
    if (dump === undefined) return [];
    const { of, seen, touched } = dump;
    dump = undefined;
    const missing = (key: string): boolean => !seen.has(key) && !touched.has(key);
    if (of === 'links') {
      return [...byIndex.keys()].filter((index) => missing(linkKey(index))).flatMap(removeLink);
    }
    return [...addresses.keys()].filter(missing).flatMap(removeAddress);
  }

  return {
    links: byName,
    addresses() {
      return [...addresses.values()].flatMap((known) => {
        const link = byIndex.get(known.index);
        return link === undefined ? [] : [{ device: link.name, ...known }];
      });
    },
    apply,
    beginDump(of) {
      dump = { of, seen: new Set(), touched: new Set() };
    },
    endDump,
    abandonDump() {
      dump = undefined;
    },
  };
}

function runs({ flags, operationalState = IF_OPER_UNKNOWN }: LinkMessage): boolean {
  const both = IFF_UP | IFF_RUNNING;
  return (flags & both) === both && (operationalState === IF_OPER_UP || operationalState === IF_OPER_UNKNOWN);
}

/** Rule 4. An optimistic address may be used while detection runs (RFC 4429). */
function usable({ flags }: AddressMessage): boolean {
  if ((flags & IFA_F_DADFAILED) !== 0) return false;
  return (flags & IFA_F_TENTATIVE) === 0 || (flags & IFA_F_OPTIMISTIC) !== 0;
}

function linkKey(index: number): string {
  return `link ${index}`;
}

/** The kernel tells two addresses of a link apart by prefix length too. */
function addressKey({ index, address, prefixLength }: AddressMessage): string {
  return `address ${index} ${address}/${prefixLength}`;
}
