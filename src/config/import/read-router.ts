import type { ImportFiles } from './conf-glob.ts';
import { type Block, readTree } from './conf-tree.ts';
import type { CheckScript, Instance, KeepalivedRouter, Notification, Route, SyncGroup } from './keepalived.ts';
import { readInstance } from './read-instance.ts';
import { readNotification, readRoute, readTracked } from './read-parts.ts';
import { type Placed, place, type Remarks } from './remark.ts';
import { command, seconds, wholeNumber, word } from './values.ts';
import { GLOBALS, INSTANCE, readable, SCRIPT, SYNC_GROUP, TOP } from './vocabulary.ts';

/** keepalived's timers end at TIMER_MAX, 2^31 - 1 microseconds in some places: nobody means more than a day. */
const MAX_SECONDS = 86_400;

/** Reads one router's configuration. Never throws: what is wrong or has no equivalent is among the remarks. */
export function readRouter(name: string, file: string, files: ImportFiles, remarks: Remarks): KeepalivedRouter {
  const tree = readTree({ path: file, configId: name, files, remarks });
  const top = readable(tree, TOP, remarks);
  const inside = (keyword: string): Block[] => top.filter((block) => block.keyword === keyword);

  const globals = readable(
    inside('global_defs').flatMap(({ block }) => block ?? []),
    GLOBALS,
    remarks,
  );
  const global = (keyword: string): Block | undefined => globals.filter((block) => block.keyword === keyword).at(-1);
  const version = global('vrrp_version');
  const delay = global('vrrp_startup_delay');
  const scriptUser = global('script_user');
  const user = scriptUser === undefined ? undefined : word(scriptUser, remarks);
  if (user !== undefined) remarks.note(user.at, 'script_user: whatever failoverd runs has the user of the daemon');
  const withUser = <T extends { readonly user: Placed<string> | undefined }>(one: T): T => ({
    ...one,
    user: one.user ?? user,
  });
  const notifying = <T extends { readonly notifications: readonly Notification[] }>(one: T): T => ({
    ...one,
    notifications: one.notifications.map(withUser),
  });

  const defaults = { version: version === undefined ? undefined : wholeNumber(version, 2, 3, remarks) };
  const instances = inside('vrrp_instance').flatMap((block) => {
    const instanceName = word(block, remarks);
    if (instanceName === undefined) return [];
    return [readInstance(instanceName, readable(block.block ?? [], INSTANCE, remarks), defaults, remarks)];
  });
  refuseTwice(instances, remarks);
  const scripts = inside('vrrp_script').flatMap((block) => readScript(block, remarks) ?? []);
  return {
    name,
    file,
    startupDelay: delay === undefined ? undefined : seconds(delay, 0, MAX_SECONDS, remarks),
    instances: instances.map(notifying),
    syncGroups: inside('vrrp_sync_group')
      .flatMap((block) => readSyncGroup(block, remarks) ?? [])
      .map(notifying),
    scripts: new Map(scripts.map((script) => [script.name, withUser(script)])),
    staticRoutes: inside('static_routes').flatMap(({ block }) =>
      (block ?? []).flatMap((route): Route[] => readRoute(route, remarks)),
    ),
  };
}

/** keepalived passes over an instance whose name it has. */
function refuseTwice(instances: readonly Instance[], remarks: Remarks): void {
  const known = new Map<string, Instance>();
  for (const instance of instances) {
    const first = known.get(instance.name);
    if (first === undefined) known.set(instance.name, instance);
    else {
      const message = `there is a vrrp_instance ${instance.name} already (${place(first.at)}), and keepalived passes over this one: take it out, or give it another name`;
      remarks.mistake(instance.at, message);
    }
  }
}

function readScript(block: Block, remarks: Remarks): CheckScript | undefined {
  const name = word(block, remarks);
  if (name === undefined) return undefined;
  const parts = readable(block.block ?? [], SCRIPT, remarks);
  const part = (keyword: string): Block | undefined => parts.filter((entry) => entry.keyword === keyword).at(-1);
  const use = <T>(keyword: string, read: (entry: Block) => T): T | undefined => {
    const entry = part(keyword);
    return entry === undefined ? undefined : read(entry);
  };
  const script = use('script', (entry) => command(entry, remarks)?.argv);
  if (script === undefined) {
    if (part('script') === undefined) remarks.mistake(block.at, `vrrp_script ${name.value} has no script`);
    return undefined;
  }
  const interval = use('interval', (entry) => seconds(entry, 0.001, MAX_SECONDS, remarks)?.value) ?? 1000;
  const weight = use('weight', readWeight(remarks));
  const initFail = part('init_fail');
  if (initFail !== undefined) {
    remarks.note(initFail.at, 'init_fail: the first result of a tracker decides at once, within startup_delay');
  }
  return {
    name: name.value,
    at: block.at,
    command: script,
    interval,
    timeout: use('timeout', (entry) => seconds(entry, 0.001, MAX_SECONDS, remarks)?.value) ?? interval,
    fall: use('fall', (entry) => wholeNumber(entry, 1, 1000, remarks)?.value) ?? 1,
    rise: use('rise', (entry) => wholeNumber(entry, 1, 1000, remarks)?.value) ?? 1,
    weight: weight?.weight ?? 0,
    isReversed: weight?.isReversed ?? false,
    user: use('user', (entry) => word(entry, remarks)),
  };
}

function readWeight(remarks: Remarks) {
  return ({ words, at }: Block) => {
    const weight = Number(words[1]);
    if (/^[-+]?\d{1,3}$/.test(words[1] ?? '') && Math.abs(weight) <= 253) {
      return { weight, isReversed: words[2] === 'reverse' };
    }
    remarks.mistake(at, `weight ${words[1] ?? 'has no value'}, allowed: a whole number from -253 to 253`);
    return undefined;
  };
}

function readSyncGroup(block: Block, remarks: Remarks): SyncGroup | undefined {
  const name = word(block, remarks);
  if (name === undefined) return undefined;
  const parts = readable(block.block ?? [], SYNC_GROUP, remarks);
  const inside = (keyword: string): Block[] =>
    parts.filter((part) => part.keyword === keyword).flatMap((part) => part.block ?? []);
  return {
    name: name.value,
    at: block.at,
    members: inside('group').flatMap(({ words, at }): Placed<string>[] => words.map((value) => ({ value, at }))),
    trackedInterfaces: inside('track_interface').flatMap((entry) => readTracked(entry, remarks)),
    trackedScripts: inside('track_script').flatMap((entry) => readTracked(entry, remarks)),
    notifications: parts.flatMap((part): Notification[] => readNotification(part, remarks)),
  };
}
