import type { Oci, OciVnics, PrivateIpId, VnicId } from '../../oci/types.ts';

/** What the cloud answered to the last write of one kind to one object. */
export interface Written {
  /** Unix time in milliseconds. */
  readonly at: number;
  readonly ok: boolean;
  /** Of the failure. */
  readonly message?: string;
}

/** The last answer to each write of this daemon: the only proof of a permission is a write that was allowed. */
export interface Writes {
  readonly claims: ReadonlyMap<PrivateIpId, Written>;
  readonly tags: ReadonlyMap<VnicId, Written>;
}

/** Looks on at the writes; changes none of them. */
export function watchWrites<Client extends Oci & OciVnics>(
  client: Client,
  wall: () => number,
): { readonly client: Client; readonly writes: Writes } {
  const claims = new Map<PrivateIpId, Written>();
  const tags = new Map<VnicId, Written>();
  const written = (answer: { readonly ok: true } | { readonly ok: false; readonly message: string }): Written => ({
    at: wall(),
    ok: answer.ok,
    ...(!answer.ok && { message: answer.message }),
  });
  return {
    writes: { claims, tags },
    client: {
      ...client,
      async updatePrivateIp(request) {
        const answer = await client.updatePrivateIp(request);
        claims.set(request.privateIpId, written(answer));
        return answer;
      },
      async tagVnic(request) {
        const answer = await client.tagVnic(request);
        tags.set(request.vnicId, written(answer));
        return answer;
      },
    },
  };
}
