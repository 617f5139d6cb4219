/**
 * Storms of everything that can happen to a link, by the thousand, past a receive buffer that holds a few events: at the
 * end the watcher's state and what it told are what the kernel says to one who asks anew.
 *
 * The seed is printed; LINK_STORM_SEED repeats it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { createRandom, type Random } from '../fuzz/random.ts';
import { until } from '../lab/clock.ts';
import {
  ip,
  ipv4Of,
  ipv4Truth,
  type Line,
  linksOf,
  OTHER_SPACE,
  SPACE,
  truth,
  useSpaces,
  type Watched,
  watch,
} from './linux/harness.ts';

const SEED = Number(process.env['LINK_STORM_SEED'] ?? Date.now() % 1_000_000);
const STORMS = 6;
/** Lines of each of the two `ip` commands. */
const LINES = 1_500;
const NAMES = 6;
/** Bytes, the least the kernel takes. */
const TINY = 2_048;
/** The kernel holds changes of carrier back for up to a second. */
const CARRIER_HOLD = 1_500;
/** An IPv6 address is found by who asks at once, and told of when duplicate address detection is over: seconds, and more on a busy machine. */
const DETECTION = 60_000;

useSpaces();

/** What may happen next in a namespace, whether it can or not: ip -force goes on. */
function line(random: Random, elsewhere: string): string {
  const name = `ens${random.below(NAMES)}`;
  const other = `ens${random.below(NAMES)}`;
  const low = random.below(250);
  const lines = [
    `link add ${name} type veth peer name p${random.below(NAMES)}`,
    `link add ${name} type dummy`,
    `link del ${name}`,
    `link set ${name} name ${other}`,
    `link set ${name} netns ${elsewhere}`,
    `link set ${name} netns ${elsewhere} name ${other}`,
    `link set ${name} up`,
    `link set ${name} up`,
    `link set ${name} down`,
    `link set p${random.below(NAMES)} ${random.below(2) === 0 ? 'up' : 'down'}`,
    `link set ${name} mtu ${1280 + low}`,
    `link set ${name} address 02:00:17:00:00:${(low % 100).toString().padStart(2, '0')}`,
    `link set ${name} master br0`,
    `link set ${name} nomaster`,
    `addr add 10.0.${random.below(4)}.${low}/32 dev ${name}`,
    `addr del 10.0.${random.below(4)}.${low}/32 dev ${name}`,
    `addr add 2001:db8::${random.below(9)}/128 dev ${name} nodad`,
    `addr flush dev ${name}`,
  ];
  return lines[random.below(lines.length)] ?? '';
}

/** Carries the lines out; what cannot be is left out. */
async function carryOut(space: string, lines: readonly string[]): Promise<void> {
  const child = spawn('ip', ['-n', space, '-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(`${lines.join('\n')}\n`);
  await once(child, 'exit');
}

/** The state of the first line, changed by everything that was told since: what somebody knows who only listened. */
function mirrorOf(heard: readonly Line[]): unknown {
  const links = new Map<string, unknown>();
  const addresses = new Map<string, unknown>();
  const nameOf = (value: unknown): string => String(Object(value).name);
  const keyOf = (value: unknown): string => `${Object(value).device} ${Object(value).address}`;
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
  heard.forEach(({ kind, link, address, ...state }, index) => {
    if (kind === 'state' && index === 0) {
      for (const each of listOf(state['links'])) links.set(nameOf(each), each);
      for (const each of listOf(state['addresses'])) addresses.set(keyOf(each), each);
    } else if (kind === 'link-added' || kind === 'link-changed') links.set(nameOf(link), link);
    else if (kind === 'link-removed') links.delete(nameOf(link));
    else if (kind === 'address-added') addresses.set(keyOf(address), address);
    else if (kind === 'address-removed') addresses.delete(keyOf(address));
  });
  return { links: sorted([...links.values()]), addresses: sorted([...addresses.values()]) };
}

function sorted(values: unknown): string[] {
  return (Array.isArray(values) ? values : []).map((value) => JSON.stringify(value)).sort();
}

const stateOf = ({ links, addresses }: Line): unknown => ({ links: sorted(links), addresses: sorted(addresses) });

/** What the watcher knows, what it told, and what the kernel says now. */
async function viewsOf(watcher: Watched) {
  const { first, stop } = await watch();
  stop();
  const state = await watcher.ask('state', 'state');
  const mirror = mirrorOf(watcher.heard);
  return { state, mirror, fresh: stateOf(first), links: truth(), ipv4: ipv4Truth() };
}

it.each(Array.from({ length: STORMS }, (_, storm) => SEED + storm))('seed %d', async (seed) => {
  console.log(`LINK_STORM_SEED=${seed}`);
  const random = createRandom(seed);
  ip('link add br0 type bridge');
  const watcher = await watch(TINY);
  const here = Array.from({ length: LINES }, () => line(random, OTHER_SPACE));
  const there = Array.from({ length: LINES }, () => line(random, SPACE));
  const storm = Promise.all([carryOut(SPACE, here), carryOut(OTHER_SPACE, there)]);
  let over = false;
  void storm.then(() => {
    over = true;
  });
  while (!over) {
    watcher.tell(`block ${20 + random.below(300)}`);
    await new Promise((resolve) => setTimeout(resolve, random.below(200)));
  }
  await storm;
  await new Promise((resolve) => setTimeout(resolve, CARRIER_HOLD));

  // Looked at as long as they differ: an address may become usable between two answers.
  let views = await viewsOf(watcher);
  await until(async () => {
    const { state, links, ipv4, mirror, fresh } = views;
    const one = [linksOf(state), ipv4Of(state), stateOf(state), mirror];
    if (isDeepStrictEqual(one, [links, ipv4, fresh, fresh])) return true;
    views = await viewsOf(watcher);
    return false;
  }, DETECTION);
  expect(linksOf(views.state)).toEqual(views.links);
  expect(ipv4Of(views.state)).toEqual(views.ipv4);
  expect(stateOf(views.state)).toEqual(views.fresh);
  expect(views.mirror).toEqual(views.fresh);
  expect(watcher.heard.some(({ kind, code }) => kind === 'error' && code === 'overrun')).toBe(true);
});
