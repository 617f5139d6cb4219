import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { InterfaceInventory, InterfaceQuery, Oci } from '../oci/types.ts';
import type { Clock } from './clock.ts';

/** While something is missing it is looked for again after this long, doubling up to the longest. */
const FIRST_RETRY: Milliseconds = 1000;
const LONGEST_RETRY: Milliseconds = 30_000;
/** A complete inventory is looked at again, for what an admin changed in the console. */
const REFRESH: Milliseconds = 300_000;
/** Least distance of two looks that failed requests ask for. */
const LEAST_DISTANCE: Milliseconds = 10_000;

export interface Discovery {
  /** Look now (again): OCI became ready, an interface appeared. */
  look(): void;
  /** An object seems to be gone: look again soon, but not for each failed request. */
  lookSoon(): void;
  /** What the last look found; undefined before the first. */
  last(): readonly InterfaceInventory[] | undefined;
  close(): void;
}

/**
 * Keeps the inventory: which VNIC each interface is, and which private IP object each VIP is. Whatever is missing is
 * looked for again for ever; it never stands in the way of what was found.
 */
export function createDiscovery(options: {
  readonly oci: Pick<Oci, 'discover'>;
  readonly clock: Clock;
  readonly query: () => readonly InterfaceQuery[];
  /** `startedAt`: the records are at least as new as this. */
  readonly onInventory: (inventory: readonly InterfaceInventory[], startedAt: Milliseconds) => void;
}): Discovery {
  const { oci, clock, query, onInventory } = options;
  const alarm = clock.createAlarm(look);
  let inventory: readonly InterfaceInventory[] | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking = false;
  let again = false;
  let failures = 0;
  let closed = false;

  function look(): void {
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    again = false;
    alarm.set(undefined);
    const startedAt = clock.now();
    lookedAt = startedAt;
    oci.discover(query()).then((found) => {
      looking = false;
      if (closed) return;
      inventory = found;
      onInventory(found, startedAt);
      failures = isComplete(found) ? 0 : failures + 1;
      if (again) look();
      else alarm.set(clock.now() + pause());
    });
  }

  const pause = () => (failures === 0 ? REFRESH : Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (failures - 1)));

  return {
    look() {
      failures = 0;
      look();
    },
    lookSoon() {
      const wait = lookedAt + LEAST_DISTANCE - clock.now();
      if (wait <= 0) look();
      else if (!looking) alarm.set(clock.now() + Math.min(wait, pause()));
    },
    last: () => inventory,
    close() {
      closed = true;
      alarm.close();
    },
  };
}

/** Every interface has its VNIC and every VIP its object. */
function isComplete(inventory: readonly InterfaceInventory[]): boolean {
  return inventory.every((entry) => entry.ok && entry.vips.every((vip) => vip.ok));
}
