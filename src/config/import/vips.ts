import type { Claim } from './claim-script.ts';
import type { Member } from './compare.ts';
import { type Devices, nameOf, requiredInterfaces } from './devices.ts';
import { commonBits, interfaceOf } from './inventory.ts';
import type { VirtualAddress } from './keepalived.ts';
import type { Inventories } from './paths.ts';
import { type Position, place, type Remarks } from './remark.ts';

/* Which VIP is on which interface: said by the file, by the subnets, by the names in a script, or by its order. */

export interface PlacedVip {
  readonly address: string;
  /** As the file writes it, with its prefix length if it has one. */
  readonly text: string;
  /** Name on the first router. */
  readonly interface: string;
  readonly at: Position;
  /** VNIC OCIDs by router, where a script has them. */
  readonly vnics: ReadonlyMap<string, string>;
}

/** Claims of a group's scripts by router. */
export type Claims = ReadonlyMap<string, readonly Claim[]>;

interface Found {
  readonly address: string;
  readonly at: Position;
  readonly router: string;
  readonly source: VirtualAddress | Claim;
}

export function placeVips(
  members: readonly Member[],
  claims: Claims,
  inventories: Inventories,
  devices: Devices,
  remarks: Remarks,
): PlacedVip[] {
  const found = members.flatMap(({ router, instance }): Found[] => [
    ...[...instance.addresses, ...instance.excluded].map((source) => ({ ...source, router, source })),
    ...(claims.get(router) ?? []).map((source) => ({ address: source.address, at: source.at, router, source })),
  ]);
  const areSame = compareVips(members, claims, remarks);
  comparePrefixes(members, remarks);
  const addresses = [...new Set(found.map(({ address }) => address))];
  const known = new Map<string, string>();
  for (const address of addresses) {
    const name = sureInterface(
      found.filter((one) => one.address === address),
      members,
      inventories,
      devices,
      remarks,
    );
    if (name !== undefined) known.set(address, name);
  }
  const guessed = guess(
    // Nothing is to be learned from the order of lists that differ.
    areSame ? addresses.filter((address) => !known.has(address)) : [],
    known,
    members,
    claims,
    remarks,
  );
  return addresses.flatMap((address): PlacedVip[] => {
    const all = found.filter((one) => one.address === address);
    const name = known.get(address) ?? guessed.get(address);
    const [first] = all;
    if (name === undefined || first === undefined) return [];
    return [{ address, text: textOf(all), interface: name, at: first.at, vnics: vnicsOf(all) }];
  });
}

/** keepalived's default is a prefix of the whole address: nothing to be checked. */
function textOf(all: readonly Found[]): string {
  const prefix = all.flatMap(({ source }) =>
    'prefixLength' in source && source.prefixLength !== undefined ? [source.prefixLength] : [],
  )[0];
  const address = all[0]?.address ?? '';
  return prefix === undefined || prefix === (address.includes(':') ? 128 : 32) ? address : `${address}/${prefix}`;
}

function vnicsOf(all: readonly Found[]): ReadonlyMap<string, string> {
  const entries = all.flatMap(({ router, source }) =>
    'vnic' in source && source.vnic !== '' ? [[router, source.vnic] as const] : [],
  );
  return new Map(entries);
}

/** Names VIPs that one router has and another one lacks; a router without any has said nothing. */
function compareVips(members: readonly Member[], claims: Claims, remarks: Remarks): boolean {
  let areSame = true;
  const compareLists = (list: (member: Member) => readonly { readonly address: string; readonly at: Position }[]) => {
    const lists = members.map((member) => ({ router: member.router, vips: list(member) }));
    for (const { router, vips } of lists) {
      for (const vip of vips) {
        for (const other of lists) {
          const near = other.vips.at(-1)?.at;
          if (near === undefined || other.vips.some(({ address }) => address === vip.address)) continue;
          const message = `${other.router} lacks ${vip.address}, which ${router} has (${place(vip.at)}), allowed: the same VIPs on every router`;
          remarks.mistake(near, message);
          areSame = false;
        }
      }
    }
  };
  compareLists(({ instance }) => [...instance.addresses, ...instance.excluded]);
  compareLists(({ router }) => claims.get(router) ?? []);
  return areSame;
}

/** keepalived takes any; failoverd checks the one that is written against the subnet of the VNIC. */
function comparePrefixes(members: readonly Member[], remarks: Remarks): void {
  const lists = members.map(({ router, instance }) => ({
    router,
    vips: [...instance.addresses, ...instance.excluded].map((vip) => ({
      ...vip,
      length: vip.prefixLength ?? (vip.address.includes(':') ? 128 : 32),
    })),
  }));
  const [first, ...others] = lists;
  for (const { router, vips } of others) {
    for (const { address, length, at } of vips) {
      const reference = first?.vips.find((vip) => vip.address === address);
      if (first === undefined || reference === undefined || reference.length === length) continue;
      const message = `${address} has prefix length ${length} on ${router} and ${reference.length} on ${first.router} (${place(reference.at)}), and one is written for every router: look whether it is that of the subnet`;
      remarks.todo(at, message);
    }
  }
}

