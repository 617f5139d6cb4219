import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { GROUP_STATES, type StatusReport } from '../control/api.ts';
import type { OciExchange } from '../oci/types.ts';

/** Milliseconds to the base unit of Prometheus. */
const SECOND = 1000;

/** What the daemon counts as it goes; gauges are made from the status report when Prometheus asks. */
export interface Metrics {
  readonly transition: (group: string, to: string) => void;
  readonly advertSent: () => void;
  readonly advertReceived: () => void;
  readonly datagramRejected: (reason: string) => void;
  /** An advert was accepted in which something is odd. */
  readonly advertWarning: (reason: 'address-list') => void;
  readonly claim: (vip: string) => void;
  readonly claimFailed: (vip: string, reason: string) => void;
  /** Milliseconds from becoming master until one VIP was held. */
  readonly vipHeld: (after: number) => void;
  /** Milliseconds from detection until the last VIP was held. */
  readonly failover: (after: number) => void;
  readonly drift: (group: string) => void;
  /** The lease could not be stamped. */
  readonly leaseFailed: () => void;
  readonly splitBrain: (group: string) => void;
  /** Milliseconds the heartbeat's timer was late. */
  readonly lateness: (late: number) => void;
  readonly exchange: (exchange: OciExchange) => void;
  /** The text of `GET /metrics`. */
  readonly scrape: () => Promise<string>;
  readonly contentType: string;
}

const CLAIM_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];
const LATENESS_BUCKETS = [0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.5, 1, 5];

/**
 * Creates the metrics (DESIGN §1). `status` is called at each scrape and must be cheap.
 */
