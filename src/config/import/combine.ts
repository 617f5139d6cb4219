import { makeAuth } from './auth.ts';
import { compare, type Member } from './compare.ts';
import { compareGroups, compareRouters, startupDelayOf } from './compare-routers.ts';
import { type Devices, matchDevices, requiredInterfaces } from './devices.ts';
import type { Draft, DraftGroup, DraftInterface, DraftRouter } from './draft.ts';
import { type GivenScript, makeHooks, scriptOf } from './hooks.ts';
import { interfaceOf } from './inventory.ts';
import type { Instance, KeepalivedRouter, Notification, SyncGroup, Tracked } from './keepalived.ts';
import { findMinTtl, findPaths, type Inventories } from './paths.ts';
import { decidePreemption } from './preemption.ts';
import { place, type Remarks } from './remark.ts';
import { configName, makeTrackers } from './trackers.ts';
import { type PlacedVip, placeVips } from './vips.ts';

/* The routers' files put together to one cluster. */

export interface Deployment {
  readonly routers: readonly KeepalivedRouter[];
  /** Notify scripts by router. */
  readonly scripts: ReadonlyMap<string, readonly GivenScript[]>;
  readonly inventories: Inventories;
  /** Name of the cluster, when it was given. */
  readonly cluster: string | undefined;
}

export function combine({ routers, scripts, inventories, cluster }: Deployment, remarks: Remarks): Draft {
  const all = matchInstances(routers, remarks);
  for (const members of all) compare(members, remarks);
  // Where a router lacks an instance, everything else would only repeat it.
  const groups = all.filter((members) => members.length === routers.length);
  const paths = findPaths(groups, inventories, remarks);
  const devices = matchDevices(groups, inventories, remarks);
  const preparations: string[] = [];
  const names = namesOf(groups, remarks);
  const namesByInstance = new Map(groups.map(([first], index) => [first?.instance.name ?? '', names[index] ?? '']));
  compareGroups(groups, remarks);
  compareRouters(routers, groups, remarks);
  const draftGroups = groups.map((members, index): DraftGroup => {
    const group = { name: names[index] ?? '', members, only: groups.length === 1, names: namesByInstance };
    return makeGroup(group, { routers, scripts, inventories, cluster }, devices, preparations, remarks);
  });
  return {
    cluster: cluster ?? configName(names[0]?.toLowerCase() ?? '', 'cluster'),
    routers: routers.map(
      ({ name }, index): DraftRouter => ({
        name,
        addresses: paths.flatMap((path) => path[index] ?? []),
        devices: Object.fromEntries(devices.get(name) ?? []),
      }),
    ),
    transport: 'ip',
    minTtl: findMinTtl(groups, remarks),
    startupDelay: startupDelayOf(routers, remarks),
    groups: draftGroups,
    preparations,
  };
}

/** The same instance on every router: by name, or by VRID where the names differ. */
function matchInstances(routers: readonly KeepalivedRouter[], remarks: Remarks): Member[][] {
  const [first, ...others] = routers;
  const groups = (first?.instances ?? []).map((instance): Member[] => [{ router: first?.name ?? '', instance }]);
  const isReadable = !remarks.list.some(({ kind }) => kind === 'mistake');
  if (first !== undefined && first.instances.length === 0 && isReadable) {
    remarks.mistake({ file: first.file, line: 1, column: 1 }, `there is no vrrp_instance for ${first.name}`);
  }
  for (const { name, file, instances } of others) {
    const rest = new Set<Instance>(instances);
    for (const members of groups) {
      const reference = members[0]?.instance;
      const found =
        instances.find((instance) => instance.name === reference?.name) ??
        [...rest].find(
          ({ virtualRouterId }) =>
            virtualRouterId !== undefined && virtualRouterId.value === reference?.virtualRouterId?.value,
        );
      if (found === undefined) {
        const where = reference === undefined ? '' : ` (${place(reference.at)})`;
        const message = `${name} lacks the vrrp_instance ${reference?.name}, which ${first?.name} has${where}`;
        remarks.mistake({ file, line: 1, column: 1 }, message);
      } else {
        rest.delete(found);
        members.push({ router: name, instance: found });
      }
    }
    for (const instance of rest) {
      remarks.mistake(
        instance.at,
        `${first?.name} (${first?.file}) lacks the vrrp_instance ${instance.name}, which ${name} has`,
      );
    }
  }
  for (const members of groups) {
    for (const { instance } of members) {
      if (instance.virtualRouterId === undefined)
        remarks.mistake(instance.at, `${instance.name} has no virtual_router_id`);
    }
  }
  return groups;
}

