import type { LoadedConfig } from '../config/index.ts';
import { compareAddresses } from '../dgram-vrrp/index.ts';
import type { VnicId } from '../oci/types.ts';
import type { Standing, VnicIdentity } from '../ownership/index.ts';
import type { Clock } from './clock.ts';
import type { CommandBook } from './command-book.ts';
import type { Group } from './group.ts';
import type { Holders } from './holders.ts';
import { routerOfLease } from './lease.ts';
import type { Peer, Peers } from './peers.ts';
import { groupOf } from './successor.ts';

/** What this router knows of the one behind a VNIC, for the decision about the lock (ownership/lock.ts). */
export function createStanding(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly holders: Holders;
  readonly commands: CommandBook;
  /** This router's own stamps are refused. */
  readonly leasesFail: () => boolean;
}): (group: Group, vnicId: VnicId, identity: VnicIdentity | undefined) => Standing {
  const { loaded, clock, peers } = options;
  const startedAt = clock.now();

  /** By the tag it stamped, by its primary address, or else by what its presence said of the VIPs it holds. */
  function routerOf(vnicId: VnicId, identity: VnicIdentity | undefined): string | undefined {
    const { config } = loaded();
    const stamped = routerOfLease(identity?.lease, config.cluster);
    const address = identity?.privateIp;
    const addressed =
      address === undefined ? undefined : config.routers.find((each) => each.addresses.includes(address));
    const certain = stamped ?? addressed?.name;
    if (certain !== undefined) options.holders.identify(vnicId, certain);
    return certain ?? options.holders.ownerOf(vnicId);
  }

  function prevails(group: Group, peer: Peer): boolean {
    const told = groupOf(peer, group.virtualRouterId);
    if (told?.state !== 'master') return false;
    const { config, self } = loaded();
    const preempt = config.groups.find(({ name }) => name === group.name)?.preempt ?? true;
    if (!preempt || (options.commands.hold(group.name)?.target ?? null) !== null) return true;
    const difference = told.priority - group.effectivePriority();
    // A backup leaves an equal master alone; the address decides between two masters only.
    const isGreater = compareAddresses(primaryOf(peer), self.addresses[0] ?? '') > 0;
    return difference > 0 || (difference === 0 && (isGreater || group.state() !== 'master'));
  }

  return (group, vnicId, identity) => {
    const name = routerOf(vnicId, identity);
    const peer = name === undefined ? undefined : peers.get(name);
    if (peer === undefined) return { router: null, heardAt: undefined, prevails: false, unheardSince: startedAt };
    return {
      router: peer.name,
      heardAt: peer.alive ? peer.lastHeard : undefined,
      prevails: prevails(group, peer),
      unheardSince: peer.lastHeard ?? startedAt,
      leasesFail: options.leasesFail(),
    };
  };
}

const primaryOf = (peer: Peer) => peer.paths[0]?.peer ?? '';
