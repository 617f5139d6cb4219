/** Which region and realm this instance is in, and where the two services are reached there. */
import { Realm, Region } from 'oci-common';
import { OciFault } from './errors.ts';
import type { OciOptions } from './types.ts';

export interface Location {
  /** Full name, `us-ashburn-1`. */
  readonly region: string;
  /** Origin of the token exchange. */
  readonly federation: string;
  /** Origin of the VCN API. */
  readonly network: string;
}

/**
 * Works out the location from the `instance/` document of the metadata and the configuration.
 *
 * @param options `region` other than `auto` and endpoints that are given win over the metadata
 * @throws OciFault `metadata` if neither names a region
 */
export function locate(instance: unknown, options: Pick<OciOptions, 'region' | 'endpoints'>): Location {
  const document = isRecord(instance) ? instance : {};
  const info = isRecord(document['regionInfo']) ? document['regionInfo'] : {};
  const own = fullName(
    textIn(document, 'canonicalRegionName') ?? textIn(info, 'regionIdentifier') ?? textIn(document, 'region'),
  );
  const region = options.region === 'auto' ? own : fullName(options.region);
  if (region === undefined) {
    throw new OciFault('metadata', 'instance metadata names no region: set oci.region in the configuration');
  }
  // The metadata knows the realm of its own region, also of realms newer than the SDK.
  const domain =
    (region === own ? textIn(info, 'realmDomainComponent') : undefined) ??
    Region.fromRegionId(region)?.realm.secondLevelDomain ??
    textIn(info, 'realmDomainComponent') ??
    Realm.OC1.secondLevelDomain;
  return {
    region,
    federation: originOf(options.endpoints?.federation ?? `https://auth.${region}.${domain}`),
    network: originOf(options.endpoints?.network ?? `https://iaas.${region}.${domain}`),
  };
}

/** `iad` → `us-ashburn-1`; a full name stays as it is. */
function fullName(name: string | undefined): string | undefined {
  const key = name?.trim().toLowerCase();
  if (key === undefined || key === '') return undefined;
  return Region.values().find((region) => region.regionCode === key)?.regionId ?? key;
}

/** Endpoints are given as an origin; a path is tolerated and dropped, both services' paths are fixed. */
export function originOf(endpoint: string): string {
  return new URL(endpoint).origin;
}

function textIn(record: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = record[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
