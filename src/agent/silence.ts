import type { LoadedConfig } from '../config/index.ts';
import type { Milliseconds, Presence } from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import type { Group } from './group-types.ts';
import type { Observer } from './observer.ts';
import { type Peer, type Peers, SILENT_AFTER } from './peers.ts';
import { groupOf } from './successor.ts';

/** After this many missing adverts the other routers are asked. */
const MISSED_ADVERTS = 2;

/**
 * With three and more routers: is it the master that is gone, or only our path to it (DESIGN §4)?
 *
 * A group's master is silent while it does not say that it is its master. After two intervals everybody is asked: the
 * other routers answer when they heard it, and the master itself does, should it live. What it says of other groups ends no
 * silence, but is reason to ask again at once: after a short partition the advert of another group may be the first that is
 * heard, and the timer of this one runs out before its own advert comes.
 */
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
  /** Asks every router for its presence; tells when that was done last, for it is not done too often. */
  readonly ask: () => Milliseconds;
  /** Questions are at least this far apart. */
  readonly questionInterval: () => Milliseconds;
  readonly observer: Observer;
}): Silence {
  const { loaded, clock, peers, observer } = options;
  const alarm = clock.createAlarm(askAboutSilence);
  /** Group → the first question about the silence since that word of its master. */
  const questions = new Map<string, { readonly word: Milliseconds; readonly at: Milliseconds }>();

  const masterAt = (address: string | undefined) => peers.all().find((peer) => peer.paths[0]?.peer === address);

  /** Of the master's adverts, which may be another one than this router's; without them, of this router's own. */
  function intervalOf({ name, virtualRouterId }: Group, master: Peer): Milliseconds {
    const told = master.adverts.get(virtualRouterId)?.interval;
    return told ?? loaded().config.groups.find((group) => group.name === name)?.heartbeat.interval ?? 0;
  }

  /**
   * Two adverts are missing: whoever heard the master meanwhile shall say so before the timer fires. With each one more that
   * is missing they are asked again, so that it takes more than one lost answer to follow a master that lives.
   */
  function askAboutSilence(): void {
    const now = clock.now();
    const next: Milliseconds[] = [];
    for (const { name, word, interval } of options.groups().flatMap((group) => silenceOf(group) ?? [])) {
      const missed = Math.floor((now - word) / interval);
      next.push(word + Math.max(MISSED_ADVERTS, missed + 1) * interval);
      if (missed < MISSED_ADVERTS) continue;
      const at = options.ask();
      if (questions.get(name)?.word !== word) questions.set(name, { word, at });
      // Another group was asked about a moment ago: the answers came too soon to say anything about this silence.
      if (at < now) next.push(at + options.questionInterval());
    }
    alarm.set(next.length === 0 ? undefined : Math.min(...next));
  }

  /** When it last said that it is master of this group, by an advert or by presence. */
  function lastWord({ virtualRouterId }: Group, master: Peer): Milliseconds | undefined {
    const told = groupOf(master, virtualRouterId)?.state;
    // It says that it is not: its adverts are not what is missing.
    if (told !== undefined && told !== 'master') return master.lastHeard;
    const words = [master.adverts.get(virtualRouterId)?.at, told && master.presenceAt];
    const heard = words.filter((at) => at !== undefined);
    return heard.length === 0 ? master.lastHeard : Math.max(...heard);
  }

  /** Of the master that this router follows. */
  function silenceOf(group: Group) {
    const address = group.state() === 'backup' ? group.master() : undefined;
    const master = address === undefined ? undefined : masterAt(address);
    const word = master && lastWord(group, master);
    if (master === undefined || word === undefined) return undefined;
    return { name: group.name, master, word, interval: intervalOf(group, master) };
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
      const silent = silenceOf(group);
      if (silent === undefined || silent.master.name === peer.name) return;
      const { master, interval } = silent;
      const silentFor = clock.now() - silent.word;
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
      const question = questions.get(group.name);
      // A master that has just resigned is not silent, and nobody was asked.
      if (question === undefined || question.word !== lastWord(group, master)) return false;
      const others = peers.all().flatMap((peer) => (peer === master ? [] : (peer.lastHeard ?? [])));
      const aliveThen = others.filter((at) => at > lastHeard - SILENT_AFTER);
      return aliveThen.length > 0 && aliveThen.every((at) => at < question.at);
    },

    close: alarm.close,
  };
}
