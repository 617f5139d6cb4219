import { drain } from '../../src/agent/drain.ts';
import type { PresenceCodec } from '../../src/agent/heartbeat.ts';
import type { InterfaceState } from '../../src/agent/interfaces.ts';
import { createObserver } from '../../src/agent/observer.ts';
import { createRouter } from '../../src/agent/router.ts';
import type { Router } from '../../src/agent/router-types.ts';
import { NOTHING_SAVED, type SavedState } from '../../src/agent/state-store.ts';
import type { Config } from '../../src/config/index.ts';
import type { GroupState, StatusReport } from '../../src/control/api.ts';
import type { LogEvent, Metrics } from '../../src/observe/index.ts';
import type { Oci, OciListener, OciVnics } from '../../src/oci/types.ts';
import type { Chance } from './chance.ts';
import { loadedFor, noCommands } from './deployment.ts';
import type { Mutation } from './mutations.ts';
import type { SimulatedNetwork } from './network.ts';
import { createProcess, type Process } from './process.ts';
import type { ClockScenario } from './scenario.ts';
import type { VirtualTime } from './virtual-time.ts';

/** One vRouter: the machine with its links, clock and disk, and the daemon that runs on it or not. */
export interface Machine {
  readonly name: string;
  start(): void;
  /** Gone without a word; what was saved stays. */
  crash(): void;
  /** SIGTERM: hands over, waits until the VIPs have left, ends. */
  stop(): void;
  stall(paused: boolean): void;
  resume(): void;
  setLink(device: string, up: boolean): void;
  /** Every interface of the group is up. */
  linksUp(group: string): boolean;
  linkUp(device: string): boolean;
  /** Sets the wall clock this far ahead of true time. */
  setClock(ahead: number): void;
  reload(config: Config): void;
  config(): Config;
  /** Undefined while the daemon does not run. */
  router(): Router | undefined;
  process(): Process | undefined;
  isStopping(): boolean;
  /** As it was told last; `init` while the daemon does not run. */
  state(group: string): GroupState;
  /** What it says of itself, which takes longer; undefined while the daemon does not run. */
  status(): StatusReport | undefined;
  /** Target of the planned switchover that is in force as far as this router knows; null: none. */
  hold(group: string): string | null;
  /** Nothing is claimed, as far as this router knows. */
  isFrozen(): boolean;
}

export interface MachineOptions {
  readonly name: string;
  readonly config: Config;
  readonly clock: ClockScenario;
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly network: SimulatedNetwork;
  readonly guard: (run: () => void, resolves: boolean) => void;
  readonly connect: (process: Process, listener: OciListener) => Oci & OciVnics;
  readonly onLog: (event: LogEvent) => void;
  /** What others see of it is another one: it ended, or keeps another command. */
  readonly onTouched: () => void;
  readonly mutation?: Mutation | undefined;
  /** How presence travels; the wire's unless given. */
  readonly codec?: PresenceCodec | undefined;
}

const MILLION = 1_000_000;
/** What the monotonic clock shows when the scenario begins, and after a boot: small numbers of milliseconds happen, too. */
const UPTIME_AT_START = 86_400_000;
const BOOT_TIME = 4000;

export function createMachine(options: MachineOptions): Machine {
  const { name, time, chance, guard, onLog } = options;
  const down = new Set<string>();
  let { config } = options;
  let saved: SavedState = NOTHING_SAVED;
  let { ahead } = options.clock;
  const rate = 1 + options.clock.rate / MILLION;
  let offset = UPTIME_AT_START;
  let process: Process | undefined;
  let router: Router | undefined;
  const nonce = createNonces(chance);
  const states = new Map<string, GroupState>();
  let stopping = false;

  const wall = () => time.wall() + ahead + (time.now() * options.clock.drift) / MILLION;
  const interfaceState = (device: string): InterfaceState => ({
    up: !down.has(device),
    mac: `02:00:${name}:${device}`,
  });

  function log(event: LogEvent): void {
    if (event.event === 'transition') states.set(event.group, event.to);
    onLog(event);
  }

  function start(): void {
    const started = createProcess({ time, chance, monotonic: { rate, offset }, wall, guard });
    process = started;
    stopping = false;
    router = createRouter({
      loaded: loadedFor(name, config),
      version: 'simulation',
      clock: started.clock,
      random: chance.next,
      nonce,
      observer: createObserver({
        log: (event) => {
          if (started.isAlive()) log(event);
        },
        metrics: NO_METRICS,
        history: { transition: () => {}, held: () => {}, entries: () => [] },
        wall,
      }),
      store: {
        load: () => saved,
        save(next) {
          if (!started.isAlive()) return;
          saved = next;
          options.onTouched();
        },
      },
      createTransport: (paths, receive) => options.network.attach(name, started, paths, receive),
      createOci: (listener) => options.connect(started, listener),
      interfaceState,
      runCommand: noCommands,
      ...(options.codec && { codec: options.codec }),
      ...(options.mutation && { without: new Set([options.mutation]) }),
    });
    router.start();
  }

  function end(): void {
    process?.kill();
    process = undefined;
    router = undefined;
    states.clear();
    options.onTouched();
  }

  return {
    name,
    start,
    crash() {
      end();
      // The machine boots: its monotonic clock begins again.
      offset = BOOT_TIME - time.now() * rate;
    },
    stop() {
      const stopped = process;
      if (router === undefined || stopped === undefined) return;
      stopping = true;
      const running = router;
      const drained = () => {
        if (process === stopped) end();
      };
      const delay = (after: number) => new Promise<void>((resolve) => stopped.after(after, resolve));
      const timeout = config.drainTimeout;
      guard(() => void drain(running, { timeout, now: time.now, delay, log }).then(drained), true);
    },
    stall: (paused) => process?.stall(paused),
    resume: () => process?.resume(chance),
    setLink(device, up) {
      if (up) down.delete(device);
      else down.add(device);
      const told = process;
      // Netlink tells a moment later.
      told?.after(chance.between(0, 3), () => router?.linksChanged());
    },
    linksUp: (group) =>
      down.size === 0 ||
      !config.groups.some(
        ({ name: each, interfaces }) => each === group && interfaces.some((one) => down.has(one.name)),
      ),
    linkUp: (device) => !down.has(device),
    setClock(value) {
      ahead = value;
    },
    reload(next) {
      config = next;
      if (router === undefined) return;
      process?.after(0, () => router?.reconfigure(loadedFor(name, next)));
    },
    config: () => config,
    router: () => router,
    process: () => process,
    isStopping: () => stopping,
    state: (group) => states.get(group) ?? 'init',
    status: () => router?.status(),
    hold: (group) => saved.holds[group]?.target ?? null,
    isFrozen: () => saved.freeze?.on ?? false,
  };
}

/** 64 bits in hex digits, never the same twice: drawing each of them would cost more than what it proves. */
function createNonces({ below }: Chance): () => string {
  const hex = (half: number) => half.toString(16).padStart(8, '0');
  const first = hex(below(2 ** 32));
  let count = below(2 ** 31);
  return () => {
    count += 1;
    return first + hex(count);
  };
}

/** Nobody scrapes a simulation. */
const NO_METRICS = new Proxy({}, { get: () => () => {} }) as Metrics;
