/** The invariants, by name (DESIGN §4 and its last lines). */
export type Invariant =
  /** A claim was asked for by a router that is not master. */
  | 'claim-by-non-master'
  /** A claim whose etag is not the record's any more was carried out. */
  | 'stale-claim-landed'
  /** A claim for another VNIC than the router's own in the VIP's subnet. */
  | 'foreign-target'
  /** More claims than the backoff allows: a fight at API speed. */
  | 'too-many-claims'
  /** More requests of one router in ten seconds than its timers and backoffs explain. */
  | 'too-many-requests'
  /** Nothing had happened that could be the reason of a move, or not often enough. */
  | 'move-without-reason'
  /** The same of mastership: nobody may become master again and again. */
  | 'mastership-without-reason'
  /** The conditions did not change for long, and still there is not one master among those that could be it. */
  | 'no-master'
  | 'two-masters'
  | 'wrong-master'
  /** A router that cannot claim took over although one that can is there. */
  | 'unready-master'
  /** A master resigned to a router that was well for long, and that one did not follow at once. */
  | 'slow-handover'
  /** … and a VIP is not on the master. */
  | 'vip-not-on-master'
  /** A ready router reaches the API, and still a VIP is on no live router for too long. */
  | 'vip-away'
  /** The last transition that was told does not lead to the state that is. */
  | 'mistold-state'
  /** The same seed was another run when it ran again. */
  | 'not-repeatable'
  /** The code threw. */
  | 'exception';

export interface Violation {
  readonly invariant: Invariant;
  readonly at: number;
  readonly detail: string;
}
