import type { DeployedGroup } from './deployment.ts';
import type { Scenario } from './scenario.ts';

/**
 * How long things may take, derived from the configuration. Each is the sum of what can come one after the other in the
 * worst case that a scenario allows; nothing is measured.
 */

const SECOND = 1000;
/** `startup_delay` of the reference deployment. */
const STARTUP_DELAY = 2 * SECOND;
/** A router that has just started follows nobody's silence before it has listened for so long. */
export const LISTENING = STARTUP_DELAY + 4 * SECOND;
/** `request_timeout`. */
export const REQUEST_TIMEOUT = 2 * SECOND;
/** `lease_interval`. */
export const LEASE_INTERVAL = 3 * SECOND;
/** A lease is expired after three intervals without a change; the read that begins the count may fail once. */
const LEASE_EXPIRY = 4 * LEASE_INTERVAL + 2 * REQUEST_TIMEOUT;
/** While something is missing the inventory is looked for this often at the least (discovery.ts). */
const DISCOVERY = 30 * SECOND + 2 * REQUEST_TIMEOUT;
/** The longest backoff of a claim, twice: one that met an old etag, and the one after the read; each may time out. */
const CLAIM = 2 * (2 * SECOND + REQUEST_TIMEOUT);
/** A master that holds nothing resigns after three failed rounds, at most once a minute (DESIGN §4, readiness). */
const RESIGNATION = 60 * SECOND + 3 * (SECOND + REQUEST_TIMEOUT);
/** A router whose claims all failed counts as not ready for so long; doubled each time. */
export const UNFIT = 60 * SECOND;
/** Presence, each second; a peer is silent after three and a half. */
export const PRESENCE = 3.5 * SECOND;

/** A datagram's longest way, and a timer's lateness, several times over. */
const HANDOVER = 20;

export interface Bounds {
  /** Three missed adverts and the skew time, which is less than one. */
  readonly masterDown: number;
  /** From the last change to one master that holds everything. */
  readonly converged: number;
  /** How long VIPs may be on no live router while a ready one reaches the API. */
  readonly away: number;
  /** The same where no API has failed for as long as that. */
  readonly calmAway: number;
  /** From a resignation to its named successor: less than any skew time of the reference deployment's best backup. */
  readonly handover: number;
  /** Every peer knows by now whether a router reaches the API. */
  readonly known: number;
  /** Nothing is under way any more when so long nobody became master and nothing moved. */
  readonly settled: number;
  /** How long a change may be the reason of a move. */
  readonly reason: number;
  /** How long a takeover that came of lost datagrams may be the reason of one. */
  readonly noise: number;
}

/** What a reload sets as an interval is one of these. */
export const LONGEST_INTERVAL = SECOND;

export function boundsOf({ groups, verifyInterval, interval: shortest }: Scenario): Bounds {
  const preemptDelay = Math.max(...groups.map((group) => group.preemptDelay));
  const interval = Math.max(LONGEST_INTERVAL, shortest);
  const masterDown = 4 * interval;
  const election = STARTUP_DELAY + 2 * masterDown + preemptDelay + PRESENCE;
  const ownership = verifyInterval + 2 * SECOND + LEASE_EXPIRY + CLAIM;
  const converged = election + DISCOVERY + ownership;
  return {
    masterDown,
    converged,
    away: converged + RESIGNATION,
    calmAway: election + ownership,
    handover: HANDOVER,
    known: DISCOVERY + verifyInterval + 2 * (SECOND + REQUEST_TIMEOUT) + PRESENCE,
    settled: masterDown + preemptDelay + PRESENCE + REQUEST_TIMEOUT,
    reason: converged + RESIGNATION,
    noise: masterDown + preemptDelay + verifyInterval + LEASE_EXPIRY + CLAIM,
  };
}

/** Requests of one router are counted in spans of this length. */
export const REQUEST_SPAN = 10 * SECOND;
/** Failures until a backoff of 50 ms has grown to 2 s. */
const FIRST_FAILURES = 6;

/**
 * Requests of one router in such a span. In each second every VIP is read, and claimed and read again by the longest
 * backoffs, a subnet is listed, its VNIC read or stamped and the holder's read; a token is asked for each two seconds. A
 * backoff begins with shorter waits.
 */
export function mostRequests({ groups }: { readonly groups: readonly DeployedGroup[] }): number {
  const vips = groups.flatMap((group) => group.vips);
  const subnets = new Set(vips.map((vip) => vip.interface)).size;
  const aSecond = 2 * vips.length + 3 * subnets + 0.5;
  return (aSecond * REQUEST_SPAN) / SECOND + 2 * FIRST_FAILURES * vips.length;
}

/** Claims that one router may send for one VIP in this time: the backoff begins at 50 ms and doubles to 2 s. */
export const CLAIM_RATE = { claims: 24, within: 10 * SECOND };
