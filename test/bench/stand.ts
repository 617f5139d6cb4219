/** The lab with both daemons up and keepalived beside them, as every measurement needs it. */
import { writeFile } from 'node:fs/promises';
import type { StatusReport } from '../../src/control/api.ts';
import { type ControlClient, createControlClient } from '../../src/control/client.ts';
import { now, sleep, until } from '../lab/clock.ts';
import { configText } from '../lab/config.ts';
import { createLab, type Lab, type LabOptions } from '../lab/lab.ts';
import { WORK } from '../lab/paths.ts';
import { SHARED_ETC } from '../lab/routers.ts';
import { type Keepalived, keepalivedVersion, prepareKeepalived } from './keepalived.ts';

/** The better router, which is master before every fault, and the one that takes over. */
export const MASTER = 'vrouter1';
export const BACKUP = 'vrouter2';

const PATIENCE = 30_000;
/** A path on which nothing came for longer is not back yet; presence comes each second. */
const PATH_QUIET = 1.5;
/** Milliseconds that everything stays as it is before a fault. */
const STILL = 300;

export interface StandOptions extends Omit<LabOptions, 'interval'> {
  /** Milliseconds between adverts, of both. */
  readonly interval: number;
  readonly keepalived?: { readonly version: 2 | 3 };
  /** Without a capture: it would keep everything of a flood. */
  readonly uncaptured?: boolean;
}

export interface Stand {
  readonly lab: Lab;
  /** Milliseconds. */
  readonly interval: number;
  /** undefined: not asked for, or not installed. */
  readonly keepalived: Keepalived | undefined;
  /** A router's control socket, as curl would use it: no process has to start. */
  control(router: string): ControlClient;
  /**
   * Waits until the master holds everything, everybody knows, every path is heard and every router could take over with
   * one request a VIP. Answers how long after the last VIP had moved that was so; undefined when none has moved yet.
   */
  settled(): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** What is not yet as before every fault; undefined when all is. */
function unsettled(status: StatusReport): string | undefined {
  for (const group of status.groups) {
    const expected = status.router === MASTER ? 'master' : 'backup';
    if (group.state !== expected) return `is ${group.state}`;
    if (group.hold !== null) return 'is held';
    const astray = group.vips.find(({ holder, claiming }) => holder !== MASTER || claiming);
    if (astray !== undefined) return `says ${astray.address} is on ${astray.holder ?? 'no router'}`;
  }
  for (const router of status.routers) {
    if (!router.alive || router.ready !== true) return `says ${router.name} is not ready`;
    const quiet = router.paths.find(({ lastSeen }) => lastSeen === null || lastSeen > PATH_QUIET);
    if (!router.self && quiet !== undefined) return `hears nothing from ${quiet.peer}`;
  }
  return undefined;
}

/**
 * When the backup had read each VIP after its last move, for without that it has no etag to claim with; undefined: not
 * yet. Told by the API, as what a daemon says of itself may be what it has heard.
 */
async function warmSince(lab: Lab): Promise<{ readonly movedAt: number; readonly readAt: number } | undefined> {
  const last = new Map((await lab.simulator.journal()).map((entry) => [entry.address, entry] as const));
  const moves = [...last.values()];
  if (moves.some(({ toInstance }) => toInstance !== MASTER)) return undefined;
  const since = Math.min(...moves.map(({ request }) => request ?? 0));
  const requests = moves.length === 0 ? [] : await lab.simulator.requests(since);
  const reads = requests.filter(
    ({ instance, operation, status }) => instance === BACKUP && operation === 'GetPrivateIp' && status === 200,
  );
  const readAt = moves.map(({ address, at }) => reads.find((read) => read.address === address && read.at >= at));
  if (readAt.includes(undefined)) return undefined;
  return {
    movedAt: Math.max(0, ...moves.map(({ at }) => at)),
    readAt: Math.max(0, ...readAt.map((read) => read?.answeredAt ?? 0)),
  };
}

async function bringUp(options: StandOptions, lab: Lab): Promise<Stand> {
  // A prober that keeps two processes busy is no part of what is measured.
  lab.traffic.stop();
  if (options.uncaptured === true) lab.stopCapture();
  await lab.configure();
  // The default of 2 s at every start would be most of the run.
  const text = configText(lab.plan, { interval: `${options.interval}ms` });
  await writeFile(`${SHARED_ETC}/failoverd.yaml`, `${text}startup_delay: 0s\n`);
  for (const { name } of lab.plan.routers) lab.start(name);

  const wanted = options.keepalived !== undefined && (await keepalivedVersion()) !== undefined;
  const keepalived = wanted
    ? await prepareKeepalived(lab.plan, { version: options.keepalived.version, interval: options.interval })
    : undefined;
  const startedAt = now();
  if (keepalived !== undefined) {
    for (const { name } of lab.plan.routers) keepalived.start(name);
    await keepalived.master(MASTER, startedAt);
  }

  const clients = new Map(
    lab.plan.routers.map(({ name }) => [
      name,
      createControlClient({ socketPath: `${WORK}/${name}/run/control.sock`, timeout: 5_000 }),
    ]),
  );
  function control(router: string): ControlClient {
    const client = clients.get(router);
    if (client === undefined) throw new Error(`there is no router ${router}`);
    return client;
  }

  return {
    lab,
    interval: options.interval,
    keepalived,
    control,
    async settled() {
      let wrong = '';
      const settled = await until(
        async () => {
          for (const { name } of lab.plan.routers) {
            const status = await control(name)
              .status()
              .catch(() => undefined);
            const reason = status === undefined ? 'does not answer' : unsettled(status);
            wrong = `${name} ${reason}`;
            if (reason !== undefined) return false;
          }
          return true;
        },
        PATIENCE,
        100,
      );
      if (settled === undefined) throw new Error(`the routers do not settle: ${wrong}`);
      const warm = await until(() => warmSince(lab), PATIENCE, 100);
      if (warm === undefined) throw new Error(`${BACKUP} has not read every VIP since they moved`);
      // Faults come at any time between two adverts, and between two presences.
      await sleep(STILL + Math.random() * Math.max(options.interval, STILL));
      return warm.movedAt === 0 ? undefined : warm.readAt - warm.movedAt;
    },
    stop: () => lab.stop(),
  };
}

/** Builds the lab, runs `measure` in it, and takes it down whatever happens. */
export async function withStand(options: StandOptions, measure: (stand: Stand) => Promise<void>): Promise<void> {
  const { interval, keepalived: _keepalived, uncaptured: _uncaptured, ...labOptions } = options;
  const lab = await createLab({ ...labOptions, interval: `${interval}ms` });
  try {
    const stand = await bringUp(options, lab);
    await stand.settled();
    await measure(stand);
  } catch (error) {
    const logs = lab.daemons
      .slice(-2)
      .flatMap(({ router, log }) => log.slice(-8).map(({ text }) => `${router}: ${text}`));
    const message = error instanceof Error ? error.message : String(error);
    throw new Error([message, ...logs].join('\n    '), { cause: error });
  } finally {
    await lab.stop();
  }
}
