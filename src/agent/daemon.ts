import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { pino } from 'pino';
import { formatMistake, loadConfig } from '../config/index.ts';
import { startControlServer } from '../control/index.ts';
import {
  addRoute,
  checkKernelSettings,
  correctKernelSetting,
  createNotifier,
  ensureAddress,
  listOwnRoutes,
  type Notifier,
  removeAddress,
  removeRoute,
  runCommand,
  watchLinks,
} from '../linux/index.ts';
import {
  createDeferredLog,
  createEventFeed,
  createHistory,
  createLog,
  createMetrics,
  type Log,
} from '../observe/index.ts';
import { createOci } from '../oci/index.ts';
import { createAddressKeeper } from './addresses.ts';
import { systemClock } from './clock.ts';
import { readConfigAside } from './config-reader.ts';
import { createDaemonDoctor } from './doctor/index.ts';
import { drain } from './drain.ts';
import { createHandlers } from './handlers.ts';
import { createKernelKeeper } from './kernel-keeper.ts';
import { serveMetrics } from './metrics-server.ts';
import { createObserver } from './observer.ts';
import { createReload } from './reload.ts';
import { createRouter } from './router.ts';
import type { Router } from './router-types.ts';
import { createRouteKeeper } from './routes.ts';
import { createStateStore } from './state-store.ts';
import { openTransport } from './transports.ts';

/** sysexits(3): the configuration is wrong. */
export const EXIT_CONFIG = 78;

/** What journald could not take yet; beyond it lines are dropped rather than kept in memory. */
const LOG_BUFFER = 1024 * 1024;
const STATUS_INTERVAL = 1000;
/** Addresses and routes may be deleted by hand, and a VIP be seen to have left. */
const KEEP_INTERVAL = 5000;
const KEEP_DELAY = 5;
/** After the handover, for hooks; the unit's TimeoutStopSec has to outlast it together with the drain timeout. */
const HOOKS_END = 10_000;
/** What a resignation needs to leave the machine. */
const CRASH_GRACE = 20;
const EXIT_CRASHED = 1;

export interface DaemonOptions {
  readonly configPath: string;
  readonly node: string | undefined;
  readonly version: string;
}

