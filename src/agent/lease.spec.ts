import { describe, expect, it } from 'vitest';
import { createVirtualTime } from '../../test/simulation/virtual-time.ts';
import type { OciErrorCode, VnicAnswer, VnicId } from '../oci/types.ts';
import { createLeaseKeeper } from './lease.ts';

const VNIC = 'vnic' as VnicId;

/** A keeper whose stamps answer this for as long, and what it did until then and afterwards. */
async function stampsAround(code: OciErrorCode, failingFor: number) {
  const time = createVirtualTime(() => new Promise<void>((resolve) => setImmediate(resolve)));
  const asked: number[] = [];
  const record = { id: VNIC, subnetId: 'subnet' as never, skipSourceDestCheck: true, freeformTags: {}, etag: '1' };
  const answer = (): VnicAnswer => {
    asked.push(time.now());
    return time.now() < failingFor ? { ok: false, code, message: code } : { ok: true, record };
  };
  const keeper = createLeaseKeeper({
    oci: () => ({ getVnic: async () => ({ ok: true, record }), tagVnic: async () => answer() }),
    clock: time,
    interval: () => 3000,
    vnics: () => [VNIC],
    lockVnics: () => [VNIC],
    needed: () => true,
    value: (counter) => ({ cluster: 'pod', router: 'a', bootId: '0', counter, mastered: [] }),
    onStamping: () => {},
    onFailure: () => {},
  });
  keeper.update();
  await time.advanceTo(failingFor);
  const before = asked.length;
  await time.advanceTo(failingFor + 60_000);
  keeper.close();
  return { before, firstAfter: (asked[before] ?? Number.POSITIVE_INFINITY) - failingFor };
}

describe('the lease', () => {
  it('is stamped within one interval when stamps work again, however long they failed', async () => {
    for (const code of ['conflict', 'server-error', 'timeout', 'network', 'throttled'] as const) {
      const { firstAfter } = await stampsAround(code, 120_000);
      expect(firstAfter).toBeLessThanOrEqual(3000);
    }
  });

  it('is tried ever less often where stamps are refused', async () => {
    const { before } = await stampsAround('not-found', 600_000);
    expect(before).toBeLessThan(25);
  });
});
