import { type AdvertEvent, isSilent } from './election-rank.ts';
import type { HeardMaster } from './election-types.ts';
import type { Milliseconds } from './timing.ts';

/** The master that this router follows, as far as it was heard. */
export interface Followed {
  adopt(advert: AdvertEvent, now: Milliseconds): void;
  /** A worse master was heard, and is about to be pre-empted: it is not followed. */
  passOver(advert: AdvertEvent, now: Milliseconds): void;
  /** The one that was passed over last, with its time; undefined: none, or it is silent by now. */
  passedOver(now: Milliseconds): { readonly advert: AdvertEvent; readonly at: Milliseconds } | undefined;
  /** It is master no more: it resigned, or (no source) this router is. It stays the predecessor. */
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
  let passed: { readonly advert: AdvertEvent; readonly at: Milliseconds } | undefined;
  return {
    adopt({ source, priority, interval }, now) {
      heard = { source, priority, interval, at: now };
      predecessor = source;
      passed = undefined;
    },
    passOver(advert, now) {
      passed = { advert, at: now };
    },
    passedOver(now) {
      if (passed === undefined || isSilent({ ...passed.advert, at: passed.at }, now)) return undefined;
      return passed;
    },
    resigned(source) {
      if (source === undefined || source === passed?.advert.source) passed = undefined;
      heard = undefined;
      predecessor = source ?? predecessor;
    },
    forget() {
      heard = undefined;
      passed = undefined;
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
