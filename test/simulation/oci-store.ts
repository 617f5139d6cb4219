import type {
  PrivateIpId,
  PrivateIpRecord,
  ReadAnswer,
  SubnetId,
  TagRequest,
  UpdateAnswer,
  UpdateRequest,
  VnicAnswer,
  VnicId,
  VnicRecord,
} from '../../src/oci/types.ts';

/** The service's side of OCI in memory: private IPs and VNICs, their etags, and what they were a moment ago. */
export interface OciStore {
  /** As it was at a time: a read may be answered by a replica that lags behind. */
  readIp(id: PrivateIpId, asOf: number): ReadAnswer;
  /** With `if-match`; `*` matches anything. */
  writeIp(request: UpdateRequest): UpdateAnswer;
  readVnic(id: VnicId, asOf: number): VnicAnswer;
  tagVnic(request: TagRequest): VnicAnswer;
  /** The console: puts a VIP on a VNIC, or on none; creates it where it is new. */
  place(address: string, subnetId: SubnetId, vnicId: VnicId | undefined): void;
  /** `privateIp`: its primary address. */
  addVnic(id: VnicId, subnetId: SubnetId, privateIp?: string): void;
  current(address: string): PrivateIpRecord | undefined;
}

export const idOf = (address: string) => `privateip.${address}` as PrivateIpId;
export const subnetOf = (device: string) => `subnet.${device}` as SubnetId;
export const vnicOf = (router: string, device: string) => `vnic.${router}.${device}` as VnicId;
/** Name of the router whose VNIC this is; of a VNIC that belongs to none, what stands in its place. */
export const routerOf = (vnicId: VnicId | undefined) => vnicId?.split('.')[1];

/** Versions kept of each object; nothing lags further behind. */
const KEPT = 16;

interface Version<T> {
  readonly at: number;
  readonly record: T;
}

const NOT_FOUND = { ok: false, code: 'not-found', message: 'no such object' } as const;
const PRECONDITION = { ok: false, code: 'precondition-failed', message: 'the etag does not match' } as const;

export function createOciStore(now: () => number): OciStore {
  const ips = new Map<PrivateIpId, Version<PrivateIpRecord>[]>();
  const vnics = new Map<VnicId, Version<VnicRecord>[]>();
  let etags = 0;

  function nextEtag(): string {
    etags += 1;
    return `etag-${etags}`;
  }

  function keep<Id, T>(all: Map<Id, Version<T>[]>, id: Id, record: T): void {
    const versions = all.get(id) ?? [];
    all.set(id, versions);
    versions.push({ at: now(), record });
    if (versions.length > KEPT) versions.shift();
  }

  function readAsOf<Id, T>(all: Map<Id, Version<T>[]>, id: Id, asOf: number) {
    const versions = all.get(id);
    const version = versions?.findLast(({ at }) => at <= asOf) ?? versions?.[0];
    return version === undefined ? NOT_FOUND : ({ ok: true, record: version.record } as const);
  }

  return {
    readIp: (id, asOf) => readAsOf(ips, id, asOf),
    writeIp({ privateIpId, vnicId, etag }) {
      const found = readAsOf(ips, privateIpId, now());
      const vnic = vnics.get(vnicId)?.at(-1)?.record;
      if (!found.ok || vnic === undefined) return NOT_FOUND;
      if (found.record.etag !== etag && etag !== '*') return PRECONDITION;
      const record = { ...found.record, vnicId, etag: nextEtag() };
      keep(ips, privateIpId, record);
      return { ok: true, record };
    },
    readVnic: (id, asOf) => readAsOf(vnics, id, asOf),
    tagVnic({ vnicId, etag, freeformTags }) {
      const found = readAsOf(vnics, vnicId, now());
      if (!found.ok) return NOT_FOUND;
      if (found.record.etag !== etag) return PRECONDITION;
      const record = { ...found.record, freeformTags, etag: nextEtag() };
      keep(vnics, vnicId, record);
      return { ok: true, record };
    },
    place(address, subnetId, vnicId) {
      const id = idOf(address);
      keep(ips, id, { id, address, subnetId, etag: nextEtag(), ...(vnicId && { vnicId }) });
    },
    addVnic(id, subnetId, privateIp) {
      if (vnics.has(id)) return;
      keep(vnics, id, {
        id,
        subnetId,
        skipSourceDestCheck: true,
        freeformTags: { owner: 'network team' },
        ...(privateIp !== undefined && { privateIp }),
        etag: nextEtag(),
      });
    },
    current: (address) => ips.get(idOf(address))?.at(-1)?.record,
  };
}
