import type { InterfaceState } from '../../src/agent/interfaces.ts';
import { createObserver } from '../../src/agent/observer.ts';
import { createRouter } from '../../src/agent/router.ts';
import type { Router } from '../../src/agent/router-types.ts';
import { NOTHING_SAVED, type SavedState } from '../../src/agent/state-store.ts';
import type { Config } from '../../src/config/index.ts';
import { createMemoryNetwork } from '../../src/dgram-vrrp/index.ts';
import type { CommandOptions, CommandRun } from '../../src/linux/command-result.ts';
import { createHistory, createMetrics, type LogEvent } from '../../src/observe/index.ts';
import { type Cloud, createCloud } from './cloud.ts';

import { type DeployedVip, loadedFor, noCommands, PATH_DEVICES, ROUTERS, referenceConfig, VIPS } from './deployment.ts';

import { createVirtualTime } from './virtual-time.ts';

/** The reference deployment: whole routers over a network and an OCI in memory, on a clock that is moved by hand. */
export interface Cluster {
  readonly cloud: Cloud;
  /** Every log event with its time and router. */
  readonly events: readonly { readonly at: number; readonly router: string; readonly event: LogEvent }[];
  now(): number;
  run(duration: number): Promise<void>;
  start(name: string): void;
  /** Gone without a word. */
  crash(name: string): Promise<void>;
  setLink(name: string, device: string, up: boolean): void;
  /** Sets the wall clock of a router so far ahead of everybody's, milliseconds. */
  setClock(name: string, ahead: number): void;
  /** Loses everything between two routers on one path, or on all; both ways unless `oneWay`. */
  cut(from: string, to: string, options?: { path?: number; oneWay?: boolean }): void;
  heal(from: string, to: string): void;
  router(name: string): Router;
  /** What Prometheus would scrape. */
  metrics(name: string): Promise<string>;
  /** What a reload of the whole cluster's file does on one router. */
  reconfigure(name: string, change: (config: Config) => Config): void;
  /** Names of the routers that are master. */
  masters(): readonly string[];
  /** Router that holds each VIP. */
  holders(): readonly (string | undefined)[];
}

export interface ClusterOptions {
  readonly routers?: number;
  /** Of every request to OCI, milliseconds. */
  readonly latency?: number;
  readonly config?: Partial<Config>;
  /** VNICs have the routers' heartbeat addresses, as in OCI: they name their router without a lease. */
  readonly primaryAddresses?: boolean;
  /** The reference deployment's unless told. */
  readonly vips?: readonly DeployedVip[];
  /** Requests a second that the tenancy lets through; all of them unless told. */
  readonly throttle?: number;
  /** 0 ≤ x < 1, for every jitter; 0.5 unless told. */
  readonly random?: number;
  /** Trackers and hooks; without it none may run. */
  readonly runCommand?: (command: CommandOptions, router: string) => CommandRun;
  /** What one router has configured differently. */
  readonly configOf?: (name: string, config: Config) => Config;
  /** How much later than others a datagram of this router leaves, milliseconds; Infinity: never. */
  readonly delay?: (router: string, bytes: Uint8Array, pathId: string) => number;
}

