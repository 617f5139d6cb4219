import type { LoadedConfig } from '../config/index.ts';
import type { Milliseconds, Presence } from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { Group } from './group-types.ts';
import type { Observer } from './observer.ts';
import { type Peer, type Peers, SILENT_AFTER } from './peers.ts';
import { groupOf } from './successor.ts';

/** After this many missing adverts the other routers are asked. */
const MISSED_ADVERTS = 2;

/** With three and more routers: is it the master that is gone, or only our path to it (DESIGN §4)? */
export interface Silence {
  advertHeard(): void;
  /** A presence tells when its writer heard the others last. */
  heedVoucher(group: Group, peer: Peer, presence: Presence): void;
  /**
   * The master is silent, and nobody else who was alive has said a word since this router asked about it: it is more
   * likely cut off than alone.
   */
  isCutOff(group: Group, masterAddress: string): boolean;
  close(): void;
}

export function createSilence(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly peers: Peers;
  readonly groups: () => readonly Group[];
  /** Asks every router for its presence. */
  readonly ask: () => void;
  readonly observer: Observer;
}): Silence {
  const { loaded, clock, peers, observer } = options;
  const alarm = clock.createAlarm(askAboutSilence);

  const masterAt = (address: string | undefined) => peers.all().find((peer) => peer.paths[0]?.peer === address);

  function intervalOf(group: Group): Milliseconds {
    return loaded().config.groups.find(({ name }) => name === group.name)?.heartbeat.interval ?? 0;
  }

  /** Two adverts are missing: whoever heard the master meanwhile shall say so before the timer fires. */
  function askAboutSilence(): void {
    const now = clock.now();
    const masters = options.groups().flatMap((group) => silentMaster(group) ?? []);
    if (masters.some(({ silentFor, interval }) => silentFor >= MISSED_ADVERTS * interval)) options.ask();
    const next = masters.map(({ silentFor, interval }) => {
      const asked = Math.floor(silentFor / (MISSED_ADVERTS * interval)) + 1;
      return now - silentFor + asked * MISSED_ADVERTS * interval;
    });
    alarm.set(next.length === 0 ? undefined : Math.min(...next));
  }

  function silentMaster(group: Group) {
    const address = group.state() === 'backup' ? group.master() : undefined;
    const master = address === undefined ? undefined : masterAt(address);
    if (master?.lastHeard === undefined) return undefined;
    return { master, silentFor: clock.now() - master.lastHeard, interval: intervalOf(group) };
  }

  function isFollowed({ virtualRouterId }: Group, master: Peer): boolean {
    return peers
      .all()
      .some((peer) => peer !== master && peer.alive && groupOf(peer, virtualRouterId)?.state === 'master');
  }

  return {
    advertHeard() {
      if (loaded().config.routers.length > 2) askAboutSilence();
    },

    heedVoucher(group, peer, presence) {
      const silent = silentMaster(group);
      if (silent === undefined || silent.master.name === peer.name) return;
      const { master, silentFor, interval } = silent;
      // It lives, and is master no more: its resignation did not come through either.
      if (isFollowed(group, master)) return;
      const age = presence.heard.find(({ router }) => router === master.name)?.age;
      // It must not be silent there as well, and must have been heard later than here.
      if (age == null || age >= MISSED_ADVERTS * interval) return;
      if (silentFor < MISSED_ADVERTS * interval || silentFor - age <= interval) return;
      observer.pathLost({ group: group.name, master: master.name, heardBy: peer.name }, clock.now());
      group.handle({ kind: 'vouched', heardAt: clock.now() - age });
    },

    isCutOff(group, masterAddress) {
      if (loaded().config.routers.length < 3) return false;
      const master = masterAt(masterAddress);
      if (master?.lastHeard === undefined) return false;
      const { lastHeard } = master;
      const askedAt = lastHeard + MISSED_ADVERTS * intervalOf(group);
      // A master that has just resigned is not silent, and nobody was asked.
      if (clock.now() < askedAt) return false;
      const others = peers.all().flatMap((peer) => (peer === master ? [] : (peer.lastHeard ?? [])));
      const aliveThen = others.filter((at) => at > lastHeard - SILENT_AFTER);
      return aliveThen.length > 0 && aliveThen.every((at) => at < askedAt);
    },

    close: alarm.close,
  };
}
