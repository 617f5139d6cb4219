/** The lab itself, without daemons: does a packet really take the router that holds the VIP? */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { now, sleep, until } from '../lab/clock.ts';
import type { FlowReport } from '../lab/flow.ts';
import { createLab, type Lab } from '../lab/lab.ts';
import { PATIENCE, packetsSent } from '../lab/settle.ts';

/** Milliseconds of traffic that are looked at. */
const SPAN = 400;

let lab: Lab;

beforeAll(async () => {
  lab = await createLab();
});

afterAll(() => lab?.stop());

/** Moves the VIPs as an admin would in the console. */
async function moveTo(router: string | null): Promise<void> {
  for (const segment of lab.plan.segments) await lab.simulator.assign({ address: segment.vips[0], to: router });
}

interface Span {
  readonly flows: readonly FlowReport[];
  /** By router: packets sent on each interface, in the order of the segments. */
  readonly passing: ReadonlyMap<string, readonly number[]>;
}

/** What happens in a span of the running traffic. */
async function span(): Promise<Span> {
  const names = lab.plan.routers.map(({ name }) => name);
  const start = now();
  const before = await Promise.all(names.map(packetsSent));
  await sleep(SPAN);
  const after = await Promise.all(names.map(packetsSent));
  const passing = names.map((name, index) => {
    const sent = lab.plan.segments.map(
      ({ interface: nic }) => (after[index]?.get(nic) ?? 0) - (before[index]?.get(nic) ?? 0),
    );
    return [name, sent] as const;
  });
  return { flows: await lab.traffic.report(start), passing: new Map(passing) };
}

/**
 * Looks at span after span until one is what the check wants: a change reaches the traffic when it may, and a busy machine
 * loses a probe of its own now and then. The last one is checked for good.
 */
async function spanThat(check: (span: Span) => void): Promise<void> {
  let last = await span();
  await until(async () => {
    try {
      check(last);
      return true;
    } catch {
      last = await span();
      return false;
    }
  }, PATIENCE);
  check(last);
}

function expectWhole(flows: readonly FlowReport[]): void {
  for (const { sent, lost } of flows) {
    expect(sent).toBeGreaterThan(100);
    expect(lost).toBe(0);
  }
}

test.each(['vrouter1', 'vrouter2', 'vrouter1'])('packets pass through %s when it holds the VIPs', async (router) => {
  await moveTo(router);
  await spanThat(({ flows, passing }) => {
    for (const [name, sent] of passing) {
      for (const packets of sent) {
        if (name === router) expect(packets).toBeGreaterThan(50);
        else expect(packets).toBeLessThan(10);
      }
    }
    expectWhole(flows);
  });
});

test('one VIP moves without the others: only the flows that need it change their way', async () => {
  await moveTo('vrouter1');
  await lab.simulator.assign({ address: '10.0.0.36', to: 'vrouter2' });
  await spanThat(({ passing }) => {
    // Customer 2's answers now come in at vrouter2, which sends them out of ens3.
    const [transit, pod1, pod2] = passing.get('vrouter2') ?? [];
    expect(transit).toBeGreaterThan(50);
    expect(pod1).toBeLessThan(10);
    expect(pod2).toBeLessThan(10);
  });
});

test('a VIP on a dead link loses its packets, and they are counted', async () => {
  await moveTo('vrouter1');
  lab.links.setLink('vrouter1', 'ens6', 'down');
  await spanThat(({ flows: [first, second] }) => {
    expect(first).toMatchObject({ flow: 'mgmt to cust1', lost: 0 });
    expect(second?.sent).toBeGreaterThan(50);
    expect(second?.lost).toBe(second?.sent);
    expect(second?.longest?.end).toBeNull();
  });
  lab.links.setLink('vrouter1', 'ens6', 'up');
  await spanThat(({ flows }) => expectWhole(flows));
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
