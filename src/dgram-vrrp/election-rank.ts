import { compareAddresses } from './address.ts';
import type { ElectionAction, ElectionEvent, HeardMaster, TransitionReason } from './election-types.ts';
import type { Milliseconds } from './timing.ts';

export type AdvertEvent = Extract<ElectionEvent, { kind: 'advert' }>;

/** Priority of the router that owns the addresses (RFC 9568 §5.2.4). */
export const OWNER = 255;

/** How this router stands to a master that it hears while it is master itself. */
export interface Rank {
  readonly priority: number;
  readonly address: string;
}

/** RFC 9568 §6.4.3: the better one stays, and the greater address wins between equal priorities. Why this one yields. */
export function yieldsTo(advert: AdvertEvent, own: Rank): TransitionReason | undefined {
  if (advert.priority > own.priority) return 'higher-priority';
  const greater = compareAddresses(advert.source, own.address) > 0;
  return advert.priority === own.priority && greater ? 'tie-break-lost' : undefined;
}

/** Our own advert, reflected, or a router with our address. */
export function isOwn(advert: AdvertEvent, own: Rank): boolean {
  return advert.priority === own.priority && compareAddresses(advert.source, own.address) === 0;
}

/** Three of its own intervals without an advert. */
export function isSilent({ at, interval }: HeardMaster, now: Milliseconds): boolean {
  return now - at > 3 * interval;
}

/** What a master does with its addresses when they become others. */
export function addressChanges(before: readonly string[], after: readonly string[]): readonly ElectionAction[] {
  const added = after.filter((address) => !before.includes(address));
  const removed = before.filter((address) => !after.includes(address));
  return [...actionOn('activate', added), ...actionOn('deactivate', removed), ...actionOn('announce', added)];
}

function actionOn(kind: 'activate' | 'announce' | 'deactivate', addresses: readonly string[]): ElectionAction[] {
  return addresses.length === 0 ? [] : [{ kind, addresses }];
}
