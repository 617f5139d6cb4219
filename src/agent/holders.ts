import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { VnicId } from '../oci/types.ts';
import type { VipView } from '../ownership/index.ts';

/** Who holds a VIP, as far as this router can tell. */
export type Holder =
  | { readonly ownership: 'known'; readonly router: string }
  | { readonly ownership: 'unassigned' | 'foreign' | 'unknown'; readonly router: null };

/**
 * Names the router behind a VNIC. A router knows its own VNICs only; a peer's are learned from its presence, which says
 * which VIPs it holds, together with OCI's record of the same VIP. Where a peer said so after our own last read, or
 * where we cannot read at all, its word is the better one.
 */
export interface Holders {
  /** A peer tells what it holds, in the order of the group's VIPs. */
  learn(router: string, vips: readonly VipView[], held: readonly boolean[], now: Milliseconds): void;
  /** A peer fell silent: what it said last is no longer known to be true. */
  forget(router: string): void;
  /** What a VNIC says of itself is more certain than any peer's word. */
  identify(vnicId: VnicId, router: string): void;
  /** The router a VNIC was seen to belong to. */
  ownerOf(vnicId: VnicId): string | undefined;
  holderOf(vip: VipView): Holder;
}

/** A peer's word and our record must say the same for this long before a VNIC is taken for the peer's. */
const AGREEMENT: Milliseconds = 30_000;

export function createHolders(self: string): Holders {
  const owners = new Map<VnicId, string>();
  const certain = new Set<VnicId>();
  /** Router → the VIPs it says it holds, and since when it says so. */
  const told = new Map<string, Map<string, Milliseconds>>();
  /** VIP → the peer that took it last, by its own word. */
  const taken = new Map<string, { readonly router: string; readonly at: Milliseconds }>();

  return {
    learn(router, vips, held, now) {
      const known = told.get(router) ?? new Map<string, Milliseconds>();
      told.set(router, known);
      vips.forEach(({ address, record, sinceAt, held: isOurs }, index) => {
        if (!held[index]) {
          known.delete(address);
          if (taken.get(address)?.router === router) taken.delete(address);
          return;
        }
        const since = known.get(address) ?? now;
        if (!known.has(address)) taken.set(address, { router, at: now });
        known.set(address, since);
        // One of the two may not have noticed a move yet: they have to agree for a while.
        const agree = sinceAt !== undefined && now - Math.max(sinceAt, since) > AGREEMENT;
        if (record?.vnicId === undefined || isOurs || !agree || certain.has(record.vnicId)) return;
        owners.set(record.vnicId, router);
      });
    },
    forget(router) {
      told.delete(router);
      for (const [address, entry] of taken) if (entry.router === router) taken.delete(address);
    },
    identify(vnicId, router) {
      certain.add(vnicId);
      owners.set(vnicId, router);
    },
    ownerOf: (vnicId) => owners.get(vnicId),
    holderOf({ address, record, verifiedAt, held }) {
      const word = taken.get(address);
      if (word !== undefined && (verifiedAt === undefined || word.at > verifiedAt)) {
        return { ownership: 'known', router: word.router };
      }
      if (record === undefined) return { ownership: 'unknown', router: null };
      if (held) return { ownership: 'known', router: self };
      if (record.vnicId === undefined) return { ownership: 'unassigned', router: null };
      const router = owners.get(record.vnicId);
      return router === undefined ? { ownership: 'foreign', router: null } : { ownership: 'known', router };
    },
  };
}
