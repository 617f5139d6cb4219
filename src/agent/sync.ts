import { type LoadedConfig, syncSetOf } from '../config/index.ts';
import type { GroupState } from '../control/api.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { Group } from './group-types.ts';
import type { Observer } from './observer.ts';
import type { Peers } from './peers.ts';
import { groupOf, whyNotSuccessor } from './successor.ts';

/** A set whose groups have different masters is looked at for this long: each group follows on its own timers. */
const SPLIT_FOR: Milliseconds = 3000;
/** And is put together at most this often. */
const REPAIR_INTERVAL: Milliseconds = 60_000;

/** What a group is to the others of its set. */
type SyncMember = Pick<Group, 'name' | 'virtualRouterId' | 'state' | 'successor' | 'resignTo'>;

/**
 * Groups that fail over together. Each has an election and a lock of its own; what makes them one is that on every router
 * they share faults, weights, readiness and commands (router.ts, claimability.ts, switchover.ts, maintenance.ts ask `setOf`),
 * and that the configuration orders the routers alike for all of them. So they come to the same decision. Two things are left
 * for this file: a group that gives its mastership away takes the others along, and a set that is split all the same (a
 * partition, a claim that failed for one alone) is put together by its first group, whose master the others follow.
 */
export interface Sync<Member> {
  /** The groups of a set, in the file's order; a group without `sync` is alone. */
  setOf(group: string): readonly Member[];
  transitioned(group: Member, from: GroupState, reason: string): void;
  /** Once a second. */
  tick(): void;
}

export function createSync<Member extends SyncMember>(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly groups: () => readonly Member[];
  readonly observer: Pick<Observer, 'log'>;
}): Sync<Member> {
  const { clock, peers } = options;
  const splitSince = new Map<string, Milliseconds>();
  const repairedAt = new Map<string, Milliseconds>();

  /** Asked for with every answer of the API, and other ones only with the configuration. */
  let known = { configured: options.loaded().config.groups, groups: [] as readonly Member[], sets: new Map() };

  function setOf(name: string): readonly Member[] {
    const { groups: configured } = options.loaded().config;
    const groups = options.groups();
    if (known.configured !== configured || known.groups !== groups) known = { configured, groups, sets: new Map() };
    const set = known.sets.get(name) ?? findSet(name);
    known.sets.set(name, set);
    return set;
  }

  function findSet(name: string): readonly Member[] {
    const names = syncSetOf(options.loaded().config.groups, name);
    return options.groups().filter((group) => names.includes(group.name));
  }

  /** The heard peer that is master of the set's first group while this router is master of this one. */
  function masterOfFirst(group: Member): string | undefined {
    const [first] = setOf(group.name);
    if (first === undefined || first === group || group.state() !== 'master' || first.state() === 'master')
      return undefined;
    const isMaster = peers.all().find((peer) => peer.alive && groupOf(peer, first.virtualRouterId)?.state === 'master');
    return isMaster !== undefined && whyNotSuccessor(isMaster, group.virtualRouterId) === undefined
      ? isMaster.name
      : undefined;
  }

  function putTogether(group: Member): void {
    const now = clock.now();
    const target = masterOfFirst(group);
    if (target === undefined) {
      splitSince.delete(group.name);
      return;
    }
    const since = splitSince.get(group.name) ?? now;
    splitSince.set(group.name, since);
    const last = repairedAt.get(group.name) ?? Number.NEGATIVE_INFINITY;
    if (now - since < SPLIT_FOR || now - last < REPAIR_INTERVAL) return;
    repairedAt.set(group.name, now);
    options.observer.log({ event: 'sync-split', group: group.name, to: target });
    group.resignTo(target);
  }

  return {
    setOf,
    transitioned(group, from, reason) {
      if (from !== 'master' || reason !== 'switchover') return;
      const target = group.successor();
      if (target === null) return;
      for (const other of setOf(group.name)) if (other.state() === 'master') other.resignTo(target);
    },
    tick() {
      for (const group of options.groups()) putTogether(group);
    },
  };
}
