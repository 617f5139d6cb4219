import { type AdvertEvent, isSilent } from './election-rank.ts';
import type { HeardMaster } from './election-types.ts';
import type { Milliseconds } from './timing.ts';

/** The master that this router follows, as far as it was heard. */
export interface Followed {
  adopt(advert: AdvertEvent, now: Milliseconds): void;
  /** It is master no more: it resigned, or this router is. It stays the predecessor. */
  resigned(source?: string): void;
  /** As after a start: nobody was ever heard. */
  forget(): void;
  /** Undefined while this router is master or nobody was heard. */
  heard(): HeardMaster | undefined;
  predecessor(): string | undefined;
  isSilent(now: Milliseconds): boolean;
  /** True once for each master and interval. */
  isNewInterval(advert: AdvertEvent): boolean;
}

export function createFollowed(): Followed {
  let heard: HeardMaster | undefined;
  let predecessor: string | undefined;
  let toldInterval: string | undefined;
  return {
    adopt({ source, priority, interval }, now) {
      heard = { source, priority, interval, at: now };
      predecessor = source;
    },
    resigned(source = predecessor) {
      heard = undefined;
      predecessor = source;
    },
    forget() {
      heard = undefined;
      predecessor = undefined;
    },
    heard: () => heard,
    predecessor: () => predecessor,
    isSilent: (now) => heard !== undefined && isSilent(heard, now),
    isNewInterval({ source, interval }) {
      const told = toldInterval;
      toldInterval = `${source} ${interval}`;
      return told !== toldInterval;
    },
  };
}
