import type { LoadedConfig } from '../config/index.ts';
import type { Milliseconds, PresenceGroup } from '../dgram-vrrp/index.ts';
import type { Group } from './group-types.ts';
import type { Holders } from './holders.ts';
import type { Maintenance } from './maintenance.ts';
import type { Peer } from './peers.ts';
import type { Switchover } from './switchover.ts';

/** What a peer's presence says of one group, and what it said last. */
export type HearTold = (group: Group, peer: Peer, told: PresenceGroup, before: PresenceGroup | undefined) => void;

/** Takes over what peers tell of the VIPs and of the commands that are in force. */
export function createHearTold(options: {
  readonly loaded: () => LoadedConfig;
  /** Monotonic. */
  readonly now: () => Milliseconds;
  readonly holders: Holders;
  readonly switchover: () => Switchover;
  readonly maintenance: () => Maintenance;
}): HearTold {
  /** VIPs are told by position: only routers with the same file mean the same one. */
  const isReadable = (peer: Peer) => peer.presence?.configDigest === options.loaded().digest;

  function tellMoved(group: Group, peer: Peer, told: PresenceGroup, before: PresenceGroup): void {
    const taken = group
      .vips()
      .flatMap(({ address }, index) => (told.vips[index] && !before.vips[index] ? [address] : []));
    if (isReadable(peer) && taken.length > 0) group.ownership({ kind: 'taken', addresses: taken });
    else group.ownership({ kind: 'conflict' });
  }

  return (group, peer, told, before) => {
    // A VIP moved: our record of it is old, and so is the etag that our next claim would need.
    if (before !== undefined && !isSame(before.vips, told.vips)) tellMoved(group, peer, told, before);
    if (isReadable(peer)) options.holders.learn(peer.name, group.vips(), told.vips, options.now());
    if (told.hold !== null) options.switchover().heard(group, told.hold);
    options.maintenance().standbyHeard(group, told.standby);
  };
}

const isSame = (a: readonly boolean[], b: readonly boolean[]) =>
  a.length === b.length && a.every((held, index) => held === b[index]);
