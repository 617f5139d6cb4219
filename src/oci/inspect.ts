/**
 * What a failover needs of OCI beyond the inventory, looked at when an admin asks: how long the services take to answer,
 * the subnets as metadata has them, the connections, and the route rules that lead to the VIPs. Reads only.
 */
import { monotonic } from './deadline.ts';
import { failureOf, OciFault } from './errors.ts';
import type { Inspection, OwnVnic, Probe, RouteInspection, RouteRule } from './inspection.ts';
import type { Metadata } from './metadata.ts';
import type { NetworkClient } from './network-client.ts';
import { getPrivateIp } from './private-ip.ts';
import type { PrivateIpId, VnicId } from './types.ts';

/** Rules that lead to something else than a VIP and are looked up: a VCN may have hundreds. */
const MOST_LOOKUPS = 16;
/** A page of a list. */
const PAGE_LIMIT = 1_000;

/** Never rejects: each part has its own failure. */
export async function inspect(
  { metadata, client }: { readonly metadata: Metadata; readonly client: NetworkClient },
  vips: readonly PrivateIpId[],
): Promise<Inspection> {
  const [metadataProbe, vnics] = await timed(async () => ownVnics(await metadata.readJson('vnics/')));
  const compartments = new Set<string>();
  // One after the other: the doctor must not take the connections that a claim would need.
  const [network] = await timed(async () => {
    for (const { vnicId } of vnics ?? []) compartments.add(await compartmentOf(client, vnicId));
  });
  const probe = vnics === undefined ? metadataProbe : perRequest(network, vnics.length);
  return {
    metadata: metadataProbe,
    network: probe,
    vnics: vnics ?? [],
    connections: client.connections(),
    routes: probe.ok ? await inspectRoutes(client, [...compartments], vips) : probe,
  };
}

/** How long the work took, and what came of it. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [Probe, T | undefined]> {
  const started = monotonic();
  try {
    const result = await work();
    return [{ ok: true, duration: monotonic() - started }, result];
  } catch (error) {
    return [failureOf(error), undefined];
  }
}

function perRequest(probe: Probe, requests: number): Probe {
  return probe.ok ? { ok: true, duration: probe.duration / Math.max(1, requests) } : probe;
}

function ownVnics(document: unknown): readonly OwnVnic[] {
  if (!Array.isArray(document)) throw new OciFault('metadata', 'instance metadata vnics/ is not a list');
  return document.flatMap((entry: unknown): OwnVnic[] => {
    if (typeof entry !== 'object' || entry === null || !('vnicId' in entry) || typeof entry.vnicId !== 'string')
      return [];
    const cidrs = [field(entry, 'subnetCidrBlock'), field(entry, 'ipv6SubnetCidrBlock')];
    return [{ vnicId: entry.vnicId as VnicId, cidrs: cidrs.filter((cidr) => cidr !== undefined) }];
  });
}

function field(entry: object, name: string): string | undefined {
  const value: unknown = Reflect.get(entry, name);
  return typeof value === 'string' ? value : undefined;
}

async function compartmentOf(client: NetworkClient, vnicId: VnicId): Promise<string> {
  const answer = await client.call({ operation: 'GetVnic' }, (sdk) => sdk.getVnic({ vnicId }));
  return answer.vnic.compartmentId;
}

async function inspectRoutes(
  client: NetworkClient,
  compartments: readonly string[],
  vips: readonly PrivateIpId[],
): Promise<RouteInspection> {
  try {
    const rules: RouteRule[] = [];
    for (const compartmentId of compartments) rules.push(...(await listRules(client, compartmentId)));
    // A 404 means that an object is gone only where others can be seen.
    const candidates = vips.length === 0 ? [] : rules;
    const others = [...new Set(candidates.map(({ target }) => target).filter((target) => !vips.includes(target)))];
    const lookedUp = new Map<PrivateIpId, RouteRule['found']>();
    for (const id of others.slice(0, MOST_LOOKUPS)) lookedUp.set(id, await lookUp(client, id));
    return {
      ok: true,
      rules: rules.map((rule) => {
        const found = lookedUp.get(rule.target);
        return found === undefined ? rule : { ...rule, found };
      }),
    };
  } catch (error) {
    return failureOf(error);
  }
}

/** The rules that lead to a private IP, of all route tables of a compartment. */
async function listRules(client: NetworkClient, compartmentId: string): Promise<readonly RouteRule[]> {
  const rules: RouteRule[] = [];
  let page: string | undefined;
  do {
    const query = { compartmentId, limit: PAGE_LIMIT, ...(page && { page }) };
    const answer = await client.call({ operation: 'ListRouteTables' }, (sdk) => sdk.listRouteTables(query));
    for (const { id, displayName, routeRules } of answer.items) {
      for (const { networkEntityId, destination } of routeRules ?? []) {
        if (!/^ocid1\.(privateip|ipv6)\./.test(networkEntityId)) continue;
        const target = networkEntityId as PrivateIpId;
        rules.push({ table: displayName ?? id, destination: destination ?? 'a service', target });
      }
    }
    // The SDK puts query values into the address as they are.
    page = answer.opcNextPage === undefined ? undefined : encodeURIComponent(answer.opcNextPage);
  } while (page);
  return rules;
}

async function lookUp(client: NetworkClient, id: PrivateIpId): Promise<RouteRule['found']> {
  try {
    const { address, subnetId } = await getPrivateIp(client, id);
    return { address, subnetId };
  } catch (error) {
    return failureOf(error).code === 'not-found' ? 'missing' : undefined;
  }
}
