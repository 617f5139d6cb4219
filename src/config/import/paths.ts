import type { Member } from './compare.ts';
import type { Inventory } from './inventory.ts';
import { type Placed, place, type Remarks } from './remark.ts';

/** Address inventories by router, where they were given. */
export type Inventories = ReadonlyMap<string, Inventory>;

/**
 * The heartbeat paths: for each, every router's address in the order of the routers. Groups that use the same addresses
 * share a path. Says what is wrong with the peers.
 */
export function findPaths(groups: readonly (readonly Member[])[], inventories: Inventories, remarks: Remarks) {
  const paths: (readonly string[])[] = [];
  for (const members of groups) {
    const sources = members.map((member) => sourceOf(member, members, inventories));
    for (const [index, { instance, router }] of members.entries()) {
      if (sources[index] !== undefined) continue;
      const message = `which address does ${router} send from? allowed: unicast_src_ip, or --addresses ${router}=FILE with what "ip -json address show" prints there`;
      remarks.mistake(instance.at, message);
    }
    const known = sources.flatMap((source) => (source === undefined ? [] : [source]));
    if (known.length < members.length) continue;
    checkPeers(members, known, remarks);
    const path = known.map(({ value }) => value);
    const same = paths.find((other) => other.some((address) => path.includes(address)));
    if (same === undefined) paths.push(path);
    else if (same.join() !== path.join()) {
      const message = `${members[0]?.instance.name} goes from ${path.join(' to ')} and another instance from ${same.join(' to ')}, allowed: the same addresses for both`;
      remarks.mistake(known[0]?.at ?? members[0]?.instance.at ?? { file: '', line: 1, column: 1 }, message);
    }
  }
  return paths;
}

/** What an instance sends from: said, or its interface's address, or (of two routers) what the other one sends to. */
function sourceOf(
  { router, instance }: Member,
  members: readonly Member[],
  inventories: Inventories,
): Placed<string> | undefined {
  if (instance.source !== undefined) return instance.source;
  const device = instance.interface?.value;
  const own = inventories.get(router)?.find(({ name }) => name === device)?.addresses[0]?.address;
  if (own !== undefined) return { value: own, at: instance.interface?.at ?? instance.at };
  const others = members.filter((member) => member.router !== router);
  const [only, ...more] = others.length === 1 ? (others[0]?.instance.peers ?? []) : [];
  return only !== undefined && more.length === 0 ? only : undefined;
}

function checkPeers(members: readonly Member[], sources: readonly Placed<string>[], remarks: Remarks): void {
  for (const [index, { router, instance }] of members.entries()) {
    const own = sources[index]?.value;
    if (instance.peers.length === 0) {
      const message = `${instance.name} has no unicast_peer: multicast does not exist in OCI, so the import takes the addresses of the other routers for it`;
      remarks.todo(instance.at, message);
      continue;
    }
    for (const peer of instance.peers) {
      if (peer.value === own || sources.some(({ value }) => value === peer.value)) continue;
      const known = sources.filter(({ value }) => value !== own).map(({ value }) => value);
      const allowed = known.length === 0 ? '' : `, allowed: ${known.join(', ')}`;
      const message = `unicast_peer ${peer.value} is no router's unicast_src_ip${allowed} (or name that router's file, too, as in ROUTER=FILE)`;
      remarks.mistake(peer.at, message);
    }
    for (const [other, source] of sources.entries()) {
      if (other === index || instance.peers.some(({ value }) => value === source.value)) continue;
      const message = `unicast_peer of ${router} lacks ${source.value}, which ${members[other]?.router} sends from (${place(source.at)}): those two do not hear each other`;
      remarks.mistake(instance.peers.at(-1)?.at ?? instance.at, message);
    }
  }
}

/** What Linux gives to packets over IPv6; keepalived 2.2 sets 255 for IPv4 only. */
const IPV6_HOP_LIMIT = 64;

/** The least TTL that may arrive: what the peers send with, or less when the files ask for less. */
export function findMinTtl(groups: readonly (readonly Member[])[], remarks: Remarks): number | undefined {
  const instances = groups.flat().map(({ instance }) => instance);
  const unset = instances.find(
    ({ source, peers, unicastTtl }) => unicastTtl === undefined && (source ?? peers[0])?.value.includes(':') === true,
  );
  if (unset !== undefined) {
    const message = `keepalived sends over IPv6 with hop limit ${IPV6_HOP_LIMIT}, so min_ttl: ${IPV6_HOP_LIMIT} is written: take it out after the migration`;
    remarks.todo(unset.source?.at ?? unset.at, message);
  }
  const asked = instances.flatMap(({ peers }) => peers.flatMap(({ minTtl }) => (minTtl === undefined ? [] : [minTtl])));
  const sent = instances.flatMap(({ unicastTtl }) => (unicastTtl === undefined ? [] : [unicastTtl.value]));
  const least = Math.min(255, ...asked, ...sent, unset === undefined ? 255 : IPV6_HOP_LIMIT);
  return least === 255 ? undefined : Math.max(1, least);
}
