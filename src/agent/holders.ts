import type { VnicId } from '../oci/types.ts';
import type { VipView } from '../ownership/index.ts';

/** Whose VNIC a record names. */
export type Holder =
  | { readonly ownership: 'known'; readonly router: string }
  | { readonly ownership: 'unassigned' | 'foreign' | 'unknown'; readonly router: null };

/**
 * Names the router behind a VNIC. A router knows its own VNICs only; a peer's are learned from its presence, which says
 * which VIPs it holds, together with OCI's record of the same VIP.
 */
export interface Holders {
  learn(router: string, vips: readonly VipView[], held: readonly boolean[]): void;
  holderOf(vip: VipView): Holder;
}

export function createHolders(self: string): Holders {
  const owners = new Map<VnicId, string>();
  return {
    learn(router, vips, held) {
      vips.forEach((vip, index) => {
        const vnicId = vip.record?.vnicId;
        if (held[index] && vnicId !== undefined && !vip.held) owners.set(vnicId, router);
      });
    },
    holderOf(vip) {
      if (vip.record === undefined) return { ownership: 'unknown', router: null };
      if (vip.held) return { ownership: 'known', router: self };
      if (vip.record.vnicId === undefined) return { ownership: 'unassigned', router: null };
      const router = owners.get(vip.record.vnicId);
      return router === undefined ? { ownership: 'foreign', router: null } : { ownership: 'known', router };
    },
  };
}
