import { expect } from 'vitest';
import { createCluster } from './cluster.ts';

/** Two routers unless told otherwise, vrouter1 master and holding everything, everybody ready. */
export async function settled(options: Parameters<typeof createCluster>[0] = {}) {
  const cluster = createCluster(options);
  for (let index = 1; index <= (options?.routers ?? 2); index += 1) cluster.start(`vrouter${index}`);
  await cluster.run(10_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  expect(cluster.holders()).toEqual(ALL_ON_1);
  expect(cluster.cloud.moves).toEqual([]);
  return cluster;
}

export const ALL_ON_1 = ['vrouter1', 'vrouter1', 'vrouter1'];
export const ALL_ON_2 = ['vrouter2', 'vrouter2', 'vrouter2'];
