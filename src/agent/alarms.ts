import type { GroupReport, RouterReport } from '../control/api.ts';
import type { InterfaceInventory } from '../oci/types.ts';

/** What is wrong now, a sentence each, worst first; empty when a failover would work. */
export function alarmsOf(
  routers: readonly RouterReport[],
  groups: readonly GroupReport[],
  reasonsNotReady: ReadonlyMap<string, readonly string[]>,
  inventory: readonly InterfaceInventory[] | undefined,
): readonly string[] {
  const self = routers.find((router) => router.self);
  const peers = routers.filter((router) => !router.self);
  return [
    ...groups.flatMap(withoutMaster),
    ...groups.flatMap(awayFromMaster),
    ...(self?.links ?? []).filter(({ up }) => !up).map((link) => `interface ${link.interface} is down or missing`),
    ...[...reasonsNotReady].flatMap(([group, reasons]) =>
      reasons.map((reason) => `this router could not take over ${group}: ${reason}`),
    ),
    ...peers.flatMap(peerAlarms),
    ...droppedPackets(inventory),
    ...groups.flatMap(({ name, hold }) =>
      hold === null ? [] : [`${name}: nobody pre-empts ${hold.target} until failoverctl failback`],
    ),
  ];
}

function withoutMaster({ name, master }: GroupReport): string[] {
  return master === null ? [`${name} has no master as far as this router sees`] : [];
}

function awayFromMaster({ name, master, vips }: GroupReport): string[] {
  if (master === null) return [];
  return vips.flatMap(({ address, holder, ownership, error }) => {
    if (ownership === 'unknown' || holder === master) return [];
    const where = holder ?? (ownership === 'unassigned' ? 'nobody' : 'a VNIC of no router that is known here');
    return [`${name}: VIP ${address} is held by ${where}, not by the master ${master}${error ? ` (${error})` : ''}`];
  });
}

function peerAlarms(peer: RouterReport): string[] {
  if (!peer.alive) {
    const since =
      peer.lastSeen === null ? 'has never been heard' : `has been silent for ${Math.round(peer.lastSeen)} s`;
    return [`${peer.name} ${since}`];
  }
  const alarms: string[] = [];
  const silentPaths = peer.paths.filter(({ lastSeen }) => lastSeen === null || lastSeen > 5);
  for (const path of silentPaths) alarms.push(`${peer.name} is not heard on the path ${path.local} ← ${path.peer}`);
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
