/** Calls on one private IP (IPv4 or IPv6 object) and the listing of a subnet, as records. */
import { SocketAddress } from 'node:net';
import type { VirtualNetworkClient } from 'oci-core/lib/client.js';
import { OciFault } from './errors.ts';
import type { NetworkClient, NetworkOperation } from './network-client.ts';
import type { Milliseconds, PrivateIpId, PrivateIpRecord, SubnetId, UpdateRequest, VnicId } from './types.ts';

/** A private IP as a list shows it: without the etag. */
export interface ListedIp {
  readonly id: PrivateIpId;
  readonly address: string;
  readonly vnicId?: VnicId;
  /** The primary address of its VNIC: it cannot be moved. */
  readonly isPrimary: boolean;
  /** Everything the list says of it, to be compared with what it said before. */
  readonly form: string;
}

export type AddressFamily = 'ipv4' | 'ipv6';

/** The fields that PrivateIp and Ipv6 objects share. */
interface IpObject {
  readonly id?: string;
  readonly ipAddress?: string;
  readonly subnetId?: string;
  readonly vnicId?: string;
  readonly isPrimary?: boolean;
}

const OPERATIONS = {
  ipv4: { get: 'GetPrivateIp', update: 'UpdatePrivateIp', list: 'ListPrivateIps' },
  ipv6: { get: 'GetIpv6', update: 'UpdateIpv6', list: 'ListIpv6s' },
} as const satisfies Record<AddressFamily, Record<string, NetworkOperation>>;

/** A page of a list; OCI's own default differs per operation. */
const PAGE_LIMIT = 1_000;

export function familyOfAddress(address: string): AddressFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

export function familyOfId(id: PrivateIpId): AddressFamily {
  return id.startsWith('ocid1.ipv6.') ? 'ipv6' : 'ipv4';
}

/** Whether two texts mean the same address; IPv6 has many spellings. Never a match by substring. */
export function sameAddress(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b);
}

function canonical(address: string): string {
  try {
    return new SocketAddress({ address, family: familyOfAddress(address) }).address;
  } catch {
    return address;
  }
}

/** @throws OciFault */
export async function getPrivateIp(client: NetworkClient, id: PrivateIpId): Promise<PrivateIpRecord> {
  const family = familyOfId(id);
  return client.call({ operation: OPERATIONS[family].get }, async (sdk) => {
    if (family === 'ipv6') {
      const answer = await sdk.getIpv6({ ipv6Id: id });
      return recordOf(answer.ipv6, answer.etag);
    }
    const answer = await sdk.getPrivateIp({ privateIpId: id });
    return recordOf(answer.privateIp, answer.etag);
  });
}

/**
 * Moves a private IP to a VNIC of the same subnet, if its record still has the etag.
 * @param sendBy monotonic time after which it must not be sent any more
 * @throws OciFault
 */
export async function updatePrivateIp(
  client: NetworkClient,
  request: UpdateRequest,
  sendBy: Milliseconds,
): Promise<PrivateIpRecord> {
  const { privateIpId, vnicId, etag } = request;
  const family = familyOfId(privateIpId);
  return client.call({ operation: OPERATIONS[family].update, sendBy }, async (sdk) => {
    if (family === 'ipv6') {
      const answer = await sdk.updateIpv6({ ipv6Id: privateIpId, ifMatch: etag, updateIpv6Details: { vnicId } });
      return recordOf(answer.ipv6, answer.etag);
    }
    const answer = await sdk.updatePrivateIp({ privateIpId, ifMatch: etag, updatePrivateIpDetails: { vnicId } });
    return recordOf(answer.privateIp, answer.etag);
  });
}

/**
 * Lists the private IPs of a subnet, all pages.
 * @throws OciFault
 */
export async function listPrivateIps(
  client: NetworkClient,
  subnetId: SubnetId,
  family: AddressFamily,
): Promise<readonly ListedIp[]> {
  const found: ListedIp[] = [];
  let page: string | undefined;
  do {
    const query = {
      subnetId,
      limit: PAGE_LIMIT,
      ...(page ? { page } : {}),
    };
    const answer = await client.call({ operation: OPERATIONS[family].list }, (sdk) => listPage(sdk, family, query));
    found.push(...answer.items.flatMap(listedOf));
    // The SDK puts query values into the address as they are.
    page = answer.next === undefined ? undefined : encodeURIComponent(answer.next);
  } while (page);
  return found;
}

async function listPage(
  sdk: VirtualNetworkClient,
  family: AddressFamily,
  query: Parameters<VirtualNetworkClient['listPrivateIps']>[0],
): Promise<{ readonly items: readonly IpObject[]; readonly next: string | undefined }> {
  if (family === 'ipv6') {
    const answer = await sdk.listIpv6s(query);
    return { items: answer.items, next: answer.opcNextPage };
  }
  const answer = await sdk.listPrivateIps(query);
  return { items: answer.items, next: answer.opcNextPage };
}

function listedOf(object: IpObject): ListedIp[] {
  const { id, ipAddress, vnicId } = object;
  if (id === undefined || ipAddress === undefined) return [];
  return [
    {
      id: id as PrivateIpId,
      address: ipAddress,
      isPrimary: object.isPrimary === true,
      form: JSON.stringify(object),
      ...(vnicId ? { vnicId: vnicId as VnicId } : {}),
    },
  ];
}

function recordOf(object: IpObject, etag: string | undefined): PrivateIpRecord {
  const { id, ipAddress, subnetId, vnicId } = object;
  if (!id || !ipAddress || !subnetId || !etag) {
    throw new OciFault('server-error', 'the answer lacks the id, address, subnet or etag of the private IP');
  }
  return {
    id: id as PrivateIpId,
    address: ipAddress,
    subnetId: subnetId as SubnetId,
    etag,
    ...(vnicId ? { vnicId: vnicId as VnicId } : {}),
  };
}
