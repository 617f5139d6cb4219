import type { GroupReport, RouterReport } from '../control/api.ts';
import type { InterfaceInventory } from '../oci/types.ts';
import { adviceOn } from './rejection-advice.ts';
import { type Rejection, rejectionsText } from './rejections.ts';

/** Seconds by which two clocks may differ without an alarm. */
const CLOCK_TOLERANCE = 2;

/** What an alarm is about; `failoverctl doctor` has a check of the same name for each. */
export type AlarmTopic =
  | 'machine'
  | 'freeze'
  | 'superseded'
  | 'master'
  | 'holder'
  | 'link'
  | 'tracker'
  | 'hook'
  | 'readiness'
  | 'lease'
  | 'peer'
  | 'path'
  | 'adverts'
  | 'clock'
  | 'peer-readiness'
  | 'peer-link'
  | 'config-peer'
  | 'forwarding'
  | 'static-route'
  | 'address'
  | 'state'
  | 'hold';

export interface Alarm {
  readonly topic: AlarmTopic;
  /** The group, router, interface or VIP; where several count, joined by a blank. */
  readonly about: string;
  /** A sentence. */
  readonly text: string;
}

/** What is wrong now, worst first; empty when a failover would work. */
export function alarmsOf(sources: {
  readonly routers: readonly RouterReport[];
  readonly groups: readonly GroupReport[];
  /** Group → why this router could not take over. */
  readonly reasonsNotReady: ReadonlyMap<string, readonly string[]>;
  readonly inventory: readonly InterfaceInventory[] | undefined;
  /** Which adverts of a peer are not believed. */
  readonly rejects: (peer: string) => readonly Rejection[];
  /** An admin stopped every claim in the cluster. */
  readonly frozen: boolean;
  /** The heartbeat addresses of this router, if not one of them is on this machine. */
  readonly missingAddresses: readonly string[];
  /** Why the lease could not be stamped. */
  readonly leaseError: string | undefined;
  /** What could not be done on this machine: routes, addresses, the saved state. */
  readonly machine: readonly Alarm[];
}): readonly Alarm[] {
  const { routers, groups, reasonsNotReady, inventory } = sources;
  const self = routers.find((router) => router.self);
  const peers = routers.filter((router) => !router.self);
  return [
    ...notThisRouter(self?.name ?? '', sources.missingAddresses),
    ...(sources.frozen ? [alarm('freeze', 'cluster', frozenIn(peers))] : []),
    ...groups.flatMap(supersededBy),
    ...groups.flatMap(withoutMaster),
    ...groups.flatMap((group) => awayFromMaster(group, peers)),
    ...(self?.links ?? [])
      .filter(({ up }) => !up)
      .map((link) => alarm('link', link.interface, `interface ${link.interface} is down or missing`)),
    ...groups.flatMap((group) => split(group, groups)),
    ...groups.flatMap(failedTrackers),
    ...groups.flatMap(failedHook),
    ...[...reasonsNotReady].flatMap(([group, reasons]) =>
      reasons.map((reason) => alarm('readiness', group, `this router could not take over ${group}: ${reason}`)),
    ),
    ...(sources.leaseError === undefined
      ? []
      : [alarm('lease', 'router', `the lease on this router's VNIC was not stamped: ${sources.leaseError}`)]),
    ...peers.flatMap((peer) => peerAlarms(peer, sources.rejects(peer.name))),
    ...droppedPackets(inventory),
    ...sources.machine,
    ...groups.flatMap(({ name, hold }) =>
      hold === null ? [] : [alarm('hold', name, `${name}: nobody pre-empts ${hold.target} until failoverctl failback`)],
    ),
  ];
}

export function alarm(topic: AlarmTopic, about: string, text: string): Alarm {
  return { topic, about, text };
}

/** A cloned machine, or a wrong --node: it would hear nobody, and take the VIPs of the real one. */
function notThisRouter(name: string, addresses: readonly string[]): Alarm[] {
  if (addresses.length === 0) return [];
  const text = `no address of ${name} (${addresses.join(', ')}) is on this machine: is it another router? It takes no part until one is`;
  return [alarm('machine', name, text)];
}

/** Told once, by the group that follows. */
function split({ name, master, sync }: GroupReport, groups: readonly GroupReport[]): Alarm[] {
  const first = groups.find((group) => sync?.includes(group.name) || group.name === name);
  if (first === undefined || first.name === name || master === null || first.master === null) return [];
  if (first.master === master) return [];
  const text = `${name} fails over with ${first.name}, and has another master: ${master}, not ${first.master}`;
  return [alarm('master', name, text)];
}

function failedTrackers({ name, trackers }: GroupReport): Alarm[] {
  return (trackers ?? []).flatMap(({ name: tracker, state, error }) => {
    const raise = (text: string) => [alarm('tracker', `${name} ${tracker}`, `${name}: tracker ${tracker} ${text}`)];
    if (state === 'down') return raise(`is down${error === undefined ? '' : `: ${error}`}`);
    if (state === 'up' || error === undefined) return [];
    return raise(`was added by a reload, never succeeded, and does not count yet: ${error}`);
  });
}

