/** Calls on one VNIC: its subnet and forwarding check for the inventory, its tags for the lease. */
import { OciFault } from './errors.ts';
import type { NetworkClient } from './network-client.ts';
import type { Milliseconds, SubnetId, TagRequest, VnicId, VnicRecord } from './types.ts';

interface VnicObject {
  readonly id: string;
  readonly subnetId?: string;
  readonly skipSourceDestCheck?: boolean;
  readonly freeformTags?: Readonly<Record<string, string>>;
  readonly privateIp?: string;
}

/** @throws OciFault */
export function getVnic(client: NetworkClient, vnicId: VnicId): Promise<VnicRecord> {
  return client.call({ operation: 'GetVnic' }, async (sdk) => {
    const answer = await sdk.getVnic({ vnicId });
    return recordOf(answer.vnic, answer.etag);
  });
}

/**
 * Replaces the VNIC's free-form tags, if its record still has the etag. Nothing else of the VNIC is sent.
 * @param sendBy monotonic time after which it must not be sent any more
 * @throws OciFault
 */
export function tagVnic(client: NetworkClient, request: TagRequest, sendBy: Milliseconds): Promise<VnicRecord> {
  return client.call({ operation: 'UpdateVnic', sendBy }, async (sdk) => {
    const answer = await sdk.updateVnic({
      vnicId: request.vnicId,
      ifMatch: request.etag,
      updateVnicDetails: { freeformTags: { ...request.freeformTags } },
    });
    return recordOf(answer.vnic, answer.etag);
  });
}

function recordOf(vnic: VnicObject, etag: string | undefined): VnicRecord {
  if (!vnic.id || !vnic.subnetId || !etag) {
    throw new OciFault('server-error', 'the answer lacks the id, subnet or etag of the VNIC');
  }
  return {
    id: vnic.id as VnicId,
    subnetId: vnic.subnetId as SubnetId,
    skipSourceDestCheck: vnic.skipSourceDestCheck === true,
    freeformTags: { ...vnic.freeformTags },
    ...(vnic.privateIp !== undefined && { privateIp: vnic.privateIp }),
    etag,
  };
}
