import { expect, it } from 'vitest';
import { ALL_ON_1, ALL_ON_2, settled } from '../../test/simulation/settled.ts';

it('a superseded router follows nobody: the lock put elsewhere by hand and claimed back supersedes it again', async () => {
  const cluster = await settled();
  // vrouter1 is not heard and hears: it takes back what vrouter2 took.
  cluster.cut('vrouter1', 'vrouter2', { oneWay: true });
  await cluster.run(6000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  expect(cluster.holders()).toEqual(ALL_ON_1);
  const before = cluster.cloud.moves.length;
  cluster.cloud.assign('172.20.136.132', 'stranger');
  await cluster.run(20_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  // What vrouter2 knew of the lock may be old; what it reads after a refused claim is not.
  const ofLock = cluster.cloud.moves.slice(before).filter(({ address }) => address === '172.20.136.132');
  expect(ofLock).toEqual([expect.objectContaining({ to: 'vrouter1' })]);
});

it('a router that started in the moment the master died waits, and pre-empts the worse one that did not have to', async () => {
  const cluster = await settled({ routers: 3 });
  await cluster.crash('vrouter2');
  await cluster.run(300);
  cluster.start('vrouter2');
  await cluster.crash('vrouter1');
  await cluster.run(2000);
  expect(cluster.masters()).toEqual(['vrouter3']);
  await cluster.run(20_000);
  expect(cluster.masters()).toEqual(['vrouter2']);
  expect(cluster.holders()).toEqual(ALL_ON_2);
  expect(cluster.cloud.moves).toHaveLength(6);
});