/** Runs the daemon until it is told to stop. Answers the exit code. */
export async function runDaemon({ configPath, node, version }: DaemonOptions): Promise<number> {
  const startedAt = systemClock.now();
  // From the first moment: a stop during the start is a stop too.
  const toldToStop = untilToldToStop();
  // The file was only just read: a reload during the start has nothing to do, and must not be the default action.
  let hangUp = () => {};
  let keepsSoon = false;
  process.on('SIGHUP', () => hangUp());
  const source = { path: configPath, node, hostname: hostname() };
  const result = loadConfig(source);
  if (!result.ok) {
    for (const mistake of result.mistakes) process.stderr.write(`${formatMistake(mistake)}\n`);
    return EXIT_CONFIG;
  }
  const { warnings } = result;
  let { loaded } = result;
  const { config, self } = loaded;
  const stream = pino.destination({ dest: 2, sync: false, maxLength: LOG_BUFFER });
  const events = createEventFeed({ wall: systemClock.wall, alarms: () => router.status().alarms });
  const writeLog = createLog({
    format: config.log.format,
    level: () => loaded.config.log.level,
    isTerminal: isatty(2),
    write: (line) => stream.write(line),
  });
  const { log, flush } = createDeferredLog((event, time) => {
    writeLog(event, time);
    events.publish(event, time);
  }, systemClock.wall);
  log({ event: 'started', version, router: self.name, config: configPath });
  for (const warning of warnings) log({ event: 'config-warning', detail: formatMistake(warning) });

  const history = createHistory();
  const metrics = createMetrics(version, () => router.status());
  const observer = createObserver({ log, metrics, history, wall: systemClock.wall });
  const notifier = createNotifier(process.env);
  const stateFile = `${process.env['STATE_DIRECTORY'] ?? '/var/lib/failoverd'}/state.json`;

  const links = watchLinks({
    onChange: () => {
      router.linksChanged();
      keepKernelSoon();
    },
    onAddress: (change) => {
      if (change.kind === 'address-added') router.addressAppeared(change.address.address);
      // IPv6 addresses leave with their link, and any may be deleted by hand.
      else keepKernelSoon();
    },
    onError: (error) => log({ event: 'links-reread', detail: error.message }),
  });
  const deviceOfAddress = (address: string) => links.addresses().find((entry) => entry.address === address)?.device;

  const doctor = createDaemonDoctor({
    examine: () => router.examine(),
    node,
    links,
    notifier,
    stateFile,
    metricsListen: () => metricsServer.listening,
  });
  const kernelKeeper = createKernelKeeper({
    loaded: () => loaded,
    check: (devices) => checkKernelSettings({ devices }),
    correct: (finding) => correctKernelSetting(finding),
    log,
  });
  const addressKeeper = createAddressKeeper({
    loaded: () => loaded,
    log,
    table: {
      addresses: links.addresses,
      isUp: (device) => links.links().get(device)?.up === true,
      add: ensureAddress,
      remove: removeAddress,
    },
  });
  const routeKeeper = createRouteKeeper({
    loaded: () => loaded,
    log,
    table: { add: addRoute, remove: removeRoute, own: listOwnRoutes },
    indexOf(device) {
      const link = links.links().get(device);
      return link?.up === true ? link.index : undefined;
    },
  });

  const store = createStateStore(stateFile, (failure, detail) =>
    log({ event: `state-${failure}`, file: stateFile, detail }),
  );

  const router: Router = createRouter({
    loaded,
    version,
    clock: systemClock,
    random: Math.random,
    observer,
    store,
    machineAlarms: () => [addressKeeper, routeKeeper, store].flatMap(({ alarms }) => alarms()),
    createOci: (listener) => doctor.watch(createOci(config.oci, listener)),
    runCommand,
    // After the claims of a failover: the address follows the VIP.
    onTransition: keepKernelSoon,
    interfaceState: (device) => links.links().get(device),
    hasAddress: (address) => deviceOfAddress(address) !== undefined,
    createTransport: (paths, onDatagram) =>
      openTransport({
        heartbeat: config.heartbeat,
        paths,
        onDatagram,
        now: systemClock.now,
        deviceOfAddress,
        onError: (error) => observer.pathFailed(error, systemClock.now()),
      }),
  });

  // A mistake in this program must not cost the master down interval as well: hand over, then let systemd start it anew.
  process.on('uncaughtException', (error) => {
    log({ event: 'crashed', detail: error.stack ?? error.message });
    try {
      router.resign();
    } finally {
      flush();
      stream.flushSync();
      setTimeout(() => process.exit(EXIT_CRASHED), CRASH_GRACE);
    }
  });

  const reload = createReload({
    read: () => readConfigAside({ ...source, before: loaded.config }),
    log,
    apply(next) {
      loaded = next;
      router.reconfigure(next);
      keepKernel();
      void routeKeeper.compare();
    },
  });
  const control = await startControlServer({
    socketPath: config.control.socket,
    handlers: createHandlers(router, history, events, reload, doctor.examine),
    onWarning: (detail) => log({ event: 'control-warning', detail }),
    onError: (error) => log({ event: 'control-warning', detail: String(error) }),
  });
  const metricsServer = serveMetrics(config.metrics, metrics, (detail) => log({ event: 'metrics-failed', detail }));
  keepKernel();
  void routeKeeper.compare();
  await router.opened();
  router.start();
  notifier.ready();
  log({ event: 'ready', after: systemClock.now() - startedAt });
  const stopNotifying = keepNotifying(notifier, router);
  const keeping = setInterval(keepKernel, KEEP_INTERVAL);

  hangUp = () => {
    notifier.reloading();
    // A failure was logged, and the old configuration stays.
    reload()
      .catch(() => {})
      .finally(() => notifier.ready());
  };

  await toldToStop;
  notifier.stopping();
  await drain(router, {
    timeout: loaded.config.mode === 'observe' ? 0 : loaded.config.drainTimeout,
    now: systemClock.now,
    delay: (after) => delay(after, undefined, { ref: false }),
    log,
  });
  clearInterval(keeping);
  await letHooksEnd(router, log);
  keepKernel();
  stopNotifying();
  metricsServer.close();
  links.close();
  await Promise.all([control.close(), router.close()]);
  log({ event: 'stopped' });
  flush();
  stream.flushSync();
  return 0;

  /**
   * After whatever is under way: a resignation and claims come first, also those of a link whose addresses the kernel removes
   * just before it tells of the link, and a storm of links is one change.
   */
  function keepKernelSoon(): void {
    if (keepsSoon) return;
    keepsSoon = true;
    setTimeout(() => {
      keepsSoon = false;
      keepKernel();
    }, KEEP_DELAY);
  }

  /** The kernel's side of the configuration: settings, VIPs on the interfaces, static routes. */
  function keepKernel(): void {
    kernelKeeper.keep();
    addressKeeper.keep(loaded.config.addresses === 'follow' ? router.status().groups : []);
    void routeKeeper.keep();
  }
}

/** One line for `systemctl status`. */
function statusLine(router: Router): string {
  const { groups, router: name, alarms } = router.status();
  const states = groups.map(({ name: group, state, vips }) => {
    const held = vips.filter(({ holder }) => holder === name).length;
    return `${group}: ${state}, holds ${held} of ${vips.length} VIPs`;
  });
  return [...states, ...(alarms.length > 0 ? [`${alarms.length} alarms, see failoverctl status`] : [])].join('; ');
}

/** Feeds the watchdog and keeps the status line true. Both come from the heartbeat's thread: if it hangs, they stop. */
function keepNotifying(notifier: Notifier, router: Router): () => void {
  let told = '';
  const status = setInterval(() => {
    const line = statusLine(router);
    if (line !== told) notifier.status(line);
    told = line;
  }, STATUS_INTERVAL);
  const { watchdogInterval } = notifier;
  const watchdog = watchdogInterval && setInterval(() => notifier.watchdog(), watchdogInterval);
  return () => {
    clearInterval(status);
    if (watchdog) clearInterval(watchdog);
  };
}

function untilToldToStop(): Promise<void> {
  return new Promise((resolve) => {
    process.on('SIGTERM', () => resolve());
    process.on('SIGINT', () => resolve());
  });
}

/** What the handover started gets its time: a script that is cut off in the middle leaves a state that nobody planned. */
async function letHooksEnd(router: Router, log: Log): Promise<void> {
  const limit = new AbortController();
  const late = delay(HOOKS_END, 'late' as const, { signal: limit.signal }).catch(() => 'ended' as const);
  const ended = router.hooksEnded().then(() => 'ended' as const);
  if ((await Promise.race([ended, late])) === 'late') log({ event: 'hooks-cut-off', after: HOOKS_END });
  limit.abort();
}
