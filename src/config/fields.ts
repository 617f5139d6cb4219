import { isIP } from 'node:net';
import { z } from 'zod';
import { isNetwork, parseHostAddress, parseVip } from './address.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { quote } from './mistake.ts';
import type { Milliseconds } from './model.ts';

/*
 * The kinds of value a field can have. Each says in one phrase what is allowed, and that phrase is the message of every
 * mistake in it and its type in the documentation. No field transforms: a checked file has the form it has on disk.
 */

interface Issue {
  readonly input?: unknown;
}

/** Message of a field: what is there, what is allowed. */
function expecting(allowed: string, show: (input: unknown) => string = found): (issue: Issue) => string {
  return ({ input }) => `${show(input)}, allowed: ${allowed}`;
}

/** A value as messages name it: the kind only, where the value is not a single word or number. */
export function found(input: unknown): string {
  if (input === undefined) return 'is missing';
  if (input === null) return 'has no value';
  if (Array.isArray(input)) return 'is a list';
  if (typeof input === 'object') return 'is a mapping';
  return typeof input === 'string' ? `is ${quote(input)}` : `is ${String(input)}`;
}

/** The kind of a value, without the value: a secret written in the wrong place must not be printed. */
function foundKind(input: unknown): string {
  return typeof input === 'string' ? 'is text of another form (not shown)' : found(input);
}

/** A pattern goes into the JSON Schema as well, a function does not. */
function text(allowed: string, valid: RegExp | ((value: string) => boolean), show = found) {
  const error = expecting(allowed, show);
  const string = z.string({ error });
  const checked = valid instanceof RegExp ? string.regex(valid, { error }) : string.refine(valid, { error });
  return checked.meta({ allowed });
}

/** A mapping with fixed keys: any other key is a mistake. */
export function mapping<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: expecting(`a mapping with ${Object.keys(shape).join(', ')}`, foundKind) });
}

/** A mapping whose keys the admin chooses. */
export function mappingOf<Key extends z.ZodType<string, string>, Value extends z.ZodType>(
  key: Key,
  value: Value,
  allowed: string,
) {
  return z.record(key, value, { error: expecting(allowed, foundKind) }).meta({ allowed });
}

/** A list; `least` is the number of items it must have. */
export function listOf<Item extends z.ZodType>(item: Item, allowed: string, least = 0) {
  const error = expecting(allowed, (input) =>
    Array.isArray(input)
      ? 'is an empty list'
      : typeof input === 'string'
        ? `${found(input)} and not a list`
        : found(input),
  );
  const list = z.array(item, { error });
  return (least > 0 ? list.min(least, { error }) : list).meta({ allowed });
}

/** A duration with its unit, within limits given in milliseconds. */
export function duration(least: Milliseconds, most: Milliseconds) {
  const allowed = `a duration from ${formatDuration(least)} to ${formatDuration(most)}`;
  return text(`${allowed}, as in 200ms, 2s, 1m`, (value) => {
    const parsed = parseDuration(value);
    return parsed !== undefined && parsed >= least && parsed <= most;
  }).meta({ allowed, pattern: '^[0-9]+(\\.[0-9]+)?(ms|s|m)$' });
}

export function wholeNumber(least: number, most: number) {
  const allowed = `a whole number from ${least} to ${most}`;
  const error = expecting(allowed);
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ allowed });
}

export function wordOrNumber<const Word extends string>(word: Word, least: number, most: number) {
  const allowed = `${word} or a whole number from ${least} to ${most}`;
  const error = expecting(allowed);
  const number = z.int({ error }).min(least, { error }).max(most, { error });
  return z.union([z.literal(word), number], { error }).meta({ allowed });
}

export function oneOf<const Values extends readonly [string | number, ...(string | number)[]]>(...values: Values) {
  const allowed = values.join(', ');
  return z.literal(values, { error: expecting(allowed) }).meta({ allowed });
}