/** A name for each group, none of them twice. */
function namesOf(groups: readonly (readonly Member[])[], remarks: Remarks): string[] {
  const names: string[] = [];
  for (const [index, [first]] of groups.entries()) {
    const wanted = configName(first?.instance.name ?? '', `group${index + 1}`);
    const name = names.includes(wanted) ? `${wanted}-${index + 1}` : wanted;
    names.push(name);
    if (first === undefined || name === first.instance.name) continue;
    remarks.note(first.instance.at, `vrrp_instance ${first.instance.name} is the group ${name}`);
  }
  return names;
}

interface Group {
  readonly name: string;
  readonly members: readonly Member[];
  readonly only: boolean;
  /** Of all groups, by the first router's name of the instance. */
  readonly names: ReadonlyMap<string, string>;
}

function makeGroup(
  { name, members, only, names }: Group,
  { routers, scripts, inventories }: Deployment,
  devices: Devices,
  preparations: string[],
  remarks: Remarks,
): DraftGroup {
  const [first] = members;
  if (first === undefined) throw new Error(`${name} has no member`);
  const syncGroups = syncGroupsOf(first.instance, routers[0]?.syncGroups ?? []);
  const notified = members.map(({ router, instance: own }) => {
    const syncs = syncGroupsOf(own, routers.find((one) => one.name === router)?.syncGroups ?? []);
    const notifications = [...own.notifications, ...syncs.flatMap((sync) => sync.notifications)];
    return { router, notifications, scripts: scripts.get(router) ?? [] };
  });
  const claims = new Map(
    notified.map(({ router, notifications, scripts: given }) => [router, claimsOf(notifications, given, only)]),
  );
  const vips = placeVips(members, claims, inventories, devices, remarks);
  if (vips.length === 0 && !remarks.list.some(({ kind }) => kind === 'mistake')) {
    const { name: own, at } = first.instance;
    const message = `${own} has no VIP: neither virtual_ipaddress nor a script names one, allowed: --script ${first.router}=FILE with the script that becoming master runs`;
    remarks.mistake(at, message);
  }
  const instance = syncGroups.length === 0 ? first.instance : withoutWeights(first.instance, remarks);
  const interfaces = makeInterfaces({ ...first, instance }, vips, syncGroups, remarks);
  placeRoutes(interfaces, first, routers[0], inventories, remarks);
  const required = new Set(interfaces.keys());
  return {
    name,
    virtualRouterId: instance.virtualRouterId?.value ?? 0,
    priority: prioritiesOf(members, remarks),
    ...decidePreemption(members, remarks),
    interfaces: [...interfaces.values()],
    heartbeat: {
      version: instance.version.value,
      interval: instance.interval.value,
      advertise: advertised(instance, vips),
      auth: makeAuth(instance.auth, { group: name, only, preparations }, remarks),
    },
    trackers: makeTrackers(instance, routers[0]?.scripts ?? new Map(), syncGroups, required, remarks),
    sync: syncedWith(instance, syncGroups, names, remarks),
    hooks: makeHooks(name, notified, remarks),
  };
}

function syncGroupsOf(instance: Instance, all: readonly SyncGroup[]): readonly SyncGroup[] {
  return all.filter(({ members }) => members.some(({ value }) => value === instance.name));
}

/** keepalived ignores the weights of an instance in a sync group: what is tracked is up, or a fault. */
function withoutWeights(instance: Instance, remarks: Remarks): Instance {
  const unweighted = (tracked: Tracked): Tracked => {
    if ((tracked.weight ?? 0) === 0 && !tracked.isReversed) return tracked;
    remarks.note(
      tracked.at,
      `${tracked.name}: keepalived ignores a weight in a sync group, so that it down is a fault`,
    );
    return { ...tracked, weight: 0, isReversed: false };
  };
  return {
    ...instance,
    trackedInterfaces: instance.trackedInterfaces.map(unweighted),
    trackedScripts: instance.trackedScripts.map(unweighted),
  };
}

/** Groups that fail over with this one. keepalived ignores members that it does not know. */
function syncedWith(
  instance: Instance,
  syncGroups: readonly SyncGroup[],
  names: ReadonlyMap<string, string>,
  remarks: Remarks,
): string[] {
  const others = syncGroups.flatMap(({ members }) => members).filter(({ value }) => value !== instance.name);
  const known = others.filter(({ value, at }) => {
    const isKnown = names.has(value);
    if (!isKnown) remarks.todo(at, `there is no vrrp_instance ${value}: keepalived ignores it as well`);
    return isKnown;
  });
  return [...new Set(known.flatMap(({ value }) => names.get(value) ?? []))];
}

