import type { DraftTracker } from './draft.ts';
import { absolute } from './hooks.ts';
import type { CheckScript, Instance, SyncGroup, Tracked } from './keepalived.ts';
import type { Remarks } from './remark.ts';
import { sayUser } from './run-as.ts';

/** Limits of `groups.*.trackers`, in milliseconds and runs. */
const LEAST_TIME = 100;
const MOST_TIME = 3_600_000;
const MOST_RUNS = 100;

/** What the first router's group tracks besides required interfaces. The routers were compared before. */
export function makeTrackers(
  instance: Instance,
  scripts: ReadonlyMap<string, CheckScript>,
  syncGroups: readonly SyncGroup[],
  required: ReadonlySet<string>,
  remarks: Remarks,
): DraftTracker[] {
  const trackers: DraftTracker[] = [];
  const add = (tracker: DraftTracker | undefined): void => {
    if (tracker === undefined) return;
    const isTaken = trackers.some(({ name }) => name === tracker.name);
    trackers.push(isTaken ? { ...tracker, name: `${tracker.name}-${trackers.length + 1}` } : tracker);
  };
  const sources = [instance, ...syncGroups];
  for (const tracked of once(sources.flatMap(({ trackedScripts }) => trackedScripts))) {
    const script = scripts.get(tracked.name);
    if (script === undefined) remarks.mistake(tracked.at, `track_script: there is no vrrp_script ${tracked.name}`);
    else add(scriptTracker(tracked, script, remarks));
  }
  for (const tracked of once(sources.flatMap(({ trackedInterfaces }) => trackedInterfaces))) {
    add(interfaceTracker(tracked, required, remarks));
  }
  return trackers;
}

/** What an instance and its sync group both track is one tracker, as the instance has it. */
function once(all: readonly Tracked[]): readonly Tracked[] {
  return all.filter(({ name }, index) => all.findIndex((other) => other.name === name) === index);
}

function scriptTracker(tracked: Tracked, script: CheckScript, remarks: Remarks): DraftTracker | undefined {
  const weight = tracked.weight ?? script.weight;
  const isReversed = tracked.weight === undefined ? script.isReversed || tracked.isReversed : tracked.isReversed;
  if (isReversed) {
    const message = `track_script ${script.name}: reverse has no equivalent and the tracker is left out: let the script exit the other way round`;
    remarks.todo(tracked.at, message);
    return undefined;
  }
  if (script.command[0]?.startsWith('/') !== true) {
    remarks.note(script.at, `vrrp_script ${script.name}: its program is found by /usr/bin/env, write its path instead`);
  }
  sayUser('trackers', script.user, script.at, remarks);
  const bounded = (what: string, value: number, least: number, most: number): number => {
    const result = Math.min(most, Math.max(least, Math.round(value)));
    if (result !== value)
      remarks.todo(script.at, `vrrp_script ${script.name}: ${what} is changed from ${value} to ${result}`);
    return result;
  };
  return {
    name: trackerName(script.name),
    command: absolute(script.command),
    interval: bounded('interval in ms', script.interval, LEAST_TIME, MOST_TIME),
    timeout: bounded('timeout in ms', script.timeout, LEAST_TIME, MOST_TIME),
    fall: bounded('fall', script.fall, 1, MOST_RUNS),
    rise: bounded('rise', script.rise, 1, MOST_RUNS),
    weight: weight === 0 ? 'fault' : weight,
  };
}

/** An interface with a weight has no equivalent; the kernel tells a command as much. */
function interfaceTracker(tracked: Tracked, required: ReadonlySet<string>, remarks: Remarks): DraftTracker | undefined {
  const { name, at, weight = 0, isReversed } = tracked;
  if (weight === 0 && !isReversed) return undefined;
  if (required.has(name) || weight === 0 || isReversed) {
    const why = required.has(name)
      ? 'it has VIPs or the heartbeat, so that it down is a fault'
      : 'reverse has no equivalent';
    remarks.todo(at, `track_interface ${name}: its weight is left out, for ${why}`);
    return undefined;
  }
  remarks.todo(at, `track_interface ${name}: a weight is a tracker that asks the kernel; try its command by hand`);
  return {
    name: trackerName(name),
    command: ['/usr/bin/grep', '-qx', 'up', `/sys/class/net/${name}/operstate`],
    interval: 1000,
    timeout: 1000,
    fall: 1,
    rise: 1,
    weight,
  };
}

/** A name that the configuration takes. */
export function trackerName(name: string): string {
  return configName(name, 'tracker');
}

/** Letters, digits, `-`, `_` and `.`, as cluster, groups and trackers are named. */
export function configName(name: string, otherwise: string): string {
  const clean = name.replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return clean === '' ? otherwise : clean.slice(0, 63);
}
