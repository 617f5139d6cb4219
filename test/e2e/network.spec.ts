/** The lab itself, without daemons: does a packet really take the router that holds the VIP? */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { now, sleep } from '../lab/clock.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { packetsSent } from '../lab/settle.ts';

let lab: Lab;

beforeAll(async () => {
  lab = await createLab();
});

afterAll(() => lab?.stop());

/** Moves the VIPs as an admin would in the console. */
async function moveTo(router: string | null): Promise<void> {
  for (const segment of lab.plan.segments) await lab.simulator.assign({ address: segment.vips[0], to: router });
}

/** Packets sent by a router on each interface while the traffic ran for a while. */
async function passing(router: string): Promise<number[]> {
  const before = await packetsSent(router);
  await sleep(400);
  const after = await packetsSent(router);
  return lab.plan.segments.map(({ interface: nic }) => (after.get(nic) ?? 0) - (before.get(nic) ?? 0));
}

test.each(['vrouter1', 'vrouter2', 'vrouter1'])('packets pass through %s when it holds the VIPs', async (router) => {
  await moveTo(router);
  await sleep(100);
  const start = now();
  const counts = await Promise.all(lab.plan.routers.map(async ({ name }) => [name, await passing(name)] as const));
  for (const [name, sent] of counts) {
    for (const packets of sent) {
      if (name === router) expect(packets).toBeGreaterThan(50);
      else expect(packets).toBeLessThan(10);
    }
  }
  for (const flow of await lab.traffic.report(start)) {
    expect(flow.sent).toBeGreaterThan(100);
    expect(flow.lost).toBe(0);
  }
});

test('one VIP moves without the others: only the flows that need it change their way', async () => {
  await moveTo('vrouter1');
  await lab.simulator.assign({ address: '10.0.0.36', to: 'vrouter2' });
  await sleep(100);
  // Customer 2's answers now come in at vrouter2, which sends them out of ens3.
  const [transit, pod1, pod2] = await passing('vrouter2');
  expect(transit).toBeGreaterThan(50);
  expect(pod1).toBeLessThan(10);
  expect(pod2).toBeLessThan(10);
});

test('a VIP on a dead link loses its packets, and they are counted', async () => {
  await moveTo('vrouter1');
  lab.links.setLink('vrouter1', 'ens6', 'down');
  await sleep(300);
  const start = now();
  await sleep(300);
  const [first, second] = await lab.traffic.report(start);
  lab.links.setLink('vrouter1', 'ens6', 'up');
  expect(first).toMatchObject({ flow: 'mgmt to cust1', lost: 0 });
  expect(second?.lost).toBe(second?.sent);
  expect(second?.longest?.end).toBeNull();
  await sleep(300);
  const later = now();
  await sleep(200);
  expect((await lab.traffic.report(later)).map(({ lost }) => lost)).toEqual([0, 0]);
});

test('the journal tells when a VIP moved, on the same clock as the traffic', async () => {
  await moveTo('vrouter1');
  const before = now();
  await lab.simulator.assign({ address: '10.0.0.4', to: 'vrouter2' });
  const [entry] = (await lab.simulator.journal()).slice(-1);
  expect(entry).toMatchObject({ address: '10.0.0.4', fromInstance: 'vrouter1', toInstance: 'vrouter2' });
  expect(entry?.at).toBeGreaterThan(before);
  expect(entry?.at).toBeLessThan(now());
});
