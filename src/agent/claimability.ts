import type { LoadedConfig } from '../config/index.ts';
import type { InterfaceInventory, Milliseconds, Oci, OciStatus } from '../oci/types.ts';
import type { Clock } from './clock.ts';
import { createDiscovery } from './discovery.ts';
import type { Group } from './group-types.ts';
import type { Interfaces } from './interfaces.ts';
import type { Observer } from './observer.ts';
import { whyNotReady } from './readiness.ts';

/** Whether this router could claim, and what it needs for that: OCI's state, the inventory, readiness by group. */
export interface Claimability {
  ociChanged(status: OciStatus): void;
  ociStatus(): OciStatus;
  inventory(): readonly InterfaceInventory[] | undefined;
  /** An object seems to be gone: look for VNICs and VIPs again. */
  rediscover(): void;
  /** Look for VNICs and VIPs now. */
  look(): void;
  /** An interface has another MAC address (it may be another VNIC), or came up (the API may be reached another way). */
  linksChanged(changes: { readonly newMac: boolean; readonly cameUp: boolean }): void;
  /** Looks at everything again and tells the elections what changed. */
  update(): void;
  /** Group → why this router could not take over; empty if it could. */
  reasons(): ReadonlyMap<string, readonly string[]>;
  /** Since when it could take over in that group; -Infinity if it cannot, or could from the start. */
  readySince(group: string): Milliseconds;
  /** True if it could take over in every group. */
  ready(): boolean;
  close(): void;
}

export function createClaimability(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly oci: () => Pick<Oci, 'discover'>;
  readonly interfaces: Interfaces;
  readonly groups: () => readonly Group[];
  /** The groups that fail over together with this one, itself included. */
  readonly syncSetOf: (group: string) => readonly Group[];
  readonly tellPeers: () => void;
}): Claimability {
  const { loaded, observer, interfaces } = options;
  const reasons = new Map<string, readonly string[]>();
  const readySince = new Map<string, Milliseconds>();
  let linkUpAt = Number.NEGATIVE_INFINITY;
  let status: OciStatus = { ready: false, reason: 'instance metadata was not reached yet' };
  const discovery = createDiscovery({
    oci: { discover: (query) => options.oci().discover(query) },
    clock: options.clock,
    query: interfaces.query,
    onInventory: inventoryFound,
  });

  function ociChanged(next: OciStatus): void {
    const before = status;
    status = next;
    if (next.ready && !before.ready) {
      observer.log({ event: 'oci-ready', region: next.region ?? 'unknown' });
      discovery.look();
      for (const group of options.groups()) group.ownership({ kind: 'token' });
    }
    if (!next.ready && (before.ready || before.reason !== next.reason)) {
      observer.log({ event: 'oci-not-ready', detail: next.reason ?? 'unknown' });
    }
    update();
  }

  function inventoryFound(inventory: readonly InterfaceInventory[], startedAt: number): void {
    for (const entry of inventory) {
      if (!entry.ok) {
        observer.log({ event: 'inventory-missing', interface: entry.interface, detail: entry.message });
        continue;
      }
      const { subnetId, vnicId } = entry;
      for (const vip of entry.vips) {
        if (vip.ok) continue;
        const { address, message } = vip;
        observer.log({ event: 'inventory-missing', interface: entry.interface, vip: address, detail: message });
      }
      const targets = entry.vips.flatMap((vip) => {
        if (!vip.ok) return [];
        const { address, record } = vip;
        return [{ address, privateIpId: record.id, subnetId, vnicId, record, startedAt }];
      });
      for (const group of options.groups()) group.ownership({ kind: 'inventory', targets });
    }
    update();
  }

  function ownReasons(group: Group): readonly string[] {
    const config = loaded().config.groups.find(({ name }) => name === group.name);
    return whyNotReady({
      oci: status,
      inventory: discovery.last(),
      interfaces: config?.interfaces ?? [],
      failedRounds: group.failedRounds(),
      provenAt: group.provenAt(),
      linkUpAt,
      unfit: group.unfit(),
    });
  }

  function update(): void {
    const own = new Map(options.groups().map((group) => [group.name, ownReasons(group)] as const));
    for (const group of options.groups()) {
      const before = reasons.get(group.name);
      // Who cannot take over one group of a set must not take over another.
      const ofSet = options.syncSetOf(group.name).flatMap(({ name }) => own.get(name) ?? []);
      const now = ofSet.length === 0 ? ofSet : [...new Set(ofSet)];
      reasons.set(group.name, now);
      if (now.length === 0 && (before?.length ?? 0) > 0) readySince.set(group.name, options.clock.now());
      if (before?.length === now.length && before.every((reason, index) => reason === now[index])) continue;
      if (now.length > 0) observer.log({ event: 'group-not-ready', group: group.name, reasons: now });
      else observer.log({ event: 'group-ready', group: group.name });
      group.handle({ kind: 'readiness', ready: now.length === 0 });
      options.tellPeers();
    }
  }

  return {
    ociChanged,
    ociStatus: () => status,
    inventory: discovery.last,
    rediscover: discovery.lookSoon,
    look: discovery.look,
    linksChanged({ newMac, cameUp }) {
      if (newMac && status.ready) discovery.look();
      if (!cameUp) return;
      linkUpAt = options.clock.now();
      for (const group of options.groups()) group.ownership({ kind: 'conflict' });
      update();
    },
    update,
    reasons: () => reasons,
    readySince: (group) => readySince.get(group) ?? Number.NEGATIVE_INFINITY,
    ready: () => [...reasons.values()].every((each) => each.length === 0),
    close: discovery.close,
  };
}
