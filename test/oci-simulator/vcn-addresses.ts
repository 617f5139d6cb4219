/** PrivateIp and Ipv6 operations: the same rules for both families, under two collections. */
import { isIPv6 } from 'node:net';
import { ApiError, invalidParameter, usualError } from './api-error.ts';
import type { Answer } from './exchange.ts';
import { ocid } from './ocid.ts';
import type { Tagged } from './register.ts';
import { checkIfMatch, tags, text } from './vcn-body.ts';
import { addressJson } from './vcn-json.ts';
import { page, requireParameter } from './vcn-lists.ts';
import type { OperationContext, VcnOperation } from './vcn-operation.ts';
import type { AddressObject } from './vcn-state.ts';

type Family = AddressObject['family'];

export const addressOperations: readonly VcnOperation[] = [
  {
    operation: 'ListPrivateIps',
    method: 'GET',
    path: '/privateIps',
    needs: ['inspectPrivateIps'],
    write: false,
    run: (context) => list(context, 4),
  },
  {
    operation: 'GetPrivateIp',
    method: 'GET',
    path: '/privateIps/{id}',
    needs: ['inspectPrivateIps'],
    write: false,
    run: (context) => get(context, 4),
  },
  {
    // Needs PRIVATE_IP_UPDATE, VNIC_ASSIGN and VNIC_UNASSIGN.
    operation: 'UpdatePrivateIp',
    method: 'PUT',
    path: '/privateIps/{id}',
    needs: ['usePrivateIps', 'useVnics'],
    write: true,
    run: (context) => update(context, 4),
  },
  {
    operation: 'CreatePrivateIp',
    method: 'POST',
    path: '/privateIps',
    needs: ['usePrivateIps', 'useVnics'],
    write: true,
    run: (context) => create(context, 4),
  },
  {
    operation: 'DeletePrivateIp',
    method: 'DELETE',
    path: '/privateIps/{id}',
    needs: ['usePrivateIps', 'useVnics'],
    write: true,
    run: (context) => remove(context, 4),
  },
  {
    operation: 'DetachPrivateIp',
    method: 'POST',
    path: '/privateIps/{id}/actions/detach',
    needs: ['usePrivateIps', 'useVnics'],
    write: true,
    run: (context) => detach(context, 4),
  },
  {
    operation: 'ListIpv6s',
    method: 'GET',
    path: '/ipv6',
    needs: ['inspectIpv6s'],
    write: false,
    run: (context) => list(context, 6),
  },
  {
    operation: 'GetIpv6',
    method: 'GET',
    path: '/ipv6/{id}',
    needs: ['inspectIpv6s'],
    write: false,
    run: (context) => get(context, 6),
  },
  {
    operation: 'UpdateIpv6',
    method: 'PUT',
    path: '/ipv6/{id}',
    needs: ['useIpv6s', 'useVnics'],
    write: true,
    run: (context) => update(context, 6),
  },
  {
    operation: 'CreateIpv6',
    method: 'POST',
    path: '/ipv6',
    needs: ['useIpv6s', 'useVnics'],
    write: true,
    run: (context) => create(context, 6),
  },
  {
    operation: 'DeleteIpv6',
    method: 'DELETE',
    path: '/ipv6/{id}',
    needs: ['useIpv6s', 'useVnics'],
    write: true,
    run: (context) => remove(context, 6),
  },
  {
    operation: 'DetachIpv6',
    method: 'POST',
    path: '/ipv6/{id}/actions/detach',
    needs: ['useIpv6s', 'useVnics'],
    write: true,
    run: (context) => detach(context, 6),
  },
];

function list(context: OperationContext, family: Family): Answer {
  requireParameter(context, 'subnetId', 'vnicId');
  const subnetId = context.query.get('subnetId');
  const vnicId = context.query.get('vnicId');
  const address = context.query.get('ipAddress');
  if (subnetId !== null && !context.state.subnets.has(subnetId)) throw usualError(404, 'no such subnet');
  if (vnicId !== null && !context.state.vnics.has(vnicId)) throw usualError(404, 'no such VNIC');
  const found: object[] = [];
  for (const register of context.state.addresses.values()) {
    const value = register.seenAt(context.readTime)?.value;
    if (!value || value.family !== family) continue;
    if (subnetId !== null && value.subnetId !== subnetId) continue;
    if (vnicId !== null && value.vnicId !== vnicId) continue;
    if (address !== null && value.address !== address) continue;
    found.push(addressJson(context.topology, value));
  }
  return page(context, found);
}

