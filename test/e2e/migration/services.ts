/**
 * keepalived and failoverd as services of the lab's routers, steered by the lines of docs/migrating.md: what systemd does
 * with them there is done here with the same signals. (systemd itself is in systemd.spec.ts.)
 */
import { readFile } from 'node:fs/promises';
import { now, sleep, until } from '../../lab/clock.ts';
import { type Keepalived, startKeepalived } from '../../lab/keepalived.ts';
import type { Lab } from '../../lab/lab.ts';
import { PATIENCE } from '../../lab/settle.ts';
import { manual } from '../systemd/manual.ts';

export type Router = 'vrouter1' | 'vrouter2';

/** What the OCI CLI takes for one address: a fresh Python process, without any latency of the API. */
const CLI_TIME = 1420;

export interface Services {
  keepalived(router: Router): Keepalived | undefined;
  /** Every keepalived that was started, in order. */
  readonly keepaliveds: readonly Keepalived[];
  start(router: Router, service: string): Promise<void>;
  /** Types a `live` block of docs/migrating.md on a router; throws for a line that it does not know. */
  type(router: Router, block: string): Promise<void>;
  stop(): void;
}

const configOf = (router: Router): URL => new URL(`../../data/import/reference/${router}.conf`, import.meta.url);

/** @param failed hears of a claim script that could not do its work */
export function createServices(lab: Lab, failed: (error: unknown) => void): Services {
  const running = new Map<Router, Keepalived>();
  const keepaliveds: Keepalived[] = [];

  /** `notify_master` of the seeds: one address after the other, and it dies with its keepalived. */
  async function claimScript(router: Router, keepalived: Keepalived): Promise<void> {
    const goesOn = () => running.get(router) === keepalived;
    let since = Number.NEGATIVE_INFINITY;
    while (goesOn()) {
      const entered = keepalived.states(since).find(({ state }) => state === 'MASTER');
      if (entered === undefined) {
        await sleep(20);
        continue;
      }
      since = now();
      for (const address of lab.plan.segments.map(({ vips: [first] }) => first)) {
        await sleep(CLI_TIME);
        if (goesOn()) await lab.simulator.assign({ address, to: router });
      }
    }
  }

  async function start(router: Router, service: string): Promise<void> {
    if (service === 'failoverd') {
      const daemon = lab.start(router);
      // Type=notify: systemctl comes back when it is ready.
      const isReady = () => daemon.notifications.some(({ fields }) => fields['READY'] === '1');
      if (!(await until(isReady, PATIENCE))) throw new Error(`failoverd on ${router} does not get ready`);
      return;
    }
    const text = await readFile(configOf(router), 'utf8');
    const keepalived = await startKeepalived(router, text.replace(/notify_master .*/, ''));
    running.set(router, keepalived);
    keepaliveds.push(keepalived);
    claimScript(router, keepalived).catch(failed);
  }

  async function stop(router: Router, service: string): Promise<void> {
    if (service === 'failoverd') {
      const daemon = lab.daemon(router);
      daemon.kill('SIGTERM');
      await daemon.exit;
      return;
    }
    const keepalived = running.get(router);
    running.delete(router);
    keepalived?.kill('SIGTERM');
    await keepalived?.exit;
  }

  async function line(router: Router, text: string): Promise<void> {
    const [, lasting, plain, service = ''] =
      /^systemctl (?:(disable|enable) --now|(stop|start|restart)) (keepalived|failoverd)$/.exec(text) ?? [];
    const verb = lasting ?? plain;
    const [program, ...args] = text.split(' ');
    if (program === 'failoverctl') {
      const { code, stderr } = await lab.failoverctl(router, args);
      if (code !== 0) throw new Error(`${text} on ${router} ended with ${code}: ${stderr}`);
    } else if (verb === undefined) throw new Error(`docs/migrating.md has a line that no test knows: ${text}`);
    else {
      if (verb !== 'enable' && verb !== 'start') await stop(router, service);
      if (verb !== 'disable' && verb !== 'stop') await start(router, service);
    }
  }

  return {
    keepalived: (router) => running.get(router),
    keepaliveds,
    start,
    async type(router, block) {
      for (const text of manual(block, 'migrating.md', 'live').trim().split('\n')) await line(router, text.trim());
    },
    stop() {
      for (const keepalived of running.values()) keepalived.kill('SIGKILL');
      running.clear();
    },
  };
}
