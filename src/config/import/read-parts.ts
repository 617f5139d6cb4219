import { isNetwork, parseAddress, parseVip } from '../address.ts';
import { quote } from '../mistake.ts';
import type { Block } from './conf-tree.ts';
import type { Notification, Peer, Route, Tracked, VirtualAddress } from './keepalived.ts';
import type { Remarks } from './remark.ts';
import { address, command } from './values.ts';

/* The lines inside the blocks of a vrrp_instance. Each reader answers a list: empty when the line is of no use. */

/** Options that have a value, and those that have none. */
interface Options {
  readonly values: readonly string[];
  readonly flags: readonly string[];
}

const OF_ADDRESS: Options = {
  values: ['brd', 'broadcast', 'dev', 'scope', 'label', 'peer', 'preferred_lft', 'track_group'],
  flags: ['use_vmac', 'home', '-nodad', 'nodad', 'mngtmpaddr', 'noprefixroute', 'autojoin', 'no_track'],
};
const OF_PEER: Options = { values: ['min_ttl', 'max_ttl'], flags: [] };
const OF_TRACKED: Options = { values: ['weight'], flags: ['reverse', 'no_reverse', 'noreverse'] };

/** Words that are no option: keepalived takes one address or name a line, and passes over the rest. */
function sayStrays({ words, at }: Block, { values, flags }: Options, remarks: Remarks): void {
  for (let index = 1; index < words.length; index++) {
    const word = words[index] ?? '';
    if (values.includes(word)) index += 1;
    else if (!flags.includes(word)) {
      remarks.todo(at, `${quote(word)} is passed over, by keepalived as well: it would need a line of its own`);
    }
  }
}

/** `10.0.0.4/28 dev ens5 label ens5:1 …`. */
export function readVirtualAddress(block: Block, remarks: Remarks): VirtualAddress[] {
  const { words, at } = block;
  sayStrays(block, OF_ADDRESS, remarks);
  const vip = parseVip(words[0] ?? '');
  if (vip === undefined) {
    remarks.mistake(at, `${quote(words[0] ?? '')} is not an address with or without prefix length`);
    return [];
  }
  const label = optionOf('label', words)?.split(':')[0];
  return [
    {
      address: vip.text,
      at,
      prefixLength: vip.prefixLength,
      device: optionOf('dev', words) ?? (label === '' ? undefined : label),
    },
  ];
}

/** `172.20.136.131 [min_ttl N] [max_ttl N]`. */
export function readPeer(block: Block, remarks: Remarks): Peer[] {
  const { words, at } = block;
  sayStrays(block, OF_PEER, remarks);
  const value = address(words[0], 'a unicast_peer', at, remarks);
  if (value === undefined) return [];
  const limit = (name: 'min_ttl' | 'max_ttl'): number | undefined => {
    const text = optionOf(name, words);
    if (text === undefined) return undefined;
    const ttl = /^\d{1,3}$/.test(text) ? Number(text) : 256;
    if (ttl <= 255) return ttl;
    remarks.mistake(at, `${name} is ${quote(text)}, allowed: 0 to 255`);
    return undefined;
  };
  const maxTtl = limit('max_ttl');
  if (maxTtl !== undefined && maxTtl < 255) {
    remarks.note(at, 'max_ttl: failoverd asks for a least TTL (heartbeat.min_ttl), there is no highest one');
  }
  return [{ value, at, minTtl: limit('min_ttl') }];
}

/** `ens5 [weight N [reverse]]`: an interface or the name of a script. */
export function readTracked(block: Block, remarks: Remarks): Tracked[] {
  const { words, at } = block;
  sayStrays(block, OF_TRACKED, remarks);
  const [name = ''] = words;
  const text = optionOf('weight', words);
  if (text !== undefined && !(/^[-+]?\d{1,3}$/.test(text) && Math.abs(Number(text)) <= 253)) {
    remarks.mistake(at, `weight is ${quote(text)}, allowed: a whole number from -253 to 253`);
    return [];
  }
  return [{ name, at, weight: text === undefined ? undefined : Number(text), isReversed: words.includes('reverse') }];
}

/** What a route can carry that changes which packets take it. */
const NOT_SERVED = ['table', 'or', 'nexthop', 'src', 'scope', 'metric', 'mtu', 'tos', 'onlink', 'encap', 'dsfield'];
const KINDS = ['blackhole', 'unreachable', 'prohibit', 'throw', 'multicast', 'local', 'broadcast', 'nat', 'unicast'];

/** `[to] 10.1.0.0/20 via 10.0.0.1 dev ens5`. */
export function readRoute({ words, at }: Block, remarks: Remarks): Route[] {
  const rest = words.slice(words[0] === 'unicast' ? 1 : 0);
  const refused = rest.find((text, index) => NOT_SERVED.includes(text) || (index === 0 && KINDS.includes(text)));
  const via = optionOf('via', rest) ?? optionOf('gw', rest);
  const to = networkOf(optionOf('to', rest) ?? rest[0] ?? '');
  const gateway = parseAddress(via ?? '')?.text;
  if (refused !== undefined || to === undefined || gateway === undefined) {
    const why = refused === undefined ? 'only a network and its gateway are served' : `${quote(refused)} is not served`;
    remarks.todo(at, `this route is left out: ${why}; let the operating system keep it, equal on every router`);
    return [];
  }
  return [{ at, to, via: gateway, device: optionOf('dev', rest) }];
}

/** keepalived takes a host for a network of its own, and `default` for everything. */
function networkOf(text: string): string | undefined {
  if (text === 'default') return '0.0.0.0/0';
  const host = parseAddress(text);
  if (host !== undefined) return `${host.text}/${host.family === 4 ? 32 : 128}`;
  return isNetwork(text) ? text : undefined;
}

const EVENTS: Readonly<Record<string, Notification['on']>> = {
  notify_master: 'master',
  notify_backup: 'backup',
  notify_fault: 'fault',
  notify_stop: 'stop',
  notify_master_rx_lower_pri: 'rival',
  notify: 'any',
};

export function readNotification(block: Block, remarks: Remarks): Notification[] {
  const on = Object.hasOwn(EVENTS, block.keyword) ? EVENTS[block.keyword] : undefined;
  const found = on === undefined ? undefined : command(block, remarks);
  if (on === undefined || found === undefined) return [];
  const [user] = found.others;
  return [
    { on, at: block.at, command: found.argv, user: user === undefined ? undefined : { value: user, at: block.at } },
  ];
}

function optionOf(name: string, words: readonly string[]): string | undefined {
  const index = words.indexOf(name);
  return index < 0 ? undefined : words[index + 1];
}
