/** The lab put together: network, simulator, traffic, capture and the routers' daemons. */
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import type { StatusReport } from '../../src/control/api.ts';
import { createControlClient } from '../../src/control/client.ts';
import type { ReferenceOptions } from '../oci-simulator/reference-topology.ts';
import type { Admin, ParametersPatch } from '../oci-simulator/types.ts';
import { type Advert, type CapturedDatagram, startCapture } from './capture.ts';
import { configText } from './config.ts';
import { startWallClocks, type WallClocks } from './faketime.ts';
import { removeNamespaces } from './namespaces.ts';
import { createLinkSwitch, createNetwork, type LinkSwitch } from './network.ts';
import { WORK } from './paths.ts';
import { type LabPlan, referencePlan } from './plan.ts';
import {
  controlSocket,
  type Daemon,
  type DaemonOptions,
  failoverctl,
  MADE_MOUNT_POINTS,
  prepareDirectories,
  removeMountPoints,
  SHARED_ETC,
  startDaemon,
} from './routers.ts';
import { CommandError, type Finished } from './run.ts';
import { hostsFile, startSimulator } from './simulator.ts';
import { startTraffic, type Traffic } from './traffic.ts';

const HEARTBEAT_PORT = 8112;
const CONFIG_FILE = `${SHARED_ETC}/failoverd.yaml`;
const KEY_FILE = `${SHARED_ETC}/heartbeat.key`;

export interface LabOptions extends ReferenceOptions {
  /** Advertisement interval as written in the configuration; 200ms unless told. */
  readonly interval?: string;
  /** Milliseconds between two probes of the traffic; 2 unless told. */
  readonly probeInterval?: number;
  /** By router; 200, 100 and 50 unless told. */
  readonly priorities?: Readonly<Record<string, number>>;
  /** Edits the text of the configuration. */
  readonly edit?: (text: string) => string;
  /** Routers without a daemon of their own: machines that only stand there. */
  readonly idle?: readonly string[];
  /** Gives each daemon a wall clock that can be set. */
  readonly wallClocks?: boolean;
  /** The daemons come before everything else on a busy machine. */
  readonly preferred?: boolean;
  /** How the simulator starts. */
  readonly parameters?: ParametersPatch;
}

export interface Lab {
  readonly plan: LabPlan;
  readonly simulator: Admin;
  readonly traffic: Traffic;
  readonly adverts: readonly Advert[];
  readonly datagrams: readonly CapturedDatagram[];
  /** From then on nothing more comes to the two above. */
  stopCapture(): void;
  /** Names of the routers that are to have a daemon. */
  readonly members: readonly string[];
  /** The heartbeat's key. */
  key(): Promise<Uint8Array>;
  /** Present with the option `wallClocks`. */
  readonly wallClocks: WallClocks | undefined;
  /** Every daemon that was started, in order. */
  readonly daemons: readonly Daemon[];
  /** Writes the configuration that all routers share; `change` edits its text. */
  configure(change?: (text: string) => string): Promise<void>;
  /** Starts a router's daemon. */
  start(router: string): Daemon;
  /** Starts one that should not be there; neither `daemon` nor `running` know it. */
  startStray(router: string, options?: DaemonOptions): Daemon;
  /** The daemon that runs on a router now; throws when none does. */
  daemon(router: string): Daemon;
  /** Names of the routers whose daemon runs and is not frozen, in the plan's order. */
  running(): readonly string[];
  failoverctl(router: string, args: readonly string[], timeout?: number): Promise<Finished>;
  /** What `failoverctl status --json` says on a router, without a process for it; undefined while no daemon answers. */
  status(router: string): Promise<StatusReport | undefined>;
  readonly links: LinkSwitch;
  stop(): Promise<void>;
}

async function madeMountPoints(): Promise<string[]> {
  const text = await readFile(MADE_MOUNT_POINTS, 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

/** Ends every process in the lab's namespaces and removes whatever a lab, this one or an earlier one, left behind. */
export async function cleanUp(): Promise<void> {
  await removeNamespaces();
  await removeMountPoints(await madeMountPoints());
  await rm(WORK, { recursive: true, force: true });
}

/** The heartbeat key, made as an admin makes it. */
async function writeKey(plan: LabPlan): Promise<void> {
  const [first] = plan.routers;
  if (first === undefined) throw new Error('a lab needs a router');
  const key = await failoverctl(first.name, ['keygen']);
  if (key.code !== 0) throw new CommandError(['failoverctl', 'keygen'], key);
  await writeFile(KEY_FILE, key.stdout, { mode: 0o600 });
}

/** Builds a lab without daemons; `configure` and `start` bring them. The caller holds the lock of lock.ts. */
export async function createLab(options: LabOptions = {}): Promise<Lab> {
  await cleanUp();
  try {
    return await buildLab(options);
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

async function buildLab(options: LabOptions): Promise<Lab> {
  const plan = referencePlan(options);
  await prepareDirectories(plan.routers.map((router) => router.name));
  await createNetwork(plan, hostsFile(plan.topology.region));
  const [simulator, traffic, capture] = await Promise.all([
    startSimulator(plan.topology, options.parameters ?? {}),
    startTraffic(plan, options.probeInterval),
    startCapture(HEARTBEAT_PORT),
  ]);
  const links = createLinkSwitch(plan);
  const wallClocks = options.wallClocks === true ? await startWallClocks() : undefined;
  const members = plan.routers.map(({ name }) => name).filter((name) => !options.idle?.includes(name));
  const daemons: Daemon[] = [];
  const strays = new Set<Daemon>();
  const current = (router: string): Daemon | undefined =>
    daemons.findLast((daemon) => daemon.router === router && daemon.ended() === null && !strays.has(daemon));

  function start(router: string, given: DaemonOptions = {}): Daemon {
    const environment = { ...wallClocks?.environment(router), ...given.environment };
    const preferred = options.preferred === true;
    const daemon = startDaemon(router, simulator.caFile, { preferred, ...given, environment });
    daemons.push(daemon);
    return daemon;
  }

  return {
    plan,
    simulator: simulator.admin,
    traffic,
    adverts: capture.adverts,
    datagrams: capture.datagrams,
    stopCapture: capture.stop,
    members,
    key: async () => Buffer.from((await readFile(KEY_FILE, 'utf8')).trim(), 'hex'),
    wallClocks,
    daemons,
    async configure(change = (text) => text) {
      if (!existsSync(KEY_FILE)) await writeKey(plan);
      const { interval = '200ms', priorities, edit = (unchanged) => unchanged } = options;
      const text = configText(plan, { interval, ...(priorities && { priorities }) });
      await writeFile(CONFIG_FILE, change(edit(text)));
    },
    start,
    startStray(router, given) {
      const daemon = start(router, given);
      strays.add(daemon);
      return daemon;
    },
    daemon(router) {
      const daemon = current(router);
      if (daemon === undefined) throw new Error(`no daemon runs on ${router}`);
      return daemon;
    },
    running: () => members.filter((name) => current(name)?.frozen() === false),
    failoverctl,
    status: (router) =>
      createControlClient({ socketPath: controlSocket(router), timeout: 5_000 })
        .status()
        .catch(() => undefined),
    links,
    async stop() {
      for (const daemon of daemons) if (daemon.ended() === null) daemon.kill('SIGKILL');
      await Promise.all(daemons.map((daemon) => daemon.exit));
      traffic.stop();
      capture.stop();
      simulator.stop();
      links.stop();
      await cleanUp();
    },
  };
}