export function trueOrFalse() {
  return z.boolean({ error: expecting('true or false') }).meta({ allowed: 'true or false' });
}

/** A name of ours: cluster, group, tracker. */
export function name() {
  const allowed = 'a name of letters, digits, "-", "_" and ".", at most 63';
  return text(allowed, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/).meta({ allowed, placeholder: 'NAME' });
}

/** A short host name, as `hostname --short` prints it. */
export function routerName() {
  const allowed = 'a short host name of letters, digits and "-", at most 63';
  return text(allowed, /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/).meta({ allowed, placeholder: 'ROUTER' });
}

/** A network interface's name, within the kernel's limits (`dev_valid_name`). */
export function interfaceName() {
  const allowed = 'an interface name of 1 to 15 characters without "/", ":" and spaces';
  return text(allowed, /^(?!\.{1,2}$)[!-.0-9;-~]{1,15}$/).meta({ allowed, placeholder: 'INTERFACE' });
}

/** A heartbeat key's id, one byte on the wire. */
export function keyId() {
  const allowed = 'a key id from 0 to 255';
  return text(allowed, /^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/).meta({ allowed, placeholder: 'ID' });
}

/** An address that one host can have. */
export function hostAddress() {
  return text('an IPv4 or IPv6 address', (value) => parseHostAddress(value) !== undefined);
}

/** A floating address, with its subnet's prefix length if one likes. */
export function vipAddress() {
  return text('an IPv4 or IPv6 address, with or without its prefix length', (value) => parseVip(value) !== undefined);
}

/** A destination in CIDR notation. */
export function network() {
  return text('a network, as in 10.1.0.0/20', isNetwork);
}

/** A program and its arguments, run without a shell: the service manager's PATH is not the admin's, so where it is has to be said. */
export function program() {
  const allowed = 'a program with its absolute path and its arguments as a list, as in [/usr/local/bin/check, -q]';
  const argument = text('text without NUL', (value) => !value.includes('\0'));
  return listOf(argument, allowed, 1).refine((argv) => argv[0]?.startsWith('/'), {
    error: ({ input }) =>
      `${found(Array.isArray(input) ? input[0] : input)} and not an absolute path, allowed: ${allowed}`,
  });
}

/** Where a heartbeat key is kept. Never the key itself. */
export function secretSource() {
  return text(
    'file:/PATH, env:NAME or credential:NAME',
    /^(file:\/.+|env:[A-Za-z_][A-Za-z0-9_]*|credential:[^/]+)$/,
    foundKind,
  );
}

/** `host:port` of a TCP listener; IPv6 in brackets. */
export function listenAddress() {
  return text('ADDRESS:PORT, as in 127.0.0.1:9112 or [::1]:9112', (value) => parseListen(value) !== undefined);
}

/** Splits `127.0.0.1:9112` and `[::1]:9112`; undefined when it is neither. */
export function parseListen(value: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(value);
  if (match === null) return undefined;
  const host = match[1] ?? match[2] ?? '';
  const port = Number(match[3]);
  const isHost = match[1] === undefined ? isIP(host) === 4 || host === 'localhost' : isIP(host) === 6;
  return isHost && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

/** An absolute path that fits into a unix socket's address (107 bytes), also under the hidden name it is made with. */
export function socketPath() {
  return text('an absolute path of at most 99 bytes', (value) => {
    return value.startsWith('/') && !value.includes('\0') && Buffer.byteLength(value) <= 99;
  });
}

export function url() {
  return text('a URL that starts with http:// or https://', (value) => {
    return URL.canParse(value) && /^https?:\/\//.test(value);
  });
}

/** `auto` or an OCI region's name. */
export function region() {
  return text('auto or a region name, as in eu-frankfurt-1', (value) => {
    return value === 'auto' || /^[a-z]+(-[a-z]+)+-\d+$/.test(value);
  });
}
