import { isAfter, type Milliseconds, type Sequence } from '../dgram-vrrp/index.ts';
import type { Path } from './paths.ts';

/**
 * In which order the peers said what was heard. A router numbers what it sends on all its paths together, but these are not
 * equally fast, and after a pause one socket is read before the other. So what comes later may be older, of the life before
 * a restart even.
 */
export interface Order {
  /** A signed advert arrived. `overtaken`: a later one of the same router and group came before it. */
  advert(path: Path, group: string, sequence: Sequence): 'latest' | 'overtaken';
  /** This life of the router was not heard on this path yet. */
  isNewOn(path: Path, bootId: string): boolean;
  /**
   * A presence arrived. False: it is of the life before the one that was heard, and changes nothing.
   *
   * @param sequence undefined: it bears no signature
   */
  presence(path: Path, bootId: string, sequence: Sequence | undefined, now: Milliseconds): boolean;
}

/** One run of a peer's daemon. */
interface Life {
  readonly bootId: string;
  /** The one before, if that was heard. */
  readonly before: string | undefined;
  readonly heardAt: Milliseconds;
  /** Number of the first presence that was heard of it. */
  readonly since: Sequence | undefined;
}

/** @param longestWay what is longer under way is not accepted; a life that is heard again after that is no old word. */
export function createOrder(longestWay: () => Milliseconds): Order {
  const lives = new Map<string, Life>();
  /** Path id → life of the router that was heard there last. */
  const bootIds = new Map<string, string>();
  /** Peer → group → number of its latest advert on any path. */
  const latest = new Map<string, Map<string, Sequence>>();
  const isNewOn = ({ id }: Path, bootId: string) => bootIds.get(id) !== bootId;

  return {
    isNewOn,
    advert({ peerName }, group, sequence) {
      const ofPeer = latest.get(peerName) ?? new Map<string, Sequence>();
      latest.set(peerName, ofPeer);
      const last = ofPeer.get(group) ?? lives.get(peerName)?.since;
      if (last !== undefined && isAfter(last, sequence)) return 'overtaken';
      ofPeer.set(group, sequence);
      return 'latest';
    },
    presence(path, bootId, since, heardAt) {
      const { peerName } = path;
      const life = lives.get(peerName);
      if (life?.before === bootId && heardAt - life.heardAt < longestWay()) return false;
      if (life?.bootId !== bootId) lives.set(peerName, { bootId, before: life?.bootId, heardAt, since });
      // A new life may count from a smaller number: its clock was put back meanwhile.
      if (isNewOn(path, bootId)) latest.delete(peerName);
      bootIds.set(path.id, bootId);
      return true;
    },
  };
}
