/**
 * Finds what a failover needs to know: interface → VNIC by MAC address, VNIC → subnet, VIP → private IP object by
 * subnet and exact address. Reads only; nothing is created or deleted, an admin does that in the console.
 */
import { monotonic, pause } from './deadline.ts';
import { failureOf, OciFault } from './errors.ts';
import type { Metadata } from './metadata.ts';
import type { NetworkClient } from './network-client.ts';
import {
  type AddressFamily,
  familyOfAddress,
  getPrivateIp,
  type ListedIp,
  listPrivateIps,
  sameAddress,
} from './private-ip.ts';
import { THROTTLE_PATIENCE } from './protocol.ts';
import { createReads, type Read } from './reads.ts';
import type {
  InterfaceInventory,
  InterfaceQuery,
  PrivateIpRecord,
  SubnetId,
  VipInventory,
  VnicId,
  VnicRecord,
} from './types.ts';
import { getVnic } from './vnic.ts';

export interface InventorySources {
  readonly metadata: Metadata;
  readonly client: NetworkClient;
  /** Called with every record found. */
  readonly onRecord: (record: PrivateIpRecord) => void;
}

/** A VNIC of this instance as metadata lists it. */
interface OwnVnic {
  readonly vnicId: VnicId;
  readonly mac: string;
}

/** Answers one entry per interface asked, with one entry per VIP. Never rejects. */
export async function discover(
  sources: InventorySources,
  query: readonly InterfaceQuery[],
): Promise<readonly InterfaceInventory[]> {
  const read = createReads({
    count: sources.client.readLimit(),
    patience: THROTTLE_PATIENCE,
    now: monotonic,
    // It ends by itself, long before anybody could want to stop it.
    sleep: (duration) => pause(duration, new AbortController().signal),
    random: Math.random,
  });
  let own: readonly OwnVnic[];
  try {
    own = ownVnics(await sources.metadata.readJson('vnics/'));
  } catch (error) {
    const failure = failureOf(error);
    return query.map((asked) => ({ ...failure, interface: asked.interface }));
  }
  return Promise.all(
    query.map(async (asked) => {
      try {
        return await discoverInterface(sources, read, own, asked);
      } catch (error) {
        return { ...failureOf(error), interface: asked.interface };
      }
    }),
  );
}

async function discoverInterface(
  sources: InventorySources,
  read: Read,
  own: readonly OwnVnic[],
  asked: InterfaceQuery,
): Promise<InterfaceInventory> {
  const { vnicId } = findVnic(own, asked);
  const vnic = await read(() => getVnic(sources.client, vnicId)).catch((error: unknown) => {
    throw withAdvice(
      error,
      `${asked.interface} is VNIC ${vnicId}: if it exists, the policy lacks "Allow dynamic-group <routers> to use vnics in compartment <compartment>"`,
    );
  });
  const listOf = listsOf(sources.client, read, vnic.subnetId);
  const vips = await Promise.all(asked.vips.map((address) => discoverVip(sources, read, vnic, listOf, address)));
  return {
    ok: true,
    interface: asked.interface,
    vnicId,
    subnetId: vnic.subnetId,
    skipSourceDestCheck: vnic.skipSourceDestCheck,
    vips,
  };
}

async function discoverVip(
  { client, onRecord }: InventorySources,
  read: Read,
  { subnetId }: VnicRecord,
  listOf: SubnetLists,
  address: string,
): Promise<VipInventory> {
  try {
    const family = familyOfAddress(address);
    const listed = await listOf(family);
    const found = listed.find((entry) => sameAddress(entry.address, address));
    if (!found) {
      throw new OciFault(
        'not-found',
        `subnet ${subnetId} has no private IP object ${address}: create it in the console as a secondary ${family === 'ipv6' ? 'IPv6 address' : 'private IP'} of one router's VNIC`,
      );
    }
    if (found.isPrimary) {
      throw new OciFault(
        'rejected',
        `${address} is the primary address of VNIC ${found.vnicId ?? '(none)'} and cannot be moved: a VIP must be a secondary private IP`,
      );
    }
    const record = await read(() => getPrivateIp(client, found.id)).catch((error: unknown) => {
      throw withAdvice(error, policyAdvice(subnetId));
    });
    onRecord(record);
    return { ok: true, address, record };
  } catch (error) {
    return { ...failureOf(error), address };
  }
}

type SubnetLists = (family: AddressFamily) => Promise<readonly ListedIp[]>;

/** Lists a subnet once for all its VIPs, and compares here: the service compares texts, and IPv6 addresses have many. */
function listsOf(client: NetworkClient, read: Read, subnetId: SubnetId): SubnetLists {
  const lists = new Map<AddressFamily, Promise<readonly ListedIp[]>>();
  return (family) => {
    const asked = lists.get(family);
    if (asked !== undefined) return asked;
    const list = read(() => listPrivateIps(client, subnetId, family)).catch((error: unknown) => {
      throw withAdvice(error, policyAdvice(subnetId));
    });
    lists.set(family, list);
    return list;
  };
}

function findVnic(own: readonly OwnVnic[], asked: InterfaceQuery): OwnVnic {
  if (asked.mac === undefined) {
    throw new OciFault('not-found', `the kernel has no interface ${asked.interface} now`);
  }
  const mac = asked.mac.toLowerCase();
  const found = own.find((vnic) => vnic.mac === mac);
  if (found) return found;
  const macs = own.map((vnic) => vnic.mac).join(', ') || 'none';
  throw new OciFault(
    'not-found',
    `${asked.interface} has MAC address ${mac}, but no VNIC of this instance has it (metadata lists ${macs}): attach the VNIC or correct the interface name`,
  );
}

function ownVnics(document: unknown): readonly OwnVnic[] {
  if (!Array.isArray(document)) throw new OciFault('metadata', 'instance metadata vnics/ is not a list');
  return document.flatMap((entry: unknown): OwnVnic[] => {
    if (typeof entry !== 'object' || entry === null || !('vnicId' in entry) || !('macAddr' in entry)) return [];
    if (typeof entry.vnicId !== 'string' || typeof entry.macAddr !== 'string') return [];
    return [{ vnicId: entry.vnicId as VnicId, mac: entry.macAddr.toLowerCase() }];
  });
}

function policyAdvice(subnetId: SubnetId): string {
  return `searched in subnet ${subnetId}: if it exists, the policy lacks "Allow dynamic-group <routers> to use private-ips in compartment <compartment>"`;
}

/** OCI hides what the policy does not allow behind a 404, so there the advice belongs. */
function withAdvice(error: unknown, advice: string): unknown {
  if (!(error instanceof OciFault) || error.code !== 'not-found') return error;
  return new OciFault(error.code, `${error.message} (${advice})`, {
    cause: error,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
  });
}