/** Claims of the scripts that a group's notifications run; of all scripts, where there is one group only. */
function claimsOf(notifications: readonly Notification[], given: readonly GivenScript[], only: boolean) {
  const named = notifications.flatMap((one) => scriptOf(one, notifications, given) ?? []);
  const wanted = only ? given : given.filter((script) => named.includes(script));
  return [...new Set(wanted)].flatMap(({ script }) => script.claims);
}

interface MutableInterface extends DraftInterface {
  readonly vips: string[];
  readonly routes: { to: string; via: string }[];
  readonly comments: string[];
}

function makeInterfaces(
  { router, instance }: Member,
  vips: readonly PlacedVip[],
  syncGroups: readonly SyncGroup[],
  remarks: Remarks,
): Map<string, MutableInterface> {
  const interfaces = new Map<string, MutableInterface>();
  const use = (name: string): MutableInterface => {
    const known = interfaces.get(name) ?? { name, vips: [], routes: [], comments: [] };
    interfaces.set(name, known);
    return known;
  };
  const synced = syncGroups.flatMap(({ trackedInterfaces }) =>
    trackedInterfaces.filter(({ weight = 0 }) => weight === 0),
  );
  for (const name of requiredInterfaces(instance)) use(name);
  for (const { name } of synced) use(name);
  for (const { address, text, interface: name, vnics, at } of vips) {
    if (!interfaces.has(name))
      remarks.note(at, `${name} has a VIP, so it is tracked from now on, which it was not on ${router}`);
    const entry = use(name);
    entry.vips.push(text);
    const owned = [...vnics].map(([owner, vnic]) => `of ${owner} ${vnic}`);
    const comment = `VNIC in the scripts: ${owned.join(', ')}`;
    if (owned.length > 0 && !entry.comments.includes(comment)) entry.comments.push(comment);
    for (const [owner, vnic] of vnics) {
      const elsewhere = vips.find((other) => other.interface !== name && other.vnics.get(owner) === vnic);
      if (elsewhere === undefined) continue;
      const message = `${address} and ${elsewhere.address} go to the same VNIC of ${owner}, and to ${name} and ${elsewhere.interface} here: look which it is`;
      remarks.todo(at, message);
    }
  }
  return interfaces;
}

/** virtual_routes and static_routes: failoverd keeps both on every router. */
function placeRoutes(
  interfaces: Map<string, MutableInterface>,
  { router, instance }: Member,
  own: KeepalivedRouter | undefined,
  inventories: Inventories,
  remarks: Remarks,
): void {
  const inventory = inventories.get(router);
  for (const route of [...instance.routes, ...(own?.staticRoutes ?? [])]) {
    const device = route.device ?? (inventory === undefined ? undefined : interfaceOf(route.via, inventory));
    const entry = device === undefined ? undefined : interfaces.get(device);
    if (entry === undefined) {
      const why = device === undefined ? 'it has no dev' : `${device} is no interface of the group`;
      const message = `the route to ${route.to} is left out, for ${why}: add it to the routes of the interface in the subnet of ${route.via}`;
      remarks.todo(route.at, message);
    } else if (!entry.routes.some(({ to, via }) => to === route.to && via === route.via)) {
      entry.routes.push({ to: route.to, via: route.via });
      if (instance.routes.includes(route)) {
        remarks.note(route.at, `the route to ${route.to} is kept on every router, not on the master only`);
      }
    }
  }
}

function prioritiesOf(members: readonly Member[], remarks: Remarks): Record<string, number> {
  const entries = members.map(({ router, instance }) => {
    const { value, at } = instance.priority;
    if (value === 255)
      remarks.todo(at, 'priority 255 belongs to the owner of an address, which OCI has not: 254 is written');
    return [router, Math.min(254, value)] as const;
  });
  const [first, ...others] = entries;
  const equal = others.find(([, value]) => value === first?.[1]);
  if (equal !== undefined && first !== undefined) {
    const at = members.find(({ router }) => router === equal[0])?.instance.priority.at;
    const message = `${equal[0]} and ${first[0]} both have priority ${first[1]}: the higher address wins, in failoverd as well`;
    if (at !== undefined) remarks.note(at, message);
  }
  return Object.fromEntries(entries);
}

/** keepalived 2.2 rejects an advert that lists anything but its own virtual_ipaddress. */
function advertised(instance: Instance, vips: readonly PlacedVip[]): 'vips' | 'none' | readonly string[] {
  const listed = instance.addresses.map(({ address }) => address);
  if (listed.length === 0) return 'none';
  const isAll = vips.length === listed.length && vips.every(({ address }) => listed.includes(address));
  return isAll ? 'vips' : listed;
}
