import { describe, expect, it } from 'vitest';
import type { PrivateIpId, SubnetId, VnicId } from '../oci/types.ts';
import type { VipView } from '../ownership/index.ts';
import { createHolders } from './holders.ts';

/** A VIP whose record was read at `verifiedAt` and names that VNIC. */
function vip(vnicId: string | undefined, verifiedAt: number, held = false): VipView {
  const base = { id: 'id' as PrivateIpId, address: 'a', subnetId: 'subnet' as SubnetId, etag: '1' };
  const record = vnicId === undefined ? base : { ...base, vnicId: vnicId as VnicId };
  return { address: 'a', record, verifiedAt, sinceAt: verifiedAt, held, claiming: false, suspect: false };
}
const unread: VipView = { address: 'a', held: false, claiming: false, suspect: false };

describe('holders', () => {
  it('goes by the record', () => {
    const holders = createHolders('vrouter1');
    expect(holders.holderOf(unread)).toEqual({ ownership: 'unknown', router: null });
    expect(holders.holderOf(vip('own', 1, true))).toEqual({ ownership: 'known', router: 'vrouter1' });
    expect(holders.holderOf(vip(undefined, 1))).toEqual({ ownership: 'unassigned', router: null });
    expect(holders.holderOf(vip('theirs', 1))).toEqual({ ownership: 'foreign', router: null });
  });

  it("learns a peer's VNIC from what it says it holds, and remembers it", () => {
    const holders = createHolders('vrouter1');
    holders.learn('vrouter2', [vip('old', 5)], [true], 10);
    holders.learn('vrouter2', [vip('theirs', 20)], [true], 30);
    holders.learn('vrouter2', [vip('theirs', 20)], [true], 30_030);
    holders.forget('vrouter2');
    expect(holders.holderOf(vip('old', 20))).toEqual({ ownership: 'foreign', router: null });
    expect(holders.holderOf(vip('theirs', 20))).toEqual({ ownership: 'known', router: 'vrouter2' });
  });

  it("takes a peer's word over a record that is older", () => {
    const holders = createHolders('vrouter1');
    holders.learn('vrouter2', [vip('own', 5, true)], [true], 10);
    expect(holders.holderOf(vip('own', 5, true))).toEqual({ ownership: 'known', router: 'vrouter2' });
    expect(holders.holderOf(unread)).toEqual({ ownership: 'known', router: 'vrouter2' });
  });

  it('takes a record over an older word, however often that is repeated', () => {
    const holders = createHolders('vrouter1');
    holders.learn('vrouter2', [vip('theirs', 5)], [true], 10);
    holders.learn('vrouter2', [vip('own', 20, true)], [true], 30);
    expect(holders.holderOf(vip('own', 20, true))).toEqual({ ownership: 'known', router: 'vrouter1' });
  });

  it('follows the last of several that took it', () => {
    const holders = createHolders('vrouter1');
    holders.learn('vrouter2', [unread], [true], 10);
    holders.learn('vrouter3', [unread], [true], 20);
    holders.learn('vrouter2', [unread], [true], 30);
    expect(holders.holderOf(unread)).toEqual({ ownership: 'known', router: 'vrouter3' });
    holders.learn('vrouter3', [unread], [false], 40);
    expect(holders.holderOf(unread)).toEqual({ ownership: 'unknown', router: null });
  });

  it('is not misled by a peer that has not noticed its loss', () => {
    const holders = createHolders('vrouter3');
    holders.identify('first' as VnicId, 'vrouter1');
    holders.learn('vrouter2', [vip('first', 5)], [true], 10);
    expect(holders.ownerOf('first' as VnicId)).toBe('vrouter1');
  });

  it('forgets the word of a silent peer', () => {
    const holders = createHolders('vrouter1');
    holders.learn('vrouter2', [unread], [true], 10);
    holders.forget('vrouter2');
    expect(holders.holderOf(unread)).toEqual({ ownership: 'unknown', router: null });
  });
});
