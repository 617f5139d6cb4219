/** Runs a scenario: a fresh lab, both routers up and settled, then its steps one after the other. */

import { ENOUGH_PACKETS, handshakeChecks, moveChecks, trafficChecks, wholeChecks, writerChecks } from './checks.ts';
import { now, sleep, until } from './clock.ts';
import { createLab, type Lab } from './lab.ts';
import { flowRows, measuresOf, type StepRecords, timelineOf, vipRows } from './observe.ts';
import type { Check, Mark, Scenario, ScenarioOutcome, Step, StepOutcome } from './scenario.ts';
import { holders, packetsSent, settle } from './settle.ts';

const STAYS = 500;
/** Of a start: a slow one may cost a move there and back, of which a backup reads with its next look at the VIPs. */
const BOOT_PATIENCE = 60_000;
/** Milliseconds over which the routers' packets are counted, and over how many at most while the master sends too few. */
const COUNTING = 300;
const LONGEST_COUNTING = 3000;

/**
 * Starts every daemon and waits until the first router is master and holds everything, and every router could take over.
 * `oneByOne`: the others start when the first is master.
 */
export async function bringUp(lab: Lab, oneByOne = false): Promise<void> {
  const [best, ...others] = lab.members;
  if (best === undefined) return;
  await lab.configure();
  lab.start(best);
  if (oneByOne) await settle(lab, best, BOOT_PATIENCE);
  for (const router of others) lab.start(router);
  const wrong = (await settle(lab, best, BOOT_PATIENCE)).filter(({ ok }) => !ok);
  if (wrong.length > 0) {
    throw new Error(`the lab did not come up: ${wrong.map(({ what, detail }) => `${what}: ${detail}`).join('; ')}`);
  }
  const ready = await until(
    async () => {
      const status = await lab.status(best);
      const routers = status?.routers.filter(({ name }) => lab.members.includes(name));
      return routers?.every((router) => router.alive && router.ready === true);
    },
    BOOT_PATIENCE,
    200,
  );
  if (ready === undefined) throw new Error('the lab did not come up: a router is not ready to claim');
}

/** What each router sent in a while, as differences. A busy machine's prober may need longer to send enough of them. */
async function countPackets(lab: Lab, master: string): Promise<Map<string, Map<string, number>>> {
  const names = lab.plan.routers.map(({ name }) => name);
  const count = () => Promise.all(names.map((name) => packetsSent(name)));
  const first = await count();
  let sent = new Map<string, Map<string, number>>();
  await sleep(COUNTING);
  await until(
    async () => {
      const second = await count();
      sent = new Map(
        names.map((name, index) => {
          const before = first[index];
          const after = [...(second[index] ?? [])];
          return [name, new Map(after.map(([nic, packets]) => [nic, packets - (before?.get(nic) ?? 0)]))];
        }),
      );
      const through = sent.get(master);
      return lab.plan.segments.every(({ interface: nic }) => (through?.get(nic) ?? 0) >= ENOUGH_PACKETS);
    },
    LONGEST_COUNTING - COUNTING,
    COUNTING,
  );
  return sent;
}

async function performStep(lab: Lab, step: Step, before: string): Promise<StepOutcome> {
  const { expect } = step;
  const journalStart = (await lab.simulator.journal()).at(-1)?.id ?? 0;
  const requestStart = (await lab.simulator.requests()).at(-1)?.id ?? 0;
  const checks: Check[] = [];
  const notes: Mark[] = [];
  const context = {
    lab,
    note: (text: string) => void notes.push({ at: now(), text }),
    check: (what: string, ok: boolean, detail: string) => void checks.push({ what, ok, detail }),
  };

  const faultAt = now();
  notes.push({ at: faultAt, text: step.title });
  await step.act(context);
  checks.push(...(await settle(lab, expect.master)));
  await sleep(expect.stays ?? STAYS);
  const sent = await countPackets(lab, expect.master);
  await step.after?.({ ...context, since: faultAt });

  const upTo = now();
  const records: StepRecords = {
    faultAt,
    before,
    master: expect.master,
    flows: await lab.traffic.report(faultAt),
    journal: await lab.simulator.journal(journalStart),
    requests: await lab.simulator.requests(requestStart),
    holders: await holders(lab),
  };
  const measures = measuresOf(lab, records);
  const vips = vipRows(records);
  checks.push(
    ...moveChecks(vips, expect),
    ...writerChecks(records.requests, expect),
    ...handshakeChecks(await lab.simulator.handshakes(), faultAt, measures.lastHeld ?? upTo, expect),
    ...trafficChecks(records.flows, upTo, sent, expect),
  );
  return {
    title: step.title,
    measures,
    timeline: timelineOf(lab, records, notes),
    vips,
    flows: flowRows(records.flows),
    checks,
  };
}

async function performSteps(lab: Lab, scenario: Scenario, outcomes: StepOutcome[]): Promise<readonly Check[]> {
  await bringUp(lab, scenario.oneByOne);
  let master = lab.members[0] ?? '';
  for (const step of scenario.steps) {
    outcomes.push(await performStep(lab, step, master));
    master = step.expect.master;
  }
  return wholeChecks(await lab.simulator.requests(), await lab.simulator.journal(), scenario);
}

/** Never throws: what went wrong stands in the outcome. */
export async function perform(scenario: Scenario, interval?: string): Promise<ScenarioOutcome> {
  const { name, title } = scenario;
  const steps: StepOutcome[] = [];
  let lab: Lab | undefined;
  try {
    lab = await createLab({ preferred: true, ...scenario.options, ...(interval === undefined ? {} : { interval }) });
    return { name, title, steps, checks: await performSteps(lab, scenario, steps) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const logs = lab?.daemons.flatMap((daemon) =>
      daemon.log.slice(-15).map((line) => `${daemon.router}: ${line.text}`),
    );
    return { name, title, steps, checks: [], error: [message, ...(logs ?? [])].join('\n    ') };
  } finally {
    await lab?.stop();
  }
}
