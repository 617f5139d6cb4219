import { parse } from 'yaml';
import { formatPath } from './mistake.ts';
import type { Config } from './model.ts';
import { printEffective } from './print.ts';

/** One setting that differs between two configurations. */
export interface ConfigChange {
  /** As in the file: `groups.isv.priority.vrouter1`. */
  readonly path: string;
  /** `none` where it was not there. Never a secret. */
  readonly from: string;
  readonly to: string;
  /** Why a running daemon cannot take it over; undefined if it can. */
  readonly needsRestart?: string;
}

/** A key, or `any` that stands there. */
type Step = string | { readonly any: true };
const ANY = { any: true } as const;

/** What a running daemon cannot change, each with its reason; whatever is below it belongs to it. */
const FIXED: readonly { readonly path: readonly Step[]; readonly reason: string }[] = [
  { path: ['cluster'], reason: 'it names the cluster' },
  { path: ['routers'], reason: 'the heartbeat paths are bound at start' },
  ...['transport', 'port'].map((key) => ({
    path: ['heartbeat', key],
    reason: 'the heartbeat sockets are bound at start',
  })),
  { path: ['groups', ANY, 'virtual_router_id'], reason: 'peers know the group by it' },
  ...['region', 'endpoints', 'request_timeout', 'connections'].map((key) => ({
    path: ['oci', key],
    reason: 'the connections to OCI are open',
  })),
  { path: ['metrics', 'listen'], reason: 'the socket is bound at start' },
  { path: ['control', 'socket'], reason: 'the socket is bound at start' },
  { path: ['log', 'format'], reason: 'the log is open' },
];

const GROUP_REMOVED = 'a group that is gone has to be handed over first';

/** A setting without parts. Names may have dots, so its place is no text. */
interface Leaf {
  readonly path: readonly string[];
  readonly text: string;
}

/** Every setting that differs, in the file's order. */
export function configChanges(before: Config, after: Config): readonly ConfigChange[] {
  const old = leavesOf(before);
  const next = leavesOf(after);
  const changes = [...new Map([...next, ...old])]
    .filter(([key]) => old.get(key)?.text !== next.get(key)?.text)
    .map(([key, { path }]) =>
      describe(path, old.get(key)?.text ?? 'none', next.get(key)?.text ?? 'none', before, after),
    );
  return [...changes, ...changedSecrets(before, after)];
}

function leavesOf(config: Config): ReadonlyMap<string, Leaf> {
  return new Map(flatten(parse(printEffective(config)), []).map((leaf) => [formatPath(leaf.path), leaf]));
}

function describe(place: readonly string[], from: string, to: string, before: Config, after: Config): ConfigChange {
  const path = formatPath(place);
  const [top, name] = place;
  const exists = (config: Config) => config.groups.some((group) => group.name === name);
  if (top === 'groups' && !exists(before)) return { path, from, to };
  if (top === 'groups' && !exists(after)) return { path, from, to, needsRestart: GROUP_REMOVED };
  const fixed = FIXED.find((entry) => entry.path.every((step, index) => step === ANY || step === place[index]));
  return { path, from, to, ...(fixed && { needsRestart: fixed.reason }) };
}

/** A list of named mappings (trackers) goes by the names; any other is one leaf: its order counts. */
function flatten(value: unknown, path: readonly string[]): readonly Leaf[] {
  if (Array.isArray(value) && value.length > 0 && value.every(isNamed)) {
    return value.flatMap(({ name, ...fields }) => flatten(fields, [...path, name]));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ path, text: Array.isArray(value) ? textOf(value) : String(value) }];
  }
  return Object.entries(value).flatMap(([key, item]) => flatten(item, [...path, key]));
}

function textOf(list: readonly unknown[]): string {
  const text = (item: unknown) => {
    if (Array.isArray(item)) return textOf(item);
    return isRoute(item) ? `${item.to} via ${item.via}` : String(item);
  };
  return `[${list.map(text).join(', ')}]`;
}

function isRoute(value: unknown): value is { readonly to: string; readonly via: string } {
  return typeof value === 'object' && value !== null && 'to' in value && 'via' in value;
}

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

/** A key or password whose source is the same may have another content. */
function changedSecrets(before: Config, after: Config): ConfigChange[] {
  return [...changedKeys(before, after), ...changedPasswords(before, after)];
}

function authsOf(config: Config) {
  return [
    ['heartbeat', config.heartbeat.auth] as const,
    ...config.groups.map(({ name, heartbeat }) => [formatPath(['groups', name, 'heartbeat']), heartbeat.auth] as const),
  ];
}

function changedPasswords(before: Config, after: Config): ConfigChange[] {
  const old = new Map(authsOf(before).map(([path, { password }]) => [path, password]));
  return authsOf(after).flatMap(([path, { password }]) => {
    const previous = old.get(path);
    if (previous === undefined || password === undefined || previous.source !== password.source) return [];
    const same = previous.text === password.text;
    return same ? [] : [{ path: `${path}.auth.pass`, from: 'the old password', to: 'a new password' }];
  });
}

function changedKeys(before: Config, after: Config): ConfigChange[] {
  const secretsOf = (config: Config) =>
    authsOf(config).flatMap(([path, auth]) => auth.keys.map((key) => [`${path}.auth.keys.${key.id}`, key] as const));
  const old = new Map(secretsOf(before));
  return secretsOf(after).flatMap(([path, key]) => {
    const previous = old.get(path);
    if (previous === undefined || previous.source !== key.source) return [];
    const same = Buffer.compare(previous.secret, key.secret) === 0;
    return same ? [] : [{ path, from: 'the old key', to: 'a new key' }];
  });
}
