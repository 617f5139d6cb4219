/**
 * Reads the known VIPs of a subnet cheaply: one list, then a get for those whose listed form changed, because a list
 * shows no etags. The records of gets and updates elsewhere pass through here too, so nothing stale is answered.
 */
import { failureOf } from './errors.ts';
import type { NetworkClient } from './network-client.ts';
import { familyOfId, getPrivateIp, type ListedIp, listPrivateIps } from './private-ip.ts';
import type { PrivateIpId, PrivateIpRecord, ReadAnswer, SubnetId } from './types.ts';

export interface SubnetReader {
  /** Answers one entry per id. Never rejects. */
  read(subnetId: SubnetId, ids: readonly PrivateIpId[]): Promise<ReadonlyMap<PrivateIpId, ReadAnswer>>;
  /** Tells of a record got or written elsewhere: its listed form is unknown until it was read again. */
  learn(record: PrivateIpRecord): void;
  /** Every VIP seen so far. */
  known(): readonly PrivateIpId[];
}

interface Remembered {
  readonly record: PrivateIpRecord;
  /** The listed form that belongs to the record; absent when the record came without a list. */
  readonly form?: string;
}

export function createSubnetReader(client: NetworkClient): SubnetReader {
  const memory = new Map<PrivateIpId, Remembered>();

  async function readOne(id: PrivateIpId, listed: ListedIp | undefined): Promise<ReadAnswer> {
    const before = memory.get(id);
    if (listed && before?.form === listed.form) return { ok: true, record: before.record };
    try {
      // Also when the list does not show it: the get tells whether it is gone, moved or hidden by a policy.
      const record = await getPrivateIp(client, id);
      // List and get may be served by different replicas. Only if they agree does the form vouch for the etag.
      const agree = listed !== undefined && listed.vnicId === record.vnicId;
      // A write acknowledged meanwhile is newer than what this read was answered from.
      if (memory.get(id) === before) memory.set(id, agree ? { record, form: listed.form } : { record });
      return { ok: true, record };
    } catch (error) {
      return failureOf(error);
    }
  }

  async function readFamily(subnetId: SubnetId, ids: readonly PrivateIpId[]): Promise<[PrivateIpId, ReadAnswer][]> {
    const [first] = ids;
    if (first === undefined) return [];
    try {
      const listed = await listPrivateIps(client, subnetId, familyOfId(first));
      const byId = new Map(listed.map((entry) => [entry.id, entry]));
      return await Promise.all(
        ids.map(async (id): Promise<[PrivateIpId, ReadAnswer]> => [id, await readOne(id, byId.get(id))]),
      );
    } catch (error) {
      const failure = failureOf(error);
      return ids.map((id) => [id, failure]);
    }
  }

  return {
    async read(subnetId, ids) {
      const ipv6 = ids.filter((id) => familyOfId(id) === 'ipv6');
      const ipv4 = ids.filter((id) => familyOfId(id) === 'ipv4');
      const answers = await Promise.all([readFamily(subnetId, ipv4), readFamily(subnetId, ipv6)]);
      return new Map(answers.flat());
    },
    learn(record) {
      memory.set(record.id, { record });
    },
    known: () => [...memory.keys()],
  };
}
