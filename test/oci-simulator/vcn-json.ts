/** The VCN's objects as the API writes them. undefined fields are left out by JSON.stringify. */

import type { RouteTableSpec, Topology } from './types.ts';
import type { AddressObject, AttachedVnic, VnicObject } from './vcn-state.ts';

const CREATED = '2024-03-05T10:15:00.000Z';

export function addressJson(topology: Topology, object: AddressObject): object {
  const common = {
    compartmentId: topology.compartmentId,
    definedTags: {},
    displayName: object.displayName,
    freeformTags: object.freeformTags,
    id: object.id,
    ipAddress: object.address,
    ipState: object.vnicId === undefined ? 'AVAILABLE' : 'ASSIGNED',
    lifetime: object.vnicId === undefined ? 'RESERVED' : 'EPHEMERAL',
    subnetId: object.subnetId,
    timeCreated: object.timeCreated,
    vnicId: object.vnicId,
  };
  if (object.family === 6) return { ...common, lifecycleState: 'AVAILABLE' };
  return {
    ...common,
    availabilityDomain: topology.instances[0]?.availabilityDomain,
    hostnameLabel: object.hostnameLabel,
    isPrimary: object.isPrimary,
  };
}

export function vnicJson(topology: Topology, vnic: AttachedVnic, object: VnicObject, ipv6: readonly string[]): object {
  return {
    availabilityDomain: vnic.instance.availabilityDomain,
    compartmentId: topology.compartmentId,
    definedTags: {},
    displayName: object.displayName,
    freeformTags: object.freeformTags,
    id: object.id,
    ipv6Addresses: ipv6.length > 0 ? ipv6 : undefined,
    isPrimary: vnic.primary,
    lifecycleState: 'AVAILABLE',
    // In upper case, unlike the kernel's: whoever compares has to know.
    macAddress: vnic.spec.mac.toUpperCase(),
    nsgIds: [],
    privateIp: vnic.spec.privateIp,
    skipSourceDestCheck: object.skipSourceDestCheck,
    subnetId: vnic.subnet.id,
    timeCreated: CREATED,
  };
}

export function attachmentJson(topology: Topology, vnic: AttachedVnic): object {
  return {
    availabilityDomain: vnic.instance.availabilityDomain,
    compartmentId: topology.compartmentId,
    id: vnic.spec.attachmentId,
    instanceId: vnic.instance.id,
    lifecycleState: 'ATTACHED',
    nicIndex: 0,
    subnetId: vnic.subnet.id,
    timeCreated: CREATED,
    vlanTag: vnic.spec.vlanTag,
    vnicId: vnic.spec.id,
  };
}

export function routeTableJson(topology: Topology, table: RouteTableSpec): object {
  return {
    compartmentId: topology.compartmentId,
    definedTags: {},
    displayName: table.displayName,
    freeformTags: {},
    id: table.id,
    lifecycleState: 'AVAILABLE',
    routeRules: table.rules.map((rule) => ({ ...rule, destinationType: 'CIDR_BLOCK', routeType: 'STATIC' })),
    timeCreated: CREATED,
    vcnId: topology.vcnId,
  };
}
