import type { GroupReport, RouterReport } from '../control/api.ts';
import type { InterfaceInventory } from '../oci/types.ts';

/** Seconds by which two clocks may differ without an alarm. */
const CLOCK_TOLERANCE = 2;

/** What is wrong now, a sentence each, worst first; empty when a failover would work. */
export function alarmsOf(sources: {
  readonly routers: readonly RouterReport[];
  readonly groups: readonly GroupReport[];
  /** Group → why this router could not take over. */
  readonly reasonsNotReady: ReadonlyMap<string, readonly string[]>;
  readonly inventory: readonly InterfaceInventory[] | undefined;
  /** Why the adverts of a peer are not believed; undefined if they are. */
  readonly rejects: (peer: string) => string | undefined;
  /** An admin stopped every claim in the cluster. */
  readonly frozen: boolean;
  /** The heartbeat addresses of this router, if not one of them is on this machine. */
  readonly missingAddresses: readonly string[];
  /** Why the lease could not be stamped. */
  readonly leaseError: string | undefined;
}): readonly string[] {
  const { routers, groups, reasonsNotReady, inventory } = sources;
  const self = routers.find((router) => router.self);
  const peers = routers.filter((router) => !router.self);
  return [
    ...notThisRouter(self?.name ?? '', sources.missingAddresses),
    ...(sources.frozen ? ['claims are frozen in the whole cluster: failoverctl freeze off ends it'] : []),
    ...groups.flatMap(supersededBy),
    ...groups.flatMap(withoutMaster),
    ...groups.flatMap((group) => awayFromMaster(group, peers)),
    ...(self?.links ?? []).filter(({ up }) => !up).map((link) => `interface ${link.interface} is down or missing`),
    ...groups.flatMap(failedTrackers),
    ...groups.flatMap(failedHook),
    ...[...reasonsNotReady].flatMap(([group, reasons]) =>
      reasons.map((reason) => `this router could not take over ${group}: ${reason}`),
    ),
    ...(sources.leaseError === undefined
      ? []
      : [`the lease on this router's VNIC was not stamped: ${sources.leaseError}`]),
    ...peers.flatMap((peer) => peerAlarms(peer, sources.rejects(peer.name))),
    ...droppedPackets(inventory),
    ...groups.flatMap(({ name, hold }) =>
      hold === null ? [] : [`${name}: nobody pre-empts ${hold.target} until failoverctl failback`],
    ),
  ];
}

/** A cloned machine, or a wrong --node: it would hear nobody, and take the VIPs of the real one. */
function notThisRouter(name: string, addresses: readonly string[]): string[] {
  if (addresses.length === 0) return [];
  return [
    `no address of ${name} (${addresses.join(', ')}) is on this machine: is it another router? It takes no part until one is`,
  ];
}

function failedTrackers({ name, trackers }: GroupReport): string[] {
  return (trackers ?? []).flatMap(({ name: tracker, state, error }) => {
    if (state === 'down') return [`${name}: tracker ${tracker} is down${error === undefined ? '' : `: ${error}`}`];
    if (state === 'up' || error === undefined) return [];
    return [`${name}: tracker ${tracker} was added by a reload, never succeeded, and does not count yet: ${error}`];
  });
}

function failedHook({ name, failedHook: failed }: GroupReport): string[] {
  if (failed === undefined) return [];
  return [`${name}: the hook ${failed.command} for ${failed.state} failed at ${failed.at}: ${failed.error}`];
}

function supersededBy({ name, superseded, vips }: GroupReport): string[] {
  if (superseded !== true) return [];
  const holder = vips[0]?.holder ?? 'a router';
  return [
    `${name}: superseded: ${holder} is not heard and holds the VIPs; waiting to hear it, or for its lease to expire`,
  ];
}

function withoutMaster({ name, master, superseded }: GroupReport): string[] {
  return master === null && superseded !== true ? [`${name} has no master as far as this router sees`] : [];
}

function awayFromMaster({ name, master, vips }: GroupReport, peers: readonly RouterReport[]): string[] {
  if (master === null) return [];
  // With another file its VIPs stand in another order, so that it cannot be told which of them it holds.
  const isReadable = peers.find((peer) => peer.name === master)?.configMatches !== false;
  return vips.flatMap(({ address, holder, ownership, error }) => {
    if (ownership === 'unknown' || holder === master || (ownership === 'foreign' && !isReadable)) return [];
    const where = holder ?? (ownership === 'unassigned' ? 'nobody' : 'a VNIC of no router that is known here');
    return [`${name}: VIP ${address} is held by ${where}, not by the master ${master}${error ? ` (${error})` : ''}`];
  });
}

function peerAlarms(peer: RouterReport, rejected: string | undefined): string[] {
  if (!peer.alive) {
    const since =
      peer.lastSeen === null ? 'has never been heard' : `has been silent for ${Math.round(peer.lastSeen)} s`;
    return [`${peer.name} ${since}`];
  }
  const alarms: string[] = [];
  const silentPaths = peer.paths.filter(({ lastSeen }) => lastSeen === null || lastSeen > 5);
  for (const path of silentPaths) alarms.push(`${peer.name} is not heard on the path ${path.local} ← ${path.peer}`);
  if (rejected !== undefined) {
    alarms.push(`the adverts of ${peer.name} are rejected (${rejected}); what it says of itself is believed instead`);
  }
  if (peer.clockOffset !== null && Math.abs(peer.clockOffset) > CLOCK_TOLERANCE) {
    const direction = peer.clockOffset > 0 ? 'ahead of' : 'behind';
    alarms.push(`the clock of ${peer.name} is ${Math.abs(peer.clockOffset).toFixed(0)} s ${direction} this router's`);
  }
  if (peer.ready === false) alarms.push(`${peer.name} is not ready to take over`);
  for (const link of peer.links)
    if (!link.up) alarms.push(`${peer.name}: interface ${link.interface} is down or missing`);
  if (peer.configMatches === false) alarms.push(`${peer.name} runs another configuration file`);
  return alarms;
}

/** OCI drops what a VNIC forwards unless the check is skipped: a failover would move the VIPs into a black hole. */
function droppedPackets(inventory: readonly InterfaceInventory[] | undefined): string[] {
  return (inventory ?? []).flatMap((entry) =>
    entry.ok && !entry.skipSourceDestCheck
      ? [`${entry.interface}: set "skip source/destination check" on its VNIC, or OCI drops what it forwards`]
      : [],
  );
}
