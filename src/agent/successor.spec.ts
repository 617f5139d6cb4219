import { describe, expect, it } from 'vitest';
import { ALL_ON_2, settled } from '../../test/simulation/settled.ts';
import { datagramKind } from '../dgram-vrrp/index.ts';
import { successorFor } from './group.ts';

/** Skew times of priorities 100 and 50 at adverts of 200 ms. */
const SKEW = { vrouter2: 121.875, vrouter3: 160.9375 };
const ALL_ON_3 = ['vrouter3', 'vrouter3', 'vrouter3'];

it.each([
  ['of two routers the other one follows, whatever is said', 2, undefined, 'self'],
  ['the one that is named follows', 3, 'self', 'self'],
  ['another one is named', 3, 'another', 'other'],
  ['nobody could follow', 3, null, 'unknown'],
  ['without presence nobody is named', 3, undefined, 'unknown'],
] as const)('%s', (_, routers, named, successor) => {
  expect(successorFor('self', routers, named)).toBe(successor);
});

/** What a router sends in the moment in which its link goes down, in order. */
async function sentWithFault(routers: number): Promise<readonly string[]> {
  const sent: string[] = [];
  let listening = false;
  const cluster = await settled({
    routers,
    delay: (router, bytes) => {
      if (listening && router === 'vrouter1')
        sent.push(datagramKind(bytes) === 'advert' ? `advert ${bytes[2]}` : 'presence');
      return 0;
    },
  });
  listening = true;
  cluster.setLink('vrouter1', 'ens6', false);
  return sent;
}

describe('the order on the wire', () => {
  it('of two routers: the resignation waits for nothing', async () => {
    const sent = await sentWithFault(2);
    expect(sent[0]).toBe('advert 0');
    expect(sent.at(-1)).toBe('presence');
  });

  it('of three: the name travels ahead of the resignation', async () => {
    const sent = await sentWithFault(3);
    expect(sent[0]).toBe('presence');
    expect(sent).toContain('advert 0');
  });
});

describe('a resignation among three', () => {
  it('whose successor died a moment ago is followed by the next one after its skew time', async () => {
    const cluster = await settled({ routers: 3 });
    await cluster.crash('vrouter2');
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(SKEW.vrouter3 - 5);
    expect(cluster.masters()).toEqual([]);
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter3']);
    expect(cluster.holders()).toEqual(ALL_ON_3);
  });

  it('that does not reach its successor is followed by the next one after its skew time', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.cut('vrouter1', 'vrouter2', { oneWay: true });
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(SKEW.vrouter3 + 15);
    expect(cluster.masters()).toEqual(['vrouter3']);
    await cluster.run(10_000);
    // The better one pre-empts it, as ever.
    expect(cluster.masters()).toEqual(['vrouter2']);
  });

  it('whose name comes later than the advert is followed when it comes', async () => {
    let late = 0;
    const cluster = await settled({
      routers: 3,
      delay: (router, bytes) => (router === 'vrouter1' && datagramKind(bytes) === 'presence' ? late : 0),
    });
    late = 50;
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(45);
    expect(cluster.masters()).toEqual([]);
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('whose name never comes is followed by the best after its skew time, and by nobody else', async () => {
    let late = 0;
    const cluster = await settled({
      routers: 3,
      delay: (router, bytes) => (router === 'vrouter1' && datagramKind(bytes) === 'presence' ? late : 0),
    });
    late = Number.POSITIVE_INFINITY;
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(SKEW.vrouter2 - 5);
    expect(cluster.masters()).toEqual([]);
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
    await cluster.run(20_000);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('among routers that never had presence keeps the skew time, too', async () => {
    let silent = false;
    const cluster = await settled({
      routers: 3,
      delay: (_, bytes) => (silent && datagramKind(bytes) === 'presence' ? Number.POSITIVE_INFINITY : 0),
    });
    silent = true;
    await cluster.run(5000);
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(SKEW.vrouter2 - 5);
    expect(cluster.masters()).toEqual([]);
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
  });

  it('is not named to a router that is in fault, in standby or not ready', async () => {
    for (const disable of ['fault', 'standby', 'not ready'] as const) {
      const cluster = await settled({ routers: 3 });
      if (disable === 'fault') cluster.setLink('vrouter2', 'ens5', false);
      else if (disable === 'standby') cluster.router('vrouter2').maintenance.standby({ on: true });
      else cluster.cloud.setReady('vrouter2', false);
      await cluster.run(1500);
      cluster.setLink('vrouter1', 'ens6', false);
      await cluster.run(15);
      expect(cluster.masters()).toEqual(['vrouter3']);
    }
  });
});
