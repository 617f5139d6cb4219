import { expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { datagramKind } from '../dgram-vrrp/index.ts';

it('VIPs that are held within a moment of each other are told in one presence', async () => {
  const sent: { readonly at: number; readonly router: string }[] = [];
  const cluster = createCluster({
    delay(router, bytes) {
      if (datagramKind(bytes) === 'presence') sent.push({ at: cluster.now(), router });
      return 0;
    },
  });
  for (const name of ['vrouter1', 'vrouter2']) cluster.start(name);
  await cluster.run(20_000);
  await cluster.crash('vrouter1');
  await cluster.run(20_000);
  const times = cluster.events.flatMap(({ at, router, event }) =>
    router === 'vrouter2' && event.event === 'vip-held' && at > 20_000 ? [at] : [],
  );
  expect(times).toHaveLength(3);
  const [first = 0] = times;
  expect(times.every((at) => at === first)).toBe(true);
  // On each of the two paths.
  const told = sent.filter(({ at, router }) => router === 'vrouter2' && at >= first && at < first + 20);
  expect(told.map(({ at }) => at)).toEqual([first + 5, first + 5]);
});
