/**
 * Finds what a failover needs to know: interface → VNIC by MAC address, VNIC → subnet, VIP → private IP object by
 * subnet and exact address. Reads only; nothing is created or deleted, an admin does that in the console.
 */
import { failureOf, OciFault } from './errors.ts';
import type { Metadata } from './metadata.ts';
import type { NetworkClient } from './network-client.ts';
import { familyOfAddress, getPrivateIp, listPrivateIps, sameAddress } from './private-ip.ts';
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
  const limit = createLimit(sources.client.readLimit());
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
        return await discoverInterface(sources, limit, own, asked);
      } catch (error) {
        return { ...failureOf(error), interface: asked.interface };
      }
    }),
  );
}

async function discoverInterface(
  sources: InventorySources,
  limit: Limit,
  own: readonly OwnVnic[],
  asked: InterfaceQuery,
): Promise<InterfaceInventory> {
  const { vnicId } = findVnic(own, asked);
  const vnic = await limit(() => getVnic(sources.client, vnicId)).catch((error: unknown) => {
    throw withAdvice(
      error,
      `${asked.interface} is VNIC ${vnicId}: if it exists, the policy lacks "Allow dynamic-group <routers> to use vnics in compartment <compartment>"`,
    );
  });
  const vips = await Promise.all(asked.vips.map((address) => discoverVip(sources, limit, vnic, address)));
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
  limit: Limit,
  { subnetId }: VnicRecord,
  address: string,
): Promise<VipInventory> {
  try {
    const family = familyOfAddress(address);
    // The service compares texts, and IPv6 addresses have many: there the whole subnet is listed and compared here.
    const filter = family === 'ipv4' ? address : undefined;
    const listed = await limit(() => listPrivateIps(client, subnetId, family, filter)).catch((error: unknown) => {
      throw withAdvice(error, policyAdvice(subnetId));
    });
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
    const record = await limit(() => getPrivateIp(client, found.id)).catch((error: unknown) => {
      throw withAdvice(error, policyAdvice(subnetId));
    });
    onRecord(record);
    return { ok: true, address, record };
  } catch (error) {
    return { ...failureOf(error), address };
  }
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

type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** Runs at most `count` at a time, so that no read spends its deadline waiting for a connection. */
function createLimit(count: number): Limit {
  let running = 0;
  const queue: (() => void)[] = [];
  return async (work) => {
    if (running >= count) await new Promise<void>((resolve) => queue.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on rather than given up, so that nobody slips in between.
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
