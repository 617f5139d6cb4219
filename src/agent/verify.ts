import type { VerifyReport } from '../control/api.ts';
import type { Group } from './group-types.ts';
import type { Holders } from './holders.ts';

type VipResult = VerifyReport['vips'][number];

/** What a fresh read of every VIP said (`POST /v1/verify`). */
export function reportVerify(groups: readonly Group[], holders: Holders, masterOf: (group: Group) => string | null) {
  const vips = groups.flatMap((group) =>
    group.vips().map((vip): VipResult => {
      const { ownership, router: holder } = holders.holderOf(vip);
      const place = { group: group.name, address: vip.address, holder, ownership };
      if (group.failedRounds() > 0 || ownership === 'unknown') {
        return { ...place, result: 'failed', error: vip.error ?? 'the network API did not answer' };
      }
      if (vip.suspect || vip.claiming) return { ...place, result: 'reclaiming' };
      return { ...place, result: holder !== null && holder === masterOf(group) ? 'ok' : 'elsewhere' };
    }),
  );
  return { vips } satisfies VerifyReport;
}