function failedHook({ name, failedHook: failed }: GroupReport): Alarm[] {
  if (failed === undefined) return [];
  const text = `${name}: the hook ${failed.command} for ${failed.state} failed at ${failed.at}: ${failed.error}`;
  return [alarm('hook', name, text)];
}

function frozenIn(peers: readonly RouterReport[]): string {
  const where = peers.some(({ vrrpOnly }) => vrrpOnly) ? 'on this router, and on no other' : 'in the whole cluster';
  return `claims are frozen ${where}: failoverctl freeze off ends it`;
}

function supersededBy({ name, superseded, lock }: GroupReport): Alarm[] {
  if (superseded !== true) return [];
  const text = `${name}: superseded, this router claims nothing: the lock ${lock?.vip ?? ''} is ${lock?.why ?? 'not known'}`;
  return [alarm('superseded', name, text)];
}

function withoutMaster({ name, master, superseded }: GroupReport): Alarm[] {
  if (master !== null || superseded === true) return [];
  return [alarm('master', name, `${name} has no master as far as this router sees`)];
}

function awayFromMaster({ name, master, vips }: GroupReport, peers: readonly RouterReport[]): Alarm[] {
  if (master === null) return [];
  // With another file its VIPs stand in another order, so that it cannot be told which of them it holds.
  const peer = peers.find((candidate) => candidate.name === master);
  // One that speaks VRRP only does not say which VNICs are its own.
  const isReadable = peer?.configMatches !== false && peer?.vrrpOnly !== true;
  return vips.flatMap(({ address, holder, ownership, error }) => {
    if (ownership === 'unknown' || holder === master || (ownership === 'foreign' && !isReadable)) return [];
    const where = holder ?? (ownership === 'unassigned' ? 'nobody' : 'a VNIC of no router that is known here');
    const text = `${name}: VIP ${address} is held by ${where}, not by the master ${master}${error ? ` (${error})` : ''}`;
    return [alarm('holder', `${name} ${address}`, text)];
  });
}

function peerAlarms(peer: RouterReport, rejected: readonly Rejection[]): Alarm[] {
  if (peer.vrrpOnly === true) return vrrpOnlyAlarms(peer, rejected);
  if (!peer.alive) {
    const since =
      peer.lastSeen === null ? 'has never been heard' : `has been silent for ${Math.round(peer.lastSeen)} s`;
    return [alarm('peer', peer.name, `${peer.name} ${since}`)];
  }
  const alarms: Alarm[] = [];
  const silentPaths = peer.paths.filter(({ lastSeen }) => lastSeen === null || lastSeen > 5);
  for (const { local, peer: address } of silentPaths) {
    const text = `${peer.name} is not heard on the path ${local} ← ${address}`;
    alarms.push(alarm('path', `${peer.name} ${address}`, text));
  }
  if (rejected.length > 0) {
    const text = `the adverts of ${peer.name} are rejected (${rejectionsText(rejected)}); what it says of itself is believed instead`;
    alarms.push(alarm('adverts', peer.name, text));
  }
  if (peer.clockOffset !== null && Math.abs(peer.clockOffset) > CLOCK_TOLERANCE) {
    const direction = peer.clockOffset > 0 ? 'ahead of' : 'behind';
    const text = `the clock of ${peer.name} is ${Math.abs(peer.clockOffset).toFixed(0)} s ${direction} this router's`;
    alarms.push(alarm('clock', peer.name, text));
  }
  if (peer.ready === false) alarms.push(alarm('peer-readiness', peer.name, `${peer.name} is not ready to take over`));
  for (const { interface: name, up } of peer.links) {
    if (up) continue;
    alarms.push(alarm('peer-link', `${peer.name} ${name}`, `${peer.name}: interface ${name} is down or missing`));
  }
  if (peer.configMatches === false) {
    alarms.push(alarm('config-peer', peer.name, `${peer.name} runs another configuration file`));
  }
  return alarms;
}

/** Its silence says nothing: a backup has nothing to say. */
function vrrpOnlyAlarms({ name, groups }: RouterReport, rejected: readonly Rejection[]): Alarm[] {
  const text = `the adverts of ${name} are rejected (${rejectionsText(rejected)}): both may be master`;
  const todo = adviceOn(rejected);
  return [
    ...(rejected.length === 0 ? [] : [alarm('adverts', name, todo === '' ? text : `${text}; ${todo}`)]),
    ...groups.flatMap(({ group, otherAddresses }) => {
      if (otherAddresses === undefined) return [];
      const list = `${group}: the adverts of ${name} list ${otherAddresses.join(', ') || 'no address'}, this router's do not`;
      const advice = 'a keepalived there discards them; heartbeat.advertise has to name what its virtual_ipaddress has';
      return [alarm('adverts', name, `${list}: ${advice}`)];
    }),
  ];
}

/** OCI drops what a VNIC forwards unless the check is skipped: a failover would move the VIPs into a black hole. */
function droppedPackets(inventory: readonly InterfaceInventory[] | undefined): Alarm[] {
  return (inventory ?? []).flatMap((entry) => {
    if (!entry.ok || entry.skipSourceDestCheck) return [];
    const text = `${entry.interface}: set "skip source/destination check" on its VNIC, or OCI drops what it forwards`;
    return [alarm('forwarding', entry.interface, text)];
  });
}