function get(context: OperationContext, family: Family): Answer {
  const seen = context.state.addresses.get(context.id)?.seenAt(context.readTime);
  if (!seen || seen.value.family !== family) throw usualError(404, 'no such object');
  return answer(context, seen);
}

function update(context: OperationContext, family: Family): Answer {
  const { body } = context;
  const before = guarded(context, family);
  const vnicId = text(body, 'vnicId') ?? before.vnicId;
  if (vnicId !== before.vnicId) {
    const target = vnicId === undefined ? undefined : context.state.vnics.get(vnicId);
    if (before.isPrimary) throw invalidParameter('A primary private IP cannot be moved to another VNIC');
    if (!target) throw invalidParameter(`VNIC ${vnicId} does not exist`);
    if (target.subnet.id !== before.subnetId)
      throw invalidParameter(`VNIC ${vnicId} is not in the subnet of ${before.address}`);
  }
  const after: AddressObject = {
    ...before,
    vnicId,
    displayName: text(body, 'displayName') ?? before.displayName,
    hostnameLabel: text(body, 'hostnameLabel') ?? before.hostnameLabel,
    freeformTags: tags(body) ?? before.freeformTags,
  };
  // An update that changes nothing leaves the etag as it is.
  if (JSON.stringify(after) !== JSON.stringify(before)) context.state.put(after, context.author);
  return current(context);
}

function create(context: OperationContext, family: Family): Answer {
  const vnicId = text(context.body, 'vnicId');
  const vnic = vnicId === undefined ? undefined : context.state.vnics.get(vnicId);
  const address = text(context.body, 'ipAddress');
  if (!vnic || address === undefined) throw invalidParameter('vnicId or ipAddress is missing or wrong');
  if (isIPv6(address) !== (family === 6)) throw invalidParameter('ipAddress is of the other family');
  for (const register of context.state.addresses.values()) {
    const other = register.newest()?.value;
    if (other?.address !== address || other.subnetId !== vnic.subnet.id) continue;
    throw new ApiError(409, 'Conflict', `IP address ${address} is already in use`);
  }
  const kind = family === 6 ? 'ipv6' : 'privateip';
  const id = ocid(kind, context.topology.regionKey, `${address} created ${context.now}`);
  context.state.put(
    {
      id,
      family,
      address,
      subnetId: vnic.subnet.id,
      vnicId,
      isPrimary: false,
      displayName: text(context.body, 'displayName') ?? `created-${address}`,
      hostnameLabel: undefined,
      freeformTags: tags(context.body) ?? {},
      timeCreated: new Date().toISOString(),
    },
    context.author,
  );
  return current({ ...context, id });
}

function remove(context: OperationContext, family: Family): Answer {
  const before = guarded(context, family);
  if (before.isPrimary) throw invalidParameter('A primary private IP cannot be deleted');
  context.state.remove(before.id, context.author);
  return { status: 204, headers: {} };
}

function detach(context: OperationContext, family: Family): Answer {
  const before = guarded(context, family);
  if (before.isPrimary) throw invalidParameter('A primary private IP cannot be detached');
  context.state.put({ ...before, vnicId: undefined }, context.author);
  return current(context);
}

/** The newest state of the object in the path, once if-match agrees with it. */
function guarded(context: OperationContext, family: Family): AddressObject {
  const newest = context.state.addresses.get(context.id)?.newest();
  if (!newest || newest.value.family !== family) throw usualError(404, 'no such object');
  checkIfMatch(context, newest.etag);
  return newest.value;
}

function current(context: OperationContext): Answer {
  const newest = context.state.addresses.get(context.id)?.newest();
  if (!newest) throw usualError(404);
  return answer(context, newest);
}

function answer(context: OperationContext, seen: Tagged<AddressObject>): Answer {
  return { status: 200, headers: { etag: seen.etag }, body: addressJson(context.topology, seen.value) };
}
