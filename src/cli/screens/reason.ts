/** Why a group changed its state, in an admin's words; by the election's name for it (dgram-vrrp/election-types.ts). */
const WORDS: Readonly<Record<string, string>> = {
  startup: 'the daemon started',
  'address-owner': 'it has priority 255',
  'no-response': 'the master fell silent',
  resignation: 'the master resigned',
  'named-successor': 'the master resigned and named this router',
  'preempt-delay-expired': 'preempt_delay is over',
  'higher-priority': 'a better router is master',
  'tie-break-lost': 'a master of the same priority has the higher address',
  fault: 'an interface or a tracker is down',
  'fault-cleared': 'everything that is tracked is up again',
  standby: 'failoverctl standby on',
  'standby-ended': 'failoverctl standby off',
  switchover: 'failoverctl failover',
  superseded: 'a router that is not heard holds the VIPs',
  shutdown: 'the daemon stops',
};

/** The reason of a later release as it is. */
export function describeReason(reason: string): string {
  return Object.hasOwn(WORDS, reason) ? (WORDS[reason] ?? reason) : reason;
}