export function createCluster(options: ClusterOptions = {}): Cluster {
  const vips = options.vips ?? VIPS;
  const random = () => options.random ?? 0.5;
  const members = ROUTERS.slice(0, options.routers ?? 2);
  const time = createVirtualTime(async () => {
    network.deliver();
    // A call to OCI takes a handful of turns from its answer to the plan.
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
    network.deliver();
  });
  const network = createMemoryNetwork({ now: time.now, random: () => 0.5 });
  const cloud = createCloud({
    time,
    vips,
    holder: 'vrouter1',
    latency: options.latency ?? 5,
    ...(options.throttle !== undefined && { throttle: options.throttle }),
    primaryAddress: options.primaryAddresses === true ? primaryAddress : undefined,
  });
  const running = new Map<string, Router>();
  const saved = new Map<string, SavedState>();
  const down = new Set<string>();
  const clocks = new Map<string, number>();
  const configurations = new Map<string, Config>();
  const scrapes = new Map<string, () => Promise<string>>();
  const events: { at: number; router: string; event: LogEvent }[] = [];

  const common = { ...referenceConfig(members, vips), ...options.config };

  function primaryAddress(name: string, device: string): string | undefined {
    return members.find((member) => member.name === name)?.addresses[PATH_DEVICES.indexOf(device)];
  }

  function link(name: string, device: string): InterfaceState {
    return { up: !down.has(`${name} ${device}`), mac: `02:00:${name}:${device}` };
  }

  function start(name: string): void {
    const config = configurations.get(name) ?? options.configOf?.(name, common) ?? common;
    const clock = { ...time, wall: () => time.wall() + (clocks.get(name) ?? 0) };
    const loaded = loadedFor(name, config);
    const metrics = createMetrics('test', () => router.status());
    scrapes.set(name, metrics.scrape);
    const observer = createObserver({
      log: (event) => events.push({ at: time.now(), router: name, event }),
      metrics,
      history: createHistory(),
      wall: clock.wall,
    });
    const router: Router = createRouter({
      loaded,
      version: 'test',
      clock,
      random,
      observer,
      store: { load: () => saved.get(name) ?? NOTHING_SAVED, save: (state) => saved.set(name, state) },
      createTransport: (paths, receive) => {
        const attached = network.attach(paths, receive);
        const send = (pathId: string, bytes: Uint8Array): void => {
          const wait = options.delay?.(name, bytes, pathId) ?? 0;
          if (wait === 0) attached.send(pathId, bytes);
          else if (wait < Number.POSITIVE_INFINITY) time.after(wait, () => attached.send(pathId, bytes));
        };
        return { ...attached, send, opened: async () => {}, rebind: () => {} };
      },
      createOci: (listener) => cloud.connect(name, listener),
      runCommand: (command) => (options.runCommand ?? noCommands)(command, name),
      interfaceState: (device) => link(name, device),
    });
    running.set(name, router);
    router.start();
  }

  function router(name: string): Router {
    const found = running.get(name);
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  }

  function eachDirection(
    [from, to]: readonly [string, string],
    { path, oneWay }: { path?: number; oneWay?: boolean },
    apply: (source: string, destination: string) => void,
  ): void {
    const addresses = (name: string) => members.find((member) => member.name === name)?.addresses ?? [];
    addresses(from).forEach((source, index) => {
      const destination = addresses(to)[index];
      if (destination === undefined || (path !== undefined && path !== index)) return;
      apply(source, destination);
      if (!oneWay) apply(destination, source);
    });
  }

  return {
    cloud,
    events,
    now: time.now,
    run: (duration) => time.advanceTo(time.now() + duration),
    start,
    async crash(name) {
      const gone = router(name);
      running.delete(name);
      await gone.close();
    },
    setLink(name, device, up) {
      if (up) down.delete(`${name} ${device}`);
      else down.add(`${name} ${device}`);
      router(name).linksChanged();
    },
    reconfigure(name, change) {
      const previous = configurations.get(name) ?? options.configOf?.(name, common) ?? common;
      const config = change(previous);
      configurations.set(name, config);
      router(name).reconfigure(loadedFor(name, config));
    },
    setClock: (name, ahead) => clocks.set(name, ahead),
    cut: (from, to, cutOptions = {}) => eachDirection([from, to], cutOptions, network.cut),
    heal: (from, to) => eachDirection([from, to], {}, network.heal),
    router,
    metrics: async (name) => (await scrapes.get(name)?.()) ?? '',
    masters: () => [...running].filter(([, each]) => each.status().groups[0]?.state === 'master').map(([name]) => name),
    holders: () => vips.map(({ address }) => cloud.holder(address)),
  };
}
