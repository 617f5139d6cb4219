import type { Block } from './conf-tree.ts';
import type { Authentication, Instance } from './keepalived.ts';
import { readAuthentication, readAuthHmac } from './read-auth.ts';
import { readNotification, readPeer, readRoute, readTracked, readVirtualAddress } from './read-parts.ts';
import type { Placed, Remarks } from './remark.ts';
import { address, seconds, wholeNumber, word } from './values.ts';

const DEFAULT_PRIORITY = 100;
/** keepalived's; failoverd has none for protocol 112. */
const DEFAULT_INTERVAL = 1000;
const MAX_DELAY = 1000;

/** A vrrp_instance; `parts` are the statements in it that mean something here. The last of several counts. */
export function readInstance(
  name: Placed<string>,
  parts: readonly Block[],
  defaults: { readonly version: Placed<number> | undefined },
  remarks: Remarks,
): Instance {
  const part = (keyword: string): Block | undefined => parts.filter((block) => block.keyword === keyword).at(-1);
  const use = <T>(keyword: string, read: (block: Block) => T): T | undefined => {
    const block = part(keyword);
    return block === undefined ? undefined : read(block);
  };
  const lines = <T>(keyword: string, read: (line: Block, remarks: Remarks) => readonly T[]): T[] =>
    parts
      .filter((block) => block.keyword === keyword)
      .flatMap(({ block }) => (block ?? []).flatMap((line) => read(line, remarks)));

  const addresses = lines('virtual_ipaddress', readVirtualAddress);
  const source = (keyword: string) =>
    use(keyword, (block) => {
      const text = address(block.words[1], keyword, block.at, remarks);
      return text === undefined ? undefined : { value: text, at: block.at };
    });
  const unicast = source('unicast_src_ip') ?? source('mcast_src_ip');
  const isIpv6 = (addresses[0]?.address ?? unicast?.value ?? '').includes(':');
  const given = use('version', (block) => wholeNumber(block, 2, 3, remarks)) ?? defaults.version;
  const version: Placed<2 | 3> = {
    value: isIpv6 || given?.value === 3 ? 3 : 2,
    at: given?.at ?? name.at,
  };
  const interval = readInterval(part('advert_int'), version, name, remarks);
  return {
    name: name.value,
    at: name.at,
    interface: use('interface', (block) => word(block, remarks)),
    virtualRouterId: use('virtual_router_id', (block) => wholeNumber(block, 1, 255, remarks)),
    priority: use('priority', (block) => wholeNumber(block, 1, 255, remarks)) ?? {
      value: DEFAULT_PRIORITY,
      at: name.at,
    },
    version,
    interval,
    source: unicast,
    peers: lines('unicast_peer', readPeer),
    unicastTtl: use('unicast_ttl', (block) => wholeNumber(block, 0, 255, remarks)),
    auth: readAuth(part('authentication'), part('auth_hmac'), { name, version, interval }, remarks),
    ...readPreemption(part, remarks),
    trackedInterfaces: lines('track_interface', readTracked),
    trackedScripts: lines('track_script', readTracked),
    addresses,
    excluded: lines('virtual_ipaddress_excluded', readVirtualAddress),
    routes: lines('virtual_routes', readRoute),
    notifications: parts.flatMap((block) => readNotification(block, remarks)),
  };
}

/** With `state MASTER` keepalived clears both; with `nopreempt` there is nothing to delay. */
function readPreemption(
  part: (keyword: string) => Block | undefined,
  remarks: Remarks,
): Pick<Instance, 'nopreempt' | 'preemptDelay'> {
  const state = part('state');
  if (state !== undefined)
    remarks.note(state.at, 'state: a router always starts as backup, and the better one is master');
  const nopreempt = part('nopreempt');
  const block = part('preempt_delay');
  const delay = block === undefined ? undefined : seconds(block, 0, MAX_DELAY, remarks);
  const isCleared = state?.words[1] === 'MASTER';
  for (const one of [nopreempt, block]) {
    if (one === undefined || (!isCleared && (one === nopreempt || nopreempt === undefined))) continue;
    const why = isCleared ? 'state MASTER' : 'nopreempt';
    remarks.note(one.at, `${one.keyword}: has no effect in keepalived, for ${why}, so it is not taken over`);
  }
  return {
    nopreempt: isCleared ? undefined : nopreempt?.at,
    preemptDelay: isCleared || nopreempt !== undefined ? undefined : delay,
  };
}

/** Version 2 counts whole seconds up to 255, version 3 centiseconds up to 40.95 s. */
function readInterval(
  block: Block | undefined,
  version: Placed<2 | 3>,
  name: Placed<string>,
  remarks: Remarks,
): Placed<number> {
  const interval = block === undefined ? undefined : seconds(block, 0.01, 255, remarks);
  if (interval === undefined) return { value: DEFAULT_INTERVAL, at: block?.at ?? name.at };
  const step = version.value === 2 ? 1000 : 10;
  const rounded = Math.max(step, Math.round(interval.value / step) * step);
  if (rounded !== interval.value) {
    const what = step === 1000 ? 'whole seconds' : 'hundredths of a second';
    const message = `advert_int: version ${version.value} counts ${what}, so ${rounded / 1000} s is written`;
    remarks.todo(interval.at, `${message}; look at what keepalived -t says about it`);
  }
  if (version.value === 3 && rounded > 40_950) {
    remarks.mistake(interval.at, `advert_int is ${rounded / 1000} s, allowed: at most 40.95 s with version 3`);
  }
  return { value: rounded, at: interval.at };
}

/** Where both kinds are given, keepalived drops the password. */
function readAuth(
  plain: Block | undefined,
  hmac: Block | undefined,
  { name, version, interval }: Pick<Instance, 'version' | 'interval'> & { readonly name: Placed<string> },
  remarks: Remarks,
): Authentication {
  if (hmac !== undefined) return readAuthHmac(hmac, interval.value, remarks);
  const auth = plain === undefined ? undefined : readAuthentication(plain, remarks);
  if (auth === undefined) return { kind: 'none', at: plain?.at ?? name.at };
  if (version.value === 3) {
    remarks.note(auth.at, 'authentication: version 3 has none, and keepalived sends none with it');
    return { kind: 'none', at: auth.at };
  }
  return auth;
}
