import { encodePresence, PRESENCE_LENGTH_MAX, type Presence } from '../dgram-vrrp/index.ts';
import type { Finding } from './mistake.ts';
import type { ConfigView } from './view.ts';

const DIGEST = 'f'.repeat(16);
/** A command's id is a time: all have the same length. */
const ID = 1_800_000_000_000;
/** As long as a release's name may become. */
const RELEASE = '0'.repeat(20);

/**
 * Every router tells the others of itself in one datagram, which must pass every path whole. The most it can say: every
 * peer heard, a hold in each group, a standby command for each router, and a freeze.
 */
export function checkPresence(view: ConfigView): Finding[] {
  const routers = Object.keys(view.routers ?? {});
  const groups = Object.entries(view.groups ?? {});
  const [self] = routers;
  if (self === undefined) return [];
  const encoded = encodePresence(largest(self, routers, groups));
  // Names with a mistake of their own are told of by the schema.
  if (encoded.ok || encoded.error !== 'too-large') return [];
  const size = `${routers.length} routers, ${groups.length} groups and ${interfacesOf(groups).length} interfaces`;
  const message = `make a presence datagram of more than ${PRESENCE_LENGTH_MAX} bytes (${size}), allowed: fewer of them, or shorter names`;
  return [{ path: ['groups'], message, atKey: true }];
}

type Groups = readonly [string, NonNullable<ConfigView['groups']>[string]][];

function interfacesOf(groups: Groups): readonly string[] {
  return [...new Set(groups.flatMap(([, group]) => Object.keys(group?.interfaces ?? {})))];
}

function largest(self: string, routers: readonly string[], groups: Groups): Presence {
  const peers = routers.filter((router) => router !== self);
  const vipsOf = (group: Groups[number][1]): number =>
    Object.values(group?.interfaces ?? {}).reduce((sum, each) => sum + (each?.vips?.length ?? 0), 0);
  return {
    router: self,
    bootId: DIGEST,
    configDigest: DIGEST,
    ociReady: true,
    clock: ID,
    wantsAnswer: true,
    challenge: DIGEST,
    echoes: peers.map((router) => ({ router, challenge: DIGEST, age: 0 })),
    heard: peers.map((router) => ({ router, age: 0 })),
    links: interfacesOf(groups).map((name) => ({ name, up: true })),
    groups: groups.map(([, group]) => ({
      virtualRouterId: 255,
      state: 'master',
      priority: 254,
      ready: true,
      hold: { target: self, id: ID, origin: self },
      successor: self,
      standby: routers.map((router) => ({ router, on: true, id: ID })),
      // More than the wire can count is told of as such.
      vips: Array.from({ length: Math.min(255, vipsOf(group)) }, () => true),
    })),
    freeze: { on: true, id: ID, origin: self },
    release: RELEASE,
  };
}
