import { randomBytes } from 'node:crypto';
import type { Milliseconds, Presence } from '../dgram-vrrp/index.ts';
import type { Group } from './group.ts';
import type { Hold } from './hold.ts';
import type { Peer } from './peers.ts';

const CHALLENGE_BYTES = 8;

/** What this router tells its peers of itself, from its state now. */
export function describePresence(state: {
  readonly router: string;
  readonly bootId: string;
  readonly configDigest: string;
  readonly ready: boolean;
  readonly uptime: Milliseconds;
  readonly links: readonly { readonly name: string; readonly up: boolean }[];
  readonly groups: readonly Group[];
  readonly holdOf: (group: string) => Hold | null;
  readonly peers: readonly Peer[];
  readonly now: Milliseconds;
}): Presence {
  const { now } = state;
  return {
    router: state.router,
    bootId: state.bootId,
    configDigest: state.configDigest,
    ociReady: state.ready,
    uptime: state.uptime,
    challenge: randomBytes(CHALLENGE_BYTES).toString('hex'),
    echoes: state.peers.flatMap(({ name, presence, presenceAt }) =>
      presence === undefined || presenceAt === undefined
        ? []
        : [{ router: name, challenge: presence.challenge, age: now - presenceAt }],
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
      hold: state.holdOf(group.name),
      successor: group.successor(),
      standby: [],
      vips: group.vips().map(({ held }) => held),
    })),
  };
}
