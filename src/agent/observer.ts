import type { GroupState } from '../control/api.ts';
import type { TransportError } from '../dgram-vrrp/index.ts';
import type { History, Log, LogEvent, Metrics } from '../observe/index.ts';
import type { PlanAction } from '../ownership/index.ts';
import { createClaimFailures } from './claim-failures.ts';

/** What can happen with every datagram is logged at most this often per path and reason; all of it is counted. */
const REPEATED_LOG_INTERVAL = 60_000;
/** What was logged lately; what OCI says may be new each time, so the oldest is forgotten. */
const REMEMBERED = 1000;

/** Turns what happens into log lines, metrics and history; the only place that knows all three. */
export interface Observer {
  readonly log: Log;
  readonly metrics: Metrics;
  transition(entry: {
    readonly group: string;
    readonly from: GroupState;
    readonly to: GroupState;
    readonly reason: string;
    readonly vips: readonly { readonly address: string; readonly held: boolean }[];
    readonly at: number;
  }): void;
  superseded(group: string, on: boolean, why: string): void;
  rival(group: string, peer: string, priority: number): void;
  planned(group: string, actions: readonly PlanAction[], at: number): void;
  rejected(peer: string, path: string, reason: string, at: number): void;
  /** A peer's adverts list other addresses than this router's. They are accepted all the same. */
  otherAddresses(group: string, peer: string, addresses: readonly string[], at: number): void;
  pathLost(entry: { readonly group: string; readonly master: string; readonly heardBy: string }, at: number): void;
  leaseFailed(detail: string, at: number): void;
  presenceFailed(reason: string, at: number): void;
  pathFailed(error: TransportError, at: number): void;
  lateness(late: number): void;
}

export function createObserver(sinks: {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly history: History;
  readonly wall: () => number;
}): Observer {
  const { log, metrics, history, wall } = sinks;
  const loggedAt = new Map<string, number>();
  const claimFailures = createClaimFailures();

  function dueAgain(key: string, at: number): boolean {
    const last = loggedAt.get(key);
    if (last !== undefined && at - last < REPEATED_LOG_INTERVAL) return false;
    // To the end: the first is the oldest.
    loggedAt.delete(key);
    loggedAt.set(key, at);
    const [oldest] = loggedAt.keys();
    if (loggedAt.size > REMEMBERED && oldest !== undefined) loggedAt.delete(oldest);
    return true;
  }

  const emit = (event: LogEvent) => log(event);

  function tell(group: string, action: PlanAction, at: number): void {
    switch (action.kind) {
      case 'held':
        claimFailures.forget(group, action.address);
        if (action.claimed) metrics.vipHeld(action.after);
        history.held(group, action.address, action.after);
        return emit({
          event: 'vip-held',
          group,
          vip: action.address,
          after: action.after,
          claimed: action.claimed,
          isLock: action.isLock,
          at,
        });
      case 'all-held':
        if (action.claimed) metrics.failover(action.after);
        return emit({ event: 'all-held', group, after: action.after, at });
      case 'claim-failed': {
        const { address, code, message, retryIn } = action;
        metrics.claimFailed(address, code);
        if (!claimFailures.failed(group, address, code, at)) return;
        return emit({ event: 'claim-failed', group, vip: address, code, detail: message, retryIn });
      }
      case 'would-claim':
        return emit({ event: 'would-claim', group, vips: action.addresses });
      case 'drift':
        metrics.drift(group);
        return emit({ event: 'drift', group, vip: action.address, vnic: action.vnicId ?? null });
      default:
        return;
    }
  }

  return {
    log,
    metrics,
    transition({ group, from, to, reason, vips, at }) {
      claimFailures.forget(group);
      emit({ event: 'transition', group, from, to, reason, at });
      metrics.transition(group, to);
      history.transition({ time: wall(), group, from, to, reason, vips });
    },
    superseded(group, on, why) {
      emit({ event: 'superseded', group, on, why });
    },
    rival(group, peer, priority) {
      emit({ event: 'rival', group, peer, priority });
      metrics.splitBrain(group);
    },
    planned(group, actions, at) {
      const vips = actions.flatMap((action) => (action.kind === 'claim' ? [action.target.address] : []));
      for (const vip of vips) metrics.claim(vip);
      // First what the claims follow from.
      for (const action of actions) if (action.kind === 'claim-failed') tell(group, action, at);
      const told = vips.filter((vip) => !claimFailures.isRepeated(group, vip));
      if (told.length > 0) emit({ event: 'claiming', group, vips: told, at });
      for (const action of actions) if (action.kind !== 'claim-failed') tell(group, action, at);
    },
    rejected(peer, path, reason, at) {
      metrics.datagramRejected(reason);
      if (dueAgain(`${path} ${reason}`, at)) emit({ event: 'datagram-rejected', peer, path, reason });
    },
    otherAddresses(group, peer, addresses, at) {
      metrics.advertWarning('address-list');
      if (dueAgain(`address-list ${group} ${peer}`, at)) emit({ event: 'address-list', group, peer, addresses });
    },
    pathFailed({ code, pathId, message }, at) {
      if (code === 'stranger') metrics.datagramRejected(code);
      // A peer whose daemon is down refuses every datagram: peer-silent says that once.
      if (code === 'refused' || !dueAgain(`${pathId} ${code}`, at)) return;
      emit({ event: 'path-failed', path: pathId, detail: message });
    },
    pathLost(entry, at) {
      if (dueAgain(`path-lost ${entry.group} ${entry.master}`, at)) emit({ event: 'path-lost', ...entry });
    },
    leaseFailed(detail, at) {
      metrics.leaseFailed();
      if (dueAgain(`lease ${detail}`, at)) emit({ event: 'lease-failed', detail });
    },
    presenceFailed(reason, at) {
      if (dueAgain(reason, at)) emit({ event: 'presence-failed', reason });
    },
    lateness: metrics.lateness,
  };
}
