import type { LoadedConfig } from '../config/index.ts';
import { compareAddresses } from '../dgram-vrrp/index.ts';
import type { VnicId } from '../oci/types.ts';
import { type Knowledge, LEASE_INTERVALS, type PeerStanding, type VnicIdentity } from '../ownership/index.ts';
import type { Clock } from './clock.ts';
import type { CommandBook } from './command-book.ts';
import type { Group } from './group-types.ts';
import type { Holders } from './holders.ts';
import { routerOfLease } from './lease.ts';
import { currentAdvert, type Peer, type Peers } from './peers.ts';
import { isReady, priorityAsMaster } from './successor.ts';

/** What this router knows of the others, for the decision about the lock of a group (ownership/lock.ts). */
export function createKnowledge(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly holders: Holders;
  readonly commands: CommandBook;
  /** This router's own stamps are refused. */
  readonly leasesFail: () => boolean;
}): (group: () => Group) => Knowledge {
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
    const priority = priorityAsMaster(peer, group.virtualRouterId, clock.now());
    if (priority === undefined) return false;
    const { config } = loaded();
    const preempt = config.groups.find(({ name }) => name === group.name)?.preempt ?? true;
    if (!preempt || (options.commands.hold(group.name)?.target ?? null) !== null) return true;
    return !losesTo(group, peer, priority);
  }

  /** A backup leaves an equal master alone; the address decides between two masters only. */
  function losesTo(group: Group, peer: Peer, priority: number): boolean {
    const difference = priority - group.effectivePriority();
    if (difference !== 0) return difference < 0;
    return group.state() === 'master' && compareAddresses(primaryOf(peer), loaded().self.addresses[0] ?? '') < 0;
  }

  /**
   * A router that speaks VRRP only and never stamped a lease is silent as a backup. Its silence is what VRRP demands of
   * it when the last that was heard of it was that it resigned, or that it was a master that loses to this router. It is
   * as good as dead when it has said nothing for as long as a lease would last (DESIGN §4 rule 4), whenever its claim
   * script ran: that one runs once, may be late, and nobody but this router undoes what it did.
   */
  function isNoMaster(group: Group, peer: Peer, identity: VnicIdentity | undefined): boolean {
    if (!peer.vrrpOnly || identity === undefined || identity.lease !== undefined) return false;
    const now = clock.now();
    if (currentAdvert(peer, group.virtualRouterId, now) !== undefined) return false;
    const last = peer.adverts.get(group.virtualRouterId);
    if (last !== undefined && (last.priority === 0 || losesTo(group, peer, last.priority))) return true;
    const silentFor = now - (peer.lastHeard ?? startedAt);
    return !options.leasesFail() && silentFor >= LEASE_INTERVALS * loaded().config.oci.leaseInterval;
  }

  function standing(group: Group, peer: Peer, identity: VnicIdentity | undefined): PeerStanding {
    const gone = isNoMaster(group, peer, identity);
    return {
      router: peer.name,
      heardAt: gone ? clock.now() : peer.alive ? peer.lastHeard : undefined,
      toldAt: gone ? clock.now() : toldAt(peer),
      prevails: prevails(group, peer),
      unheardSince: peer.lastHeard ?? startedAt,
    };
  }

  return (group) => ({
    standingOf(vnicId, identity) {
      const name = routerOf(vnicId, identity);
      const peer = name === undefined ? undefined : peers.get(name);
      return peer === undefined ? null : standing(group(), peer, identity);
    },
    peers: () => peers.all().map((peer) => standing(group(), peer, undefined)),
    toldHolder(address) {
      const vip = group()
        .vips()
        .find((each) => each.address === address);
      const name = vip === undefined ? null : options.holders.holderOf(vip).router;
      const peer = name === null ? undefined : peers.get(name);
      if (peer === undefined || !isReady(peer, group().virtualRouterId)) return null;
      return standing(group(), peer, undefined);
    },
    leasesFail: options.leasesFail,
  });
}

/** What a peer is stands in its presence; one that has none tells by its adverts. */
const toldAt = ({ presenceAt, lastHeard }: Peer) => presenceAt ?? lastHeard ?? Number.NEGATIVE_INFINITY;
const primaryOf = (peer: Peer) => peer.paths[0]?.peer ?? '';
