import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { SILENT_AFTER } from './peers.ts';

/** Two masters that hear each other: one episode from the first advert until the rival is silent, or the mastership over. */
export interface Rivalry {
  /** True if an episode begins with this advert of another master. */
  heard(source: string, now: Milliseconds): boolean;
  /** This router is not master any more. */
  over(): void;
}

export function createRivalry(): Rivalry {
  /** Rival → its last advert. */
  const rivals = new Map<string, Milliseconds>();
  return {
    heard(source, now) {
      const last = rivals.get(source);
      rivals.set(source, now);
      // A rival whose adverts are rejected is heard by its presence only, once a second.
      return last === undefined || now - last >= SILENT_AFTER;
    },
    over: () => rivals.clear(),
  };
}
