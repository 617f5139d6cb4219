/** Instance metadata v2 (`/opc/v2/…`): the document tree of the instance that asks. */
import { usualError } from './api-error.ts';
import type { InstanceIdentity } from './authority.ts';
import type { Answer } from './exchange.ts';
import type { InstanceSpec, Topology } from './types.ts';
import type { AttachedVnic } from './vcn-state.ts';

const BASE = '/opc/v2/';

type Tree = string | number | boolean | null | readonly Tree[] | { readonly [key: string]: Tree };

/** Answers a path; throws ApiError. `authorization` is the header of that name. */
export function readMetadata(
  path: string,
  authorization: string | undefined,
  topology: Topology,
  instance: InstanceSpec | undefined,
  vnics: readonly AttachedVnic[],
  identity: InstanceIdentity | undefined,
): Answer {
  if (authorization !== 'Bearer Oracle') throw usualError(404, 'there is no "Authorization: Bearer Oracle"');
  if (!path.startsWith(BASE) || !instance || !identity) throw usualError(404, 'no such document or instance');
  const document: Tree = {
    instance: instanceDocument(topology, instance),
    vnics: vnics.map(vnicDocument),
    identity: {
      'cert.pem': identity.certificate,
      'key.pem': identity.key,
      'intermediate.pem': identity.intermediate,
    },
  };
  const parts = path
    .slice(BASE.length)
    .split('/')
    .filter((part) => part !== '');
  let found: Tree | undefined = document;
  for (const part of parts) {
    found = child(found, part);
  }
  if (parts.length === 0 || found === undefined) throw usualError(404, 'no such document');
  if (typeof found === 'object' && found !== null) return { status: 200, headers: {}, body: found };
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(found) };
}

function child(tree: Tree | undefined, name: string): Tree | undefined {
  if (typeof tree !== 'object' || tree === null || !Object.hasOwn(tree, name)) return undefined;
  return Reflect.get(tree, name) as Tree;
}

function instanceDocument(topology: Topology, instance: InstanceSpec): Tree {
  return {
    availabilityDomain: instance.availabilityDomain,
    canonicalRegionName: topology.region,
    compartmentId: topology.compartmentId,
    displayName: instance.name,
    faultDomain: instance.faultDomain,
    hostname: instance.name,
    id: instance.id,
    image: `ocid1.image.oc1.${topology.regionKey}.aaaaaaaa`,
    metadata: {},
    ociAdName: `${topology.regionKey}-ad-1`,
    region: topology.regionKey,
    regionInfo: {
      realmDomainComponent: 'oraclecloud.com',
      realmKey: 'oc1',
      regionIdentifier: topology.region,
      regionKey: topology.regionKey.toUpperCase(),
    },
    shape: 'VM.Standard.E4.Flex',
    state: 'Running',
    timeCreated: 1_709_633_700_000,
  };
}

function vnicDocument({ spec, subnet }: AttachedVnic): Tree {
  return {
    macAddr: spec.mac.toUpperCase(),
    privateIp: spec.privateIp,
    subnetCidrBlock: subnet.cidr,
    virtualRouterIp: subnet.virtualRouterIp,
    vlanTag: spec.vlanTag,
    vnicId: spec.id,
  };
}
