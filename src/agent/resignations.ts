import type { Milliseconds, PresenceGroup, Successor } from '../dgram-vrrp/index.ts';

/** A resignation and the presence that names its successor belong together when they arrive within this time. */
const RESIGNATION_MEMORY: Milliseconds = 1000;

/**
 * The resignations that were heard of late. What was sent before one may arrive after it, and the name of its successor,
 * too: chance and another path are faster.
 */
export interface Resignations {
  /** A priority 0 advert was heard. `successor`: whom the presence heard so far names. */
  heard(of: Sender, successor: Successor, now: Milliseconds): void;
  /**
   * An advert of a master that bears no number, so that only the time tells: it was sent before the resignation. Its
   * sender has no reason to be master again within one interval, short of an admin's word or of its follower's
   * resignation; then its presence says so.
   */
  overtakes(of: Sender, interval: Milliseconds, now: Milliseconds): boolean;
  /** True if it resigned of late: an older word that it is master may still be under way. */
  areFresh(of: Sender, now: Milliseconds): boolean;
  /**
   * Its presence tells of the group. True if it is master again, so that what was taken for an advert from before its
   * resignation was none.
   */
  told(of: Sender, told: PresenceGroup, before: PresenceGroup | undefined): boolean;
  /** A name came: true if it belongs to a resignation that still waits for one. It is believed once. */
  named(of: Sender, now: Milliseconds): boolean;
}

/** The peer that resigned, and in which group. */
export interface Sender {
  readonly peer: string;
  readonly group: string;
}

interface Resignation {
  at: Milliseconds;
  /** The name of its successor may still come and be this router's. */
  unnamed: boolean;
  /** An advert was taken for one from before it. */
  wasOvertaken: boolean;
}

export function createResignations(): Resignations {
  const resignations = new Map<string, Resignation>();
  const keyOf = ({ peer, group }: Sender) => `${peer} ${group}`;
  const find = (of: Sender) => resignations.get(keyOf(of));
  const isRecent = (resignation: Resignation | undefined, within: Milliseconds, now: Milliseconds) =>
    resignation !== undefined && now - resignation.at < within;

  return {
    heard(of, successor, now) {
      const before = find(of);
      // Followed already: the same name in a later presence is no second resignation.
      const unnamed = successor !== 'self' || (before?.unnamed ?? false);
      resignations.set(keyOf(of), { at: now, unnamed, wasOvertaken: before?.wasOvertaken ?? false });
    },
    overtakes(of, interval, now) {
      const resignation = find(of);
      if (resignation === undefined || !isRecent(resignation, interval, now)) return false;
      resignation.wasOvertaken = true;
      return true;
    },
    areFresh: (of, now) => isRecent(find(of), RESIGNATION_MEMORY, now),
    told(of, told, before) {
      if (!isMaster(told) || before === undefined || isMaster(before)) return false;
      const wasOvertaken = find(of)?.wasOvertaken ?? false;
      resignations.delete(keyOf(of));
      return wasOvertaken;
    },
    named(of, now) {
      const resignation = find(of);
      if (resignation === undefined || !resignation.unnamed || now - resignation.at > RESIGNATION_MEMORY) return false;
      resignation.unnamed = false;
      return true;
    },
  };
}

/** And is not about to resign: then it names its successor. */
const isMaster = ({ state, successor }: PresenceGroup) => state === 'master' && successor === null;
