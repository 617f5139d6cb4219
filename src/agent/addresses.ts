import { deviceOf, type LoadedConfig } from '../config/index.ts';
import type { GroupReport } from '../control/api.ts';
import type { LinkAddress } from '../linux/index.ts';
import type { Log } from '../observe/index.ts';

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
 * router that stopped without a successor, and never leave for want of an answer.
 */
export interface AddressKeeper {
  /** Looks at all of them; what it starts ends by itself. `groups` only for `follow`. */
  keep(groups: readonly GroupReport[]): void;
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

  function apply(wish: Wish, name: string, device: string, address: string): void {
    const key = `${device} ${address}`;
    const failed = (detail: string) => log({ event: 'address-failed', interface: name, address, detail });
    if (wish === 'have' && !has(device, address)) {
      const done = () => log({ event: 'address-added', interface: name, address });
      once(key, () => table.add(device, address), done, failed);
    }
    if (wish === 'lack' && hasAsHost(device, address)) {
      const done = () => log({ event: 'address-removed', interface: name, address });
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

  return {
    keep(reports) {
      const { config, self } = options.loaded();
      if (config.addresses === 'unmanaged' || config.mode === 'observe') return;
      for (const { name: group, interfaces } of config.groups) {
        const report = reports.find((each) => each.name === group);
        for (const { name, vips } of interfaces) {
          const device = deviceOf(self, name);
          if (!table.isUp(device)) continue;
          for (const { address } of vips) apply(wishFor(report, address), name, device, address);
        }
      }
    },
  };
}
