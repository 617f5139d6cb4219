import type { Milliseconds, Presence } from '../dgram-vrrp/index.ts';
import type { CommandBook } from './command-book.ts';
import type { Group } from './group-types.ts';
import type { Peer } from './peers.ts';

/** What this router tells its peers of itself, from its state now. */
export function describePresence(state: {
  readonly router: string;
  readonly bootId: string;
  readonly configDigest: string;
  readonly ready: boolean;
  readonly readyIn: (group: string) => boolean;
  readonly challenge: string;
  readonly wallClock: Milliseconds;
  readonly wantsAnswer: boolean;
  readonly uptime: Milliseconds;
  readonly links: readonly { readonly name: string; readonly up: boolean }[];
  readonly groups: readonly Group[];
  readonly commands: CommandBook;
  readonly peers: readonly Peer[];
  readonly now: Milliseconds;
  readonly release: string;
}): Presence {
  const { now } = state;
  const freeze = state.commands.freeze();
  return {
    router: state.router,
    bootId: state.bootId,
    configDigest: state.configDigest,
    ociReady: state.ready,
    uptime: state.uptime,
    clock: state.wallClock,
    wantsAnswer: state.wantsAnswer,
    challenge: state.challenge,
    echoes: state.peers.flatMap(({ name, challenge }) =>
      challenge === undefined ? [] : [{ router: name, challenge: challenge.value, age: now - challenge.at }],
    ),
    heard: state.peers.map(({ name, lastHeard }) => ({
      router: name,
      age: lastHeard === undefined ? null : now - lastHeard,
    })),
    links: state.links,
    groups: state.groups.map((group) => ({
      virtualRouterId: group.virtualRouterId,
      state: group.state(),
      priority: group.effectivePriority(),
      ready: state.readyIn(group.name),
      hold: state.commands.hold(group.name),
      successor: group.successor(),
      standby: state.commands.standby(group.name),
      vips: group.vips().map(({ held }) => held),
    })),
    ...(freeze !== undefined && { freeze }),
    release: state.release,
  };
}