export function createMetrics(version: string, status: () => StatusReport): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name: `failoverd_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `failoverd_${name}`, help, buckets, registers });

  const transitions = counter('group_transitions_total', 'State changes of a group.', ['group', 'to']);
  const sent = counter('adverts_sent_total', 'VRRP adverts sent, one per path.');
  const received = counter('adverts_received_total', 'VRRP adverts accepted, one per path.');
  const rejected = counter('adverts_rejected_total', 'Datagrams that were not accepted.', ['reason']);
  const warnings = counter(
    'advert_warnings_total',
    "Adverts accepted although something in them is odd: an address list that is not this router's.",
    ['reason'],
  );
  const claims = counter('vip_claims_total', 'Claims sent (UpdatePrivateIp).', ['vip']);
  const claimFailures = counter('vip_claim_failures_total', 'Claims that failed.', ['vip', 'reason']);
  const drifts = counter('ownership_drift_total', 'VIPs that somebody else took from the master.', ['group']);
  const leaseFailures = counter('lease_failures_total', "Stamps of the lease on this router's VNIC that failed.");
  const splitBrains = counter('split_brain_total', 'Times that another master was heard while being master.', [
    'group',
  ]);
  const requests = counter('oci_requests_total', 'Requests to OCI.', ['operation']);
  const requestFailures = counter('oci_request_failures_total', 'Requests to OCI that failed.', [
    'operation',
    'reason',
  ]);

  const claimDuration = histogram(
    'vip_claim_duration_seconds',
    'Time from becoming master until a VIP was held.',
    CLAIM_BUCKETS,
  );
  const failoverDuration = histogram(
    'failover_duration_seconds',
    'Time from detection until the last VIP of the group was held.',
    CLAIM_BUCKETS,
  );
  const requestDuration = histogram('oci_request_duration_seconds', 'Duration of requests to OCI.', CLAIM_BUCKETS);
  const lateness = histogram('heartbeat_lateness_seconds', 'How late the advert timer fired.', LATENESS_BUCKETS);

  /** Of the scrape under way: the gauges of one scrape are made of one report. */
  let report: StatusReport | undefined;
  registerGauges(registry, version, () => report ?? status());

  async function scrape(): Promise<string> {
    report = status();
    try {
      return await registry.metrics();
    } finally {
      report = undefined;
    }
  }

  return {
    transition: (group, to) => transitions.inc({ group, to }),
    advertSent: () => sent.inc(),
    advertReceived: () => received.inc(),
    datagramRejected: (reason) => rejected.inc({ reason }),
    advertWarning: (reason) => warnings.inc({ reason }),
    claim: (vip) => claims.inc({ vip }),
    claimFailed: (vip, reason) => claimFailures.inc({ vip, reason }),
    vipHeld: (after) => claimDuration.observe(after / SECOND),
    failover: (after) => failoverDuration.observe(after / SECOND),
    drift: (group) => drifts.inc({ group }),
    leaseFailed: () => leaseFailures.inc(),
    splitBrain: (group) => splitBrains.inc({ group }),
    lateness: (late) => lateness.observe(Math.max(0, late) / SECOND),
    exchange: ({ operation, duration, failure }) => {
      requests.inc({ operation });
      requestDuration.observe(duration / SECOND);
      if (failure !== undefined) requestFailures.inc({ operation, reason: failure });
    },
    scrape,
    contentType: registry.contentType,
  };
}

/** Gauges mirror the status report, so that a dashboard and `failoverctl status` never disagree. */
function registerGauges(registry: Registry, version: string, status: () => StatusReport): void {
  type Labels = Record<string, string>;
  const gauge = (
    name: string,
    help: string,
    labelNames: string[],
    samples: (report: StatusReport) => Iterable<readonly [Labels, number | null]>,
  ) => {
    new Gauge({
      name: `failoverd_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        for (const [labels, value] of samples(status())) if (value !== null) this.set(labels, value);
      },
    });
  };
  const flag = (value: boolean | null) => (value === null ? null : Number(value));
  const peers = (report: StatusReport) => report.routers.filter((router) => !router.self);
  const own = (report: StatusReport) => report.routers.filter((router) => router.self);

  gauge('group_state', '0 init, 1 backup, 2 master, 3 fault, 4 standby.', ['group'], (report) =>
    report.groups.map(({ name, state }) => [{ group: name }, GROUP_STATES.indexOf(state)] as const),
  );
  gauge('group_priority', 'Priority this router takes part with now.', ['group'], (report) =>
    own(report).flatMap(({ groups }) =>
      groups.map(({ group, effectivePriority }) => [{ group }, effectivePriority] as const),
    ),
  );
  gauge('group_superseded', '1: a router that is not heard holds the VIPs.', ['group'], (report) =>
    report.groups.map(({ name, superseded }) => [{ group: name }, flag(superseded ?? null)] as const),
  );
  gauge(
    'group_holds_lock',
    "1: OCI's record of the group's first VIP, its lock, names this router.",
    ['group'],
    (report) =>
      report.groups.map(({ name, lock }) => [{ group: name }, lock ? flag(lock.verdict === 'keep') : null] as const),
  );
  gauge('group_verifying', '1: somebody else may have claimed, so the master reads each second.', ['group'], (report) =>
    report.groups.map(({ name, verifying }) => [{ group: name }, flag(verifying ?? null)] as const),
  );
  gauge(
    'holder_lease_unchanged_seconds',
    'How long the lease of a holder that is not heard was seen unchanged; absent while none is watched.',
    ['group'],
    (report) => report.groups.map(({ name, lock }) => [{ group: name }, lock?.leaseUnchangedFor ?? null] as const),
  );
  gauge('lease_stamping', '1: a peer does not confirm hearing this master, so its lease is stamped.', [], (report) => [
    [{}, flag(report.lease?.stamping ?? null)],
  ]);
  gauge(
    'vip_verified_age_seconds',
    "Seconds since OCI's record was last read or written.",
    ['group', 'vip'],
    (report) =>
      report.groups.flatMap(({ name, vips }) =>
        vips.map(({ address, verified }) => {
          const age = verified === null ? null : (Date.parse(report.time) - Date.parse(verified)) / SECOND;
          return [{ group: name, vip: address }, age] as const;
        }),
      ),
  );
  gauge('peer_last_seen_seconds', 'Seconds since a datagram of the peer was accepted.', ['peer'], (report) =>
    peers(report).map(({ name, lastSeen }) => [{ peer: name }, lastSeen] as const),
  );
  gauge('peer_state', 'State of a group on the peer, as group_state.', ['peer', 'group'], (report) =>
    peers(report).flatMap(({ name, groups }) =>
      groups.map(({ group, state }) => [{ peer: name, group }, state && GROUP_STATES.indexOf(state)] as const),
    ),
  );
  gauge('peer_ready', '1: the peer could take over now.', ['peer'], (report) =>
    peers(report).map(({ name, ready }) => [{ peer: name }, flag(ready)] as const),
  );
  gauge('peer_clock_offset_seconds', "How far the peer's clock is ahead of this router's.", ['peer'], (report) =>
    peers(report).map(({ name, clockOffset }) => [{ peer: name }, clockOffset] as const),
  );
  gauge('config_matches_peer', '1: the peer runs the same configuration file.', ['peer'], (report) =>
    peers(report).map(({ name, configMatches }) => [{ peer: name }, flag(configMatches)] as const),
  );
  gauge('link_up', '1: the interface is up and has carrier.', ['interface'], (report) =>
    own(report).flatMap(({ links }) => links.map((link) => [{ interface: link.interface }, flag(link.up)] as const)),
  );
  gauge('tracker_up', '1: the tracker is up; nothing before its first result.', ['group', 'tracker'], (report) =>
    report.groups.flatMap(({ name, trackers }) =>
      (trackers ?? []).map(
        (tracker) =>
          [
            { group: name, tracker: tracker.name },
            tracker.state === 'unknown' ? null : flag(tracker.state === 'up'),
          ] as const,
      ),
    ),
  );
  gauge('vip_held', "1: OCI's record names this router.", ['group', 'vip'], (report) =>
    report.groups.flatMap(({ name, vips }) =>
      vips.map((vip) => [{ group: name, vip: vip.address }, flag(vip.holder === report.router)] as const),
    ),
  );
  gauge('oci_ready', '1: a claim could be sent now.', [], (report) => [[{}, flag(report.oci.ready)]]);
  gauge('oci_token_expiry_timestamp_seconds', 'When the token ends, Unix time.', [], (report) => [
    [{}, report.oci.tokenExpiresAt === undefined ? null : Date.parse(report.oci.tokenExpiresAt) / SECOND],
  ]);
  gauge('build_info', 'Always 1.', ['version', 'node'], () => [[{ version, node: process.version }, 1]]);
}
