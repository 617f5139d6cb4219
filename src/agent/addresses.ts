import { deviceOf, type LoadedConfig } from '../config/index.ts';
import type { GroupReport } from '../control/api.ts';
import type { LinkAddress } from '../linux/index.ts';
import type { Log } from '../observe/index.ts';
import { type Alarm, alarm } from './alarms.ts';

/** What the kernel can do with addresses (linux/addresses.ts, linux/links.ts). */
export interface AddressTable {
  readonly addresses: () => readonly LinkAddress[];
  readonly isUp: (device: string) => boolean;
  readonly add: (device: string, address: string) => Promise<unknown>;
  readonly remove: (device: string, address: string) => Promise<unknown>;
}

/**
 * The VIPs as host addresses on the interfaces. `static`: every router has all of them, all the time. `follow`: they are
 * where the VIP is. The master has them from its first moment. Another router gives one up when it knows who is master, or
 * where OCI's record says that the VIP has left: so they stay with the holder while every router is in fault, and stay on a
 * router that stopped without a successor, and never leave for want of an answer. A VIP that has left the configuration
 * leaves the interface, too: whoever has the address next must be reached through this router and not be mistaken for it.
 */
export interface AddressKeeper {
  /** Looks at all of them; what it starts ends by itself. `groups` only for `follow`. */
  keep(groups: readonly GroupReport[]): void;
  /** The addresses that could not be added or removed, for the status. */
  alarms(): readonly Alarm[];
}

interface Place {
  readonly name: string;
  readonly device: string;
  readonly address: string;
}

type Wish = 'have' | 'lack' | 'either';

export function createAddressKeeper(options: {
  readonly loaded: () => LoadedConfig;
  readonly table: AddressTable;
  readonly log: Log;
}): AddressKeeper {
  const { table, log } = options;
  /** Requests under way: a link's events come in swarms. */
  const pending = new Set<string>();
  /** Device and address → why it could not be changed: the same is not told each time. */
  const told = new Map<string, string>();
  /** Device and address of what was configured, until it is gone. */
  const known = new Map<string, Place>();

  function has(device: string, address: string): boolean {
    return table.addresses().some((entry) => entry.device === device && entry.address === address);
  }

  /** As this daemon gives it: an address with the subnet's prefix length is the admin's. */
  function hasAsHost(device: string, address: string): boolean {
    const length = address.includes(':') ? 128 : 32;
    const isHost = (entry: LinkAddress) => entry.prefixLength === length;
    return table.addresses().some((entry) => entry.device === device && entry.address === address && isHost(entry));
  }

  function once(key: string, work: () => Promise<unknown>, done: () => void, failed: (detail: string) => void): void {
    if (pending.has(key)) return;
    pending.add(key);
    work()
      .then(done, (error: unknown) => failed(error instanceof Error ? error.message : String(error)))
      .finally(() => pending.delete(key));
  }

  function apply(wish: Wish, { name, device, address }: Place): void {
    const key = keyOf(device, address);
    const failed = (detail: string) => {
      if (told.get(key) !== detail) log({ event: 'address-failed', interface: name, address, detail });
      told.set(key, detail);
    };
    const isMissing = wish === 'have' && !has(device, address);
    const isInTheWay = wish === 'lack' && hasAsHost(device, address);
    // Also an admin may have done it, or what failed is no longer wanted.
    if (!isMissing && !isInTheWay) told.delete(key);
    if (isMissing) {
      const done = () => {
        told.delete(key);
        log({ event: 'address-added', interface: name, address });
      };
      once(key, () => table.add(device, address), done, failed);
    }
    if (isInTheWay) {
      const done = () => {
        told.delete(key);
        log({ event: 'address-removed', interface: name, address });
      };
      once(key, () => table.remove(device, address), done, failed);
    }
  }

  function wishFor(group: GroupReport | undefined, address: string): Wish {
    const { config, self } = options.loaded();
    if (config.addresses === 'static') return 'have';
    if (group === undefined) return 'either';
    if (group.master !== null) return group.master === self.name ? 'have' : 'lack';
    const vip = group.vips.find((each) => each.address === address);
    if (vip === undefined || vip.ownership === 'unknown') return 'either';
    return vip.holder === self.name ? 'either' : 'lack';
  }

  function removeLeft(wanted: ReadonlySet<string>): void {
    for (const [key, place] of known) {
      if (wanted.has(key)) continue;
      if (hasAsHost(place.device, place.address)) apply('lack', place);
      else known.delete(key);
    }
    for (const key of told.keys()) if (!known.has(key)) told.delete(key);
  }

  return {
    alarms: () => [...told].map(([key, detail]) => alarm('address', key, `address ${key}: ${detail}`)),
    keep(reports) {
      const { config, self } = options.loaded();
      if (config.addresses === 'unmanaged' || config.mode === 'observe') {
        known.clear();
        told.clear();
        return;
      }
      const wanted = new Set<string>();
      for (const { name: group, interfaces } of config.groups) {
        const report = reports.find((each) => each.name === group);
        for (const { name, vips } of interfaces) {
          const device = deviceOf(self, name);
          for (const { address } of vips) {
            const key = keyOf(device, address);
            wanted.add(key);
            known.set(key, { name, device, address });
            if (table.isUp(device)) apply(wishFor(report, address), { name, device, address });
          }
        }
      }
      removeLeft(wanted);
    },
  };
}

const keyOf = (device: string, address: string) => `${address} on ${device}`;