/** `dev` and `label`, the subnets of the routers, the instance's interface, or a name in the script. */
function sureInterface(
  all: readonly Found[],
  members: readonly Member[],
  inventories: Inventories,
  devices: Devices,
  remarks: Remarks,
): string | undefined {
  for (const { router, address, at } of all) {
    const inventory = inventories.get(router);
    const device = inventory === undefined ? undefined : interfaceOf(address, inventory);
    if (device !== undefined) return nameOf(device, router, devices);
    if (inventory !== undefined) remarks.todo(at, `no interface of ${router} is in the subnet of ${address}`);
  }
  for (const { router, source } of all) {
    if (!('prefixLength' in source)) continue;
    const own = members.find((member) => member.router === router)?.instance.interface?.value;
    const device = source.device ?? own;
    if (device !== undefined) return nameOf(device, router, devices);
  }
  for (const { router, source } of all) {
    if (!('hints' in source)) continue;
    const instance = members.find((member) => member.router === router)?.instance;
    const named = instance === undefined ? [] : requiredInterfaces(instance).filter((name) => hintsAt(source, name));
    if (named.length === 1 && named[0] !== undefined) return nameOf(named[0], router, devices);
  }
  return undefined;
}

/** Is the interface's name a part of a variable's or a comment's word: `ENS5_VNIC`, `vnic_ens5`? */
function hintsAt({ hints }: Claim, name: string): boolean {
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return hints.some((hint) =>
    new RegExp(`(^|[^A-Za-z0-9])${escaped}([^A-Za-z0-9]|$)`, 'i').test(hint.replaceAll('_', ' ')),
  );
}

/** The rest in the order of the script, when there are as many interfaces left, and nothing speaks against it. */
function guess(
  addresses: readonly string[],
  known: ReadonlyMap<string, string>,
  members: readonly Member[],
  claims: Claims,
  remarks: Remarks,
): ReadonlyMap<string, string> {
  const [first] = members;
  if (addresses.length === 0 || first === undefined) return new Map();
  const taken = new Set(known.values());
  const free = requiredInterfaces(first.instance).filter((name) => !taken.has(name));
  const sets = byVnic(addresses, claims);
  const at = claimOf(sets[0]?.[0] ?? '', claims)?.at ?? first.instance.at;
  const heartbeat = first.instance.interface?.value;
  const source = first.instance.source?.value;
  if (sets.length === free.length) {
    const order = new Map(sets.flatMap((set, index) => set.map((address) => [address, free[index] ?? ''] as const)));
    const nearest = source === undefined ? undefined : nearestTo(source, addresses);
    // The one that is near the heartbeat's address has to be on the heartbeat's interface.
    if (
      heartbeat === undefined ||
      !free.includes(heartbeat) ||
      nearest === undefined ||
      order.get(nearest) === heartbeat
    ) {
      const pairs = [...order].map(([address, name]) => `${address} on ${name}`).join(', ');
      remarks.todo(
        at,
        `which VIP is on which interface is taken from the order of the lines: ${pairs}; look whether that is so`,
      );
      return order;
    }
  }
  const [router] = members.map((member) => member.router);
  const message = `which interface is ${addresses.join(', ')} on? ${free.length === 0 ? 'no tracked interface is' : `${free.join(', ')} ${free.length === 1 ? 'is' : 'are'}`} left for it; allowed: --addresses ${router}=FILE with what "ip -json address show" prints there`;
  remarks.mistake(at, message);
  return new Map();
}

/** VIPs that a script moves to one VNIC are on one interface. */
function byVnic(addresses: readonly string[], claims: Claims): string[][] {
  const sets: { vnics: Set<string>; addresses: string[] }[] = [];
  for (const address of addresses) {
    const vnics = [...claims.values()]
      .flat()
      .flatMap((claim) => (claim.address === address && claim.vnic !== '' ? [claim.vnic] : []));
    const same = sets.find((set) => vnics.some((vnic) => set.vnics.has(vnic)));
    if (same === undefined) sets.push({ vnics: new Set(vnics), addresses: [address] });
    else {
      same.addresses.push(address);
      for (const vnic of vnics) same.vnics.add(vnic);
    }
  }
  return sets.map((set) => set.addresses);
}

function claimOf(address: string, claims: Claims): Claim | undefined {
  return [...claims.values()].flat().find((claim) => claim.address === address);
}

function nearestTo(source: string, addresses: readonly string[]): string | undefined {
  const bits = addresses.map((address) => commonBits(source, address));
  const most = Math.max(...bits);
  return most === 0 ? undefined : addresses[bits.indexOf(most)];
}
