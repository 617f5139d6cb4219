import { compareTracked, type Member } from './compare.ts';
import { commonBits } from './inventory.ts';
import type { Instance, Tracked } from './keepalived.ts';
import type { Inventories } from './paths.ts';
import { place, type Remarks } from './remark.ts';

/** Name of an interface on the first router → name of the device on another one, by router; where they differ. */
export type Devices = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Interfaces that have to be up: tracked without a weight, or the instance's own. */
export function requiredInterfaces(instance: Instance): readonly string[] {
  const own = instance.interface?.value;
  const tracked = instance.trackedInterfaces.filter(({ weight = 0 }) => weight === 0).map(({ name }) => name);
  const names = own === undefined || tracked.includes(own) ? tracked : [own, ...tracked];
  return [...new Set(names)];
}

/**
 * Works out which devices of the routers are the same interface, and names what only some of them track. With the
 * addresses of the routers it is by subnet, otherwise by name, or by place where even the instance's interface has
 * another name.
 */
export function matchDevices(
  groups: readonly (readonly Member[])[],
  inventories: Inventories,
  remarks: Remarks,
): Devices {
  const devices = new Map<string, Map<string, string>>();
  for (const members of groups) {
    const [first, ...others] = members;
    if (first === undefined) continue;
    for (const other of others) {
      const map = devices.get(other.router) ?? new Map<string, string>();
      devices.set(other.router, map);
      for (const [name, device] of pair(first, other, inventories, remarks)) if (name !== device) map.set(name, device);
    }
    const renamed = members.map(({ router, instance }) => ({
      router,
      instance: {
        ...instance,
        interface: instance.interface && {
          ...instance.interface,
          value: nameOf(instance.interface.value, router, devices),
        },
        trackedInterfaces: instance.trackedInterfaces.map((one) => ({
          ...one,
          name: nameOf(one.name, router, devices),
        })),
      },
    }));
    compareTracked(renamed, 'track_interface', withOwn, remarks);
  }
  return devices;
}

/** The name on the first router for a device of another one. */
export function nameOf(device: string, router: string, devices: Devices): string {
  for (const [name, own] of devices.get(router) ?? []) if (own === device) return name;
  return device;
}

/** An instance tracks its own interface whether it says so or not. */
function withOwn({ interface: own, trackedInterfaces, at }: Instance): readonly Tracked[] {
  if (own === undefined || trackedInterfaces.length === 0) return trackedInterfaces;
  return trackedInterfaces.some(({ name }) => name === own.value)
    ? trackedInterfaces
    : [...trackedInterfaces, { name: own.value, at: own.at ?? at, weight: undefined, isReversed: false }];
}

function* pair(
  first: Member,
  other: Member,
  inventories: Inventories,
  remarks: Remarks,
): Generator<readonly [string, string]> {
  const names = [
    ...new Set([...requiredInterfaces(first.instance), ...first.instance.trackedInterfaces.map((t) => t.name)]),
  ];
  const ours = [
    ...new Set([...requiredInterfaces(other.instance), ...other.instance.trackedInterfaces.map((t) => t.name)]),
  ];
  const here = inventories.get(first.router);
  const there = inventories.get(other.router);
  if (here !== undefined && there !== undefined) {
    for (const name of names) {
      const subnets = here.find((entry) => entry.name === name)?.addresses ?? [];
      const match = there.find(({ addresses }) =>
        addresses.some((theirs) =>
          subnets.some(
            (own) =>
              own.prefixLength === theirs.prefixLength && commonBits(own.address, theirs.address) >= own.prefixLength,
          ),
        ),
      );
      if (match !== undefined) yield [name, match.name];
    }
    return;
  }
  const isNamedOtherwise = first.instance.interface?.value !== other.instance.interface?.value;
  if (!isNamedOtherwise || names.length !== ours.length) return;
  if (first.instance.interface === undefined || other.instance.interface === undefined) return;
  const message = `${other.router} names its interfaces differently from ${first.router} (${place(first.instance.interface.at)}): taken in the order of the lists, ${names.map((name, index) => `${name} is ${ours[index]}`).join(', ')}; look whether that is so, or give --addresses for both`;
  remarks.todo(other.instance.interface.at, message);
  for (const [index, name] of names.entries()) yield [name, ours[index] ?? name];
}
