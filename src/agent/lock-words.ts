import type { LockView } from '../ownership/index.ts';

/** What ends a state in which nothing that can be read would end it. */
const byHand = (address: string) =>
  `if that router is gone for good, put the VIP ${address} on a VNIC of this router by hand`;

/** Who holds the lock and what that means for this router, a sentence without a subject: "the lock is …". */
export function whyOf({ address, decision, holder, error, ...lease }: LockView): string {
  const who = holder ?? 'a router';
  switch (decision.because) {
    case 'own':
      return 'held by this router';
    case 'unassigned':
      return 'on no VNIC, so that a master claims it';
    case 'foreign':
      return 'on a VNIC of no router, so that a master claims it';
    case 'predecessor':
      return `held by ${who}, which fell silent or resigned, so that its follower claims it`;
    case 'loses':
      return `held by ${who}, which is heard and is not the better master, so that a master claims it`;
    case 'expired':
      return `held by ${who}, whose lease has expired, so that a master claims it`;
    case 'ruled-out':
      return 'on a VNIC that is not known, and whosoever it may be, a master may claim it';
    case 'unread':
      return `on a VNIC that is not known and is read first${error === undefined ? '' : `; that fails (${error})`}`;
    case 'no-word-yet':
      return `held by ${who}, which is asked first`;
    case 'prevails':
      return `held by ${who}, which is the better master`;
    case 'lease':
      return `held by ${who}, which is not heard; ${leaseWords(address, lease, error)}`;
    case 'leases-fail':
      return `held by ${who}, which is not heard and has no lease that can be seen; as the lease of this router cannot be stamped either, that proves nothing: does the policy allow to use vnics? Otherwise, ${byHand(address)}`;
    case 'unreadable':
      return `on a VNIC that cannot be read (${error}) and may be that of a router which is not heard; it ends when it can be read, or that router is heard; ${byHand(address)}`;
  }
}

function leaseWords(
  address: string,
  { leaseUnchangedFor, leaseExpiresAfter }: Pick<LockView, 'leaseUnchangedFor' | 'leaseExpiresAfter'>,
  error: string | undefined,
): string {
  const limit = leaseExpiresAfter / 1000;
  if (error !== undefined) {
    return `its VNIC cannot be read (${error}), so that its lease cannot be seen to expire; ${byHand(address)}`;
  }
  if (leaseUnchangedFor === null) return `waiting to hear it, or for its lease to expire after ${limit} s`;
  const unchanged = Math.round(leaseUnchangedFor / 1000);
  return `waiting to hear it, or for its lease to expire: unchanged for ${unchanged} of ${limit} s`;
}
