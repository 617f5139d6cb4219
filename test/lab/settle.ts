/** Waiting for, and looking at, who holds what. */
import type { StatusReport } from '../../src/control/api.ts';
import { until } from './clock.ts';
import type { Lab } from './lab.ts';
import { namespaceOf } from './namespaces.ts';
import { run } from './run.ts';
import type { Check } from './scenario.ts';

/** Generous, for a machine that is busy with other things: the scenarios check what happens, the benches how fast. */
export const PATIENCE = 60_000;

/** Holder of each VIP by the simulator's record. */
export async function holders(lab: Lab): Promise<Map<string, string | null>> {
  const { vips } = await lab.simulator.state();
  return new Map(vips.map((vip) => [vip.address, vip.instance]));
}

/** What is wrong with a router's answer, if `master` is to be the one master and holder; undefined when nothing is. */
export function disagreement(status: StatusReport | undefined, master: string): string | undefined {
  if (status === undefined) return 'does not answer';
  for (const group of status.groups) {
    const shouldBeMaster = status.router === master;
    if ((group.state === 'master') !== shouldBeMaster) return `is ${group.state}`;
    if (group.master !== master) return `names ${group.master ?? 'nobody'} as master`;
    for (const vip of group.vips) {
      if (vip.holder !== master) return `says ${vip.address} is on ${vip.holder ?? 'no router'}`;
    }
  }
  return undefined;
}

type Ask = (router: string) => Promise<StatusReport | undefined>;

async function askEveryRouter(lab: Lab, master: string, ask: Ask): Promise<string[]> {
  const answers = await Promise.all(
    lab.running().map(async (router) => ({ router, wrong: disagreement(await ask(router), master) })),
  );
  return answers.flatMap(({ router, wrong }) => (wrong === undefined ? [] : [`${router} ${wrong}`]));
}

/** What an admin is told; a process each time, so only asked when the daemon itself says what is expected. */
async function shownBy(lab: Lab, router: string): Promise<StatusReport | undefined> {
  const { stdout } = await lab.failoverctl(router, ['status', '--json'], 5_000);
  return stdout.startsWith('{') ? (JSON.parse(stdout) as StatusReport) : undefined;
}

/** Waits until OCI's record and every running router say that `master` has it all, for `patience` ms each. */
export async function settle(lab: Lab, master: string, patience = PATIENCE): Promise<Check[]> {
  let held = new Map<string, string | null>();
  const recorded = await until(async () => {
    held = await holders(lab);
    return [...held.values()].every((holder) => holder === master);
  }, patience);
  const elsewhere = [...held].filter(([, holder]) => holder !== master);
  const checks: Check[] = [
    {
      what: `OCI's record: every VIP on ${master}`,
      ok: recorded === true,
      detail: elsewhere.map(([vip, holder]) => `${vip} on ${holder ?? 'nobody'}`).join(', ') || 'all',
    },
  ];
  let wrong: string[] = ['nobody asked'];
  const agreed = await until(
    async () => {
      wrong = await askEveryRouter(lab, master, (router) => lab.status(router));
      if (wrong.length === 0) wrong = await askEveryRouter(lab, master, (router) => shownBy(lab, router));
      return wrong.length === 0;
    },
    patience,
    200,
  );
  checks.push({
    what: `failoverctl status: every router says ${master} is master and holds every VIP`,
    ok: agreed === true,
    detail: wrong.join(', ') || lab.running().join(', '),
  });
  return checks;
}

interface LinkCounters {
  readonly ifname: string;
  readonly stats64: { readonly tx: { readonly packets: number } };
}

/** Packets a router has sent out of each interface. */
export async function packetsSent(router: string): Promise<Map<string, number>> {
  const text = await run(['ip', '-s', '-j', '-n', namespaceOf(router), 'link', 'show']);
  const links = JSON.parse(text) as LinkCounters[];
  return new Map(links.map((link) => [link.ifname, link.stats64.tx.packets]));
}
