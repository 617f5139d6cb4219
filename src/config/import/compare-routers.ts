import type { Member } from './compare.ts';
import type { CheckScript, KeepalivedRouter, Route, SyncGroup } from './keepalived.ts';
import { type Position, place, type Remarks } from './remark.ts';

/* What stands outside of the vrrp_instances, or concerns several of them. The first router's is what is written. */

/** A VRID is a group's own in failoverd. keepalived takes one twice, on two interfaces or for IPv4 and IPv6. */
export function compareGroups(groups: readonly (readonly Member[])[], remarks: Remarks): void {
  const known = new Map<number, Member>();
  for (const [first] of groups) {
    const id = first?.instance.virtualRouterId;
    if (first === undefined || id === undefined) continue;
    const other = known.get(id.value);
    if (other === undefined) known.set(id.value, first);
    else {
      const where = place(other.instance.virtualRouterId?.at ?? other.instance.at);
      const message = `virtual_router_id ${id.value} is that of ${other.instance.name}, too (${where}), allowed: a different one for each vrrp_instance; change it in keepalived on every router first`;
      remarks.mistake(id.at, message);
    }
  }
}

/** Names every difference that would be lost, for one file serves all routers. */
export function compareRouters(
  routers: readonly KeepalivedRouter[],
  groups: readonly (readonly Member[])[],
  remarks: Remarks,
): void {
  const [first, ...others] = routers;
  if (first === undefined) return;
  for (const other of others) {
    for (const script of other.scripts.values()) {
      const reference = first.scripts.get(script.name);
      if (reference !== undefined) compareScripts(reference, script, [first.name, other.name], remarks);
    }
    compareSyncGroups(first, other, remarks);
    compareRoutes(
      { name: first.name, routes: first.staticRoutes },
      { name: other.name, routes: other.staticRoutes },
      remarks,
    );
  }
  for (const [reference, ...members] of groups) {
    for (const { router, instance } of reference === undefined ? [] : members) {
      compareRoutes(
        { name: reference?.router ?? '', routes: reference?.instance.routes ?? [] },
        { name: router, routes: instance.routes },
        remarks,
      );
    }
  }
}

/** The longest of all: a router that waits for longer than it did takes nothing too early. */
export function startupDelayOf(routers: readonly KeepalivedRouter[], remarks: Remarks): number | undefined {
  const delays = routers.flatMap(({ startupDelay }) => (startupDelay === undefined ? [] : [startupDelay]));
  if (delays.length === 0) return undefined;
  const longest = Math.max(...delays.map(({ value }) => value));
  for (const { value, at } of delays) {
    if (value === longest) continue;
    remarks.todo(
      at,
      `vrrp_startup_delay is ${value / 1000} s here, and ${longest / 1000} s is written for every router`,
    );
  }
  return longest;
}

function compareScripts(
  ours: CheckScript,
  theirs: CheckScript,
  [us, them]: readonly [string, string],
  remarks: Remarks,
): void {
  const said = ({ command, interval, timeout, fall, rise, weight, isReversed }: CheckScript) => ({
    script: command.join(' '),
    interval: `${interval / 1000} s`,
    timeout: `${timeout / 1000} s`,
    fall: String(fall),
    rise: String(rise),
    weight: `${weight}${isReversed ? ' reverse' : ''}`,
  });
  const there = new Map(Object.entries(said(theirs)));
  for (const [what, here] of Object.entries(said(ours))) {
    if (there.get(what) === here) continue;
    const message = `vrrp_script ${ours.name}: ${what} is ${there.get(what)} on ${them} and ${here} on ${us} (${place(ours.at)}), allowed: the same on every router`;
    remarks.mistake(theirs.at, message);
  }
}

function compareSyncGroups(ours: KeepalivedRouter, theirs: KeepalivedRouter, remarks: Remarks): void {
  const start = ({ file }: KeepalivedRouter): Position => ({ file, line: 1, column: 1 });
  const lacking = (one: KeepalivedRouter, other: KeepalivedRouter): void => {
    for (const group of one.syncGroups) {
      const same = other.syncGroups.find(({ name }) => name === group.name);
      if (same !== undefined && textOf(same) === textOf(group)) continue;
      const what = same === undefined ? `${other.name} lacks` : `${other.name} has another`;
      const message = `${what} vrrp_sync_group ${group.name}, which ${one.name} has (${place(group.at)}), allowed: the same members and the same tracking on every router`;
      remarks.mistake(same?.at ?? start(other), message);
      if (same !== undefined) return;
    }
  };
  lacking(ours, theirs);
  const known = new Set(ours.syncGroups.map(({ name }) => name));
  lacking({ ...theirs, syncGroups: theirs.syncGroups.filter(({ name }) => !known.has(name)) }, ours);
}

function textOf({ members, trackedInterfaces, trackedScripts }: SyncGroup): string {
  const tracked = [...trackedInterfaces, ...trackedScripts].map(
    ({ name, weight, isReversed }) => `${name} ${weight ?? ''} ${isReversed}`,
  );
  return JSON.stringify([members.map(({ value }) => value).sort(), tracked.sort()]);
}

interface Routes {
  readonly name: string;
  readonly routes: readonly Route[];
}

function compareRoutes(ours: Routes, theirs: Routes, remarks: Remarks): void {
  const lacks = ({ routes }: Routes, { to, via }: Route): boolean =>
    !routes.some((route) => route.to === to && route.via === via);
  for (const route of theirs.routes) {
    if (!lacks(ours, route)) continue;
    const message = `the route to ${route.to} by ${route.via} is left out, for ${ours.name} lacks it: if every router is to have it, add it to the routes of its interface`;
    remarks.todo(route.at, message);
  }
  for (const route of ours.routes) {
    if (lacks(theirs, route)) {
      remarks.todo(route.at, `${theirs.name} lacks the route to ${route.to} by ${route.via}, and has it from now on`);
    }
  }
}
