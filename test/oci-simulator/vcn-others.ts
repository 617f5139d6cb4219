/** VNICs, their attachments, and route tables. */
import { invalidParameter, usualError } from './api-error.ts';
import type { Answer } from './exchange.ts';
import { checkIfMatch, tags, text } from './vcn-body.ts';
import { attachmentJson, routeTableJson, vnicJson } from './vcn-json.ts';
import { page, requireParameter } from './vcn-lists.ts';
import type { OperationContext, VcnOperation } from './vcn-operation.ts';
import type { AttachedVnic, VnicObject } from './vcn-state.ts';

export const otherOperations: readonly VcnOperation[] = [
  {
    operation: 'GetVnic',
    method: 'GET',
    path: '/vnics/{id}',
    needs: ['inspectVnics'],
    write: false,
    run: getVnic,
  },
  {
    operation: 'UpdateVnic',
    method: 'PUT',
    path: '/vnics/{id}',
    needs: ['useVnics'],
    write: true,
    run: updateVnic,
  },
  {
    operation: 'ListVnicAttachments',
    method: 'GET',
    path: '/vnicAttachments',
    needs: ['inspectVnicAttachments'],
    write: false,
    run: listAttachments,
  },
  {
    operation: 'ListRouteTables',
    method: 'GET',
    path: '/routeTables',
    needs: ['inspectRouteTables'],
    write: false,
    run: listRouteTables,
  },
  {
    operation: 'GetRouteTable',
    method: 'GET',
    path: '/routeTables/{id}',
    needs: ['inspectRouteTables'],
    write: false,
    run: getRouteTable,
  },
];

function getVnic(context: OperationContext): Answer {
  const vnic = context.state.vnics.get(context.id);
  const seen = vnic?.register.seenAt(context.readTime);
  if (!vnic || !seen) throw usualError(404, 'no such VNIC');
  return vnicAnswer(context, vnic, seen.value, seen.etag);
}

function updateVnic(context: OperationContext): Answer {
  const { body } = context;
  const vnic = context.state.vnics.get(context.id);
  const newest = vnic?.register.newest();
  if (!vnic || !newest) throw usualError(404, 'no such VNIC');
  checkIfMatch(context, newest.etag);
  const skip = body['skipSourceDestCheck'];
  if (skip !== undefined && typeof skip !== 'boolean') throw invalidParameter('skipSourceDestCheck is not a boolean');
  const after: VnicObject = {
    ...newest.value,
    displayName: text(body, 'displayName') ?? newest.value.displayName,
    freeformTags: tags(body) ?? newest.value.freeformTags,
    skipSourceDestCheck: skip ?? newest.value.skipSourceDestCheck,
  };
  if (JSON.stringify(after) !== JSON.stringify(newest.value)) vnic.register.replace(after, context.now);
  return vnicAnswer(context, vnic, after, vnic.register.newest()?.etag ?? newest.etag);
}

function vnicAnswer(context: OperationContext, vnic: AttachedVnic, object: VnicObject, etag: string): Answer {
  const ipv6: string[] = [];
  for (const register of context.state.addresses.values()) {
    const value = register.seenAt(context.readTime)?.value;
    if (value?.family === 6 && value.vnicId === object.id) ipv6.push(value.address);
  }
  return { status: 200, headers: { etag }, body: vnicJson(context.topology, vnic, object, ipv6) };
}

function listAttachments(context: OperationContext): Answer {
  requireCompartment(context);
  const instanceId = context.query.get('instanceId');
  const vnicId = context.query.get('vnicId');
  const found = [...context.state.vnics.values()].filter(
    (vnic) => (instanceId === null || vnic.instance.id === instanceId) && (vnicId === null || vnic.spec.id === vnicId),
  );
  return page(
    context,
    found.map((vnic) => attachmentJson(context.topology, vnic)),
  );
}

function listRouteTables(context: OperationContext): Answer {
  requireCompartment(context);
  const vcnId = context.query.get('vcnId');
  const tables = vcnId === null || vcnId === context.topology.vcnId ? context.topology.routeTables : [];
  return page(
    context,
    tables.map((table) => routeTableJson(context.topology, table)),
  );
}

function getRouteTable(context: OperationContext): Answer {
  const table = context.topology.routeTables.find((candidate) => candidate.id === context.id);
  if (!table) throw usualError(404, 'no such route table');
  // Route tables never change here, so a part of the OCID does for an etag.
  return { status: 200, headers: { etag: table.id.slice(-8) }, body: routeTableJson(context.topology, table) };
}

function requireCompartment(context: OperationContext): void {
  requireParameter(context, 'compartmentId');
  if (context.query.get('compartmentId') !== context.topology.compartmentId)
    throw usualError(404, 'no such compartment');
}
