import type { Config } from '../../src/config/index.ts';
import type { LogEvent } from '../../src/observe/index.ts';
import type { OciListener } from '../../src/oci/types.ts';
import { drawFate } from './api-fate.ts';
import { boundsOf, REQUEST_TIMEOUT } from './bounds.ts';
import { createBucket } from './bucket.ts';
import { type Chance, createChance } from './chance.ts';
import { configOf, deployedGroups } from './configuration.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { type DeployedGroup, PATH_DEVICES, ROUTERS } from './deployment.ts';
import { createEnvironment, type Environment } from './environment.ts';
import { type Allowances, everywhere, upTo } from './ledger.ts';
import { createMachine, type Machine } from './machine.ts';
import type { Mutation } from './mutations.ts';
import { createNetwork, type SimulatedNetwork } from './network.ts';
import { createOciClient, type Fate, type Operation } from './oci-client.ts';
import { createOciStore, type OciStore, routerOf, subnetOf, vnicOf } from './oci-store.ts';
import type { Process } from './process.ts';
import { createReasons, type Reasons } from './reasons.ts';
import type { Scenario } from './scenario.ts';
import { createTrace, describeLog, type Trace } from './trace.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';
import { createWatch, type Watch } from './watch.ts';
import { createWholePresence } from './whole-presence.ts';

/** Everything of one run: routers, network, OCI, and who watches. */
export interface World {
  readonly time: VirtualTime;
  readonly chance: Chance;
  readonly machines: readonly Machine[];
  readonly groups: readonly DeployedGroup[];
  readonly network: SimulatedNetwork;
  readonly store: OciStore;
  readonly environment: Environment;
  readonly watch: Watch;
  readonly reasons: Reasons;
  readonly trace: Trace;
  readonly coverage: Coverage;
  readonly baseConfig: Config;
  machine(name: string): Machine;
  router(name: string): ReturnType<Machine['router']>;
  /** `allowance`: what its coming may be the reason of. */
  start(machine: Machine, allowances: Allowances): void;
  /** Tells a router whether it has a token now. */
  announce(router: string): void;
  /** The world is another one now (see Watch). */
  changed(allowances: Allowances, vip?: string): void;
}

export function createWorld(
  scenario: Scenario,
  options: { readonly traced: boolean; readonly mutation?: Mutation | undefined },
): World {
  let promised = false;
  const settled = () => {
    promised = false;
    watch.afterEvent();
  };
  const time = createVirtualTime(() => {
    // Runs after every promise that can settle has: the queue of next ticks comes after that of microtasks.
    if (promised) return new Promise<void>((resolve) => process.nextTick(resolve)).then(settled);
    watch.afterEvent();
    return undefined;
  });
  const chanceOf = (stream: string) => createChance(scenario.seed, stream);
  const network = createNetwork({ time, chance: chanceOf('network') });
  const store = createOciStore(time.now);
  const trace = createTrace(time.now, options.traced);
  const coverage = createCoverage(time.now);
  const baseConfig = configOf(scenario);
  const groups = deployedGroups(scenario);
  const listeners = new Map<string, OciListener>();
  const bucket = createBucket(scenario.throttle, time.now);
  const machines = ROUTERS.slice(0, scenario.routers).map(({ name }) => makeMachine(name));
  const environment = createEnvironment({ scenario, network, machines, onUpdate: () => watch.touched() });
  const bounds = boundsOf(scenario);
  const holderOf = (address: string) => routerOf(store.current(address)?.vnicId);
  const throttles = scenario.throttle > 0;
  const watch = createWatch({ time, bounds, throttles, machines, groups, environment, holderOf });
  const announced = new Map<string, boolean>();
  let movedAt = Number.NEGATIVE_INFINITY;

  function guard(run: () => void, resolves: boolean): void {
    if (resolves) promised = true;
    try {
      run();
    } catch (error) {
      watch.fail('exception', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
  }

  function makeMachine(name: string): Machine {
    const chance = chanceOf(`router ${name}`);
    return createMachine({
      name,
      config: baseConfig,
      clock: scenario.clocks[name] ?? TRUE_CLOCK,
      time,
      chance,
      network,
      guard,
      connect: (process, listener) => connect(name, process, listener),
      onLog(event) {
        coverage.logged(event);
        if (event.event === 'transition') watch.touched();
        if (event.event === 'transition' && event.to === 'master') watch.mastered(event.group, name);
        if (event.event === 'transition' && event.from === 'master' && RESIGNATIONS.has(event.reason))
          watch.resigned(event.group, name);
        if (event.event === 'gave-up') watch.gaveUp(event.group, name);
        if (event.event === 'flapping') watch.flapping(event.group, name, event.delay);
        if (options.traced) traceLog(name, event);
      },
      onTouched: () => watch.touched(),
      mutation: options.mutation,
      codec: scenario.coded ? undefined : createWholePresence(scenario.older.includes(name)),
    });
  }

  function traceLog(name: string, event: LogEvent): void {
    const text = describeLog(event);
    if (text !== undefined) trace.add(name, () => text);
  }

  function connect(name: string, process: Process, listener: OciListener) {
    listeners.set(name, listener);
    announced.delete(name);
    process.after(1, () => announce(name));
    const chance = chanceOf(`api ${name} ${time.now()}`);
    return createOciClient({
      host: { router: name, now: time.now, inProcess: process.after, outside: time.after },
      store,
      requestTimeout: REQUEST_TIMEOUT,
      fateOf: (operation) => fateOf(name, operation, chance),
      onClaim(request) {
        trace.add(name, () => `claims ${request.privateIpId} with ${request.etag}`);
        watch.claimAsked(name, request);
      },
      onMove(request, before, askedAt) {
        const late = time.now() - askedAt > REQUEST_TIMEOUT;
        // Carried out when its router has given up on it: a fault by itself, and its repair.
        if (late) changed(everywhere(upTo(2)), before?.address);
        coverage.moved(late);
        trace.add(
          name,
          () => `${late ? 'LATE ' : ''}took ${before?.address} from ${routerOf(before?.vnicId) ?? 'nobody'}`,
        );
        movedAt = time.now();
        watch.moved(name, request, before);
      },
      onTokenRefreshed: () => environment.tokenRefreshed(name),
    });
  }

  function fateOf(name: string, operation: Operation, chance: Chance): Fate {
    const fate = drawFate(operation, environment.apiOf(name), chance);
    coverage.asked(name, fate);
    watch.requestAsked(name);
    if (environment.hasTrouble(name, 'metadata')) return { ...fate, failure: 'no-token', carriedOut: false };
    return bucket() ? fate : { ...fate, failure: 'throttled', carriedOut: false };
  }

  function announce(name: string): void {
    const process = machine(name).process();
    process?.after(0, () => {
      const ready = !environment.hasTrouble(name, 'metadata');
      if (announced.get(name) === ready) return;
      announced.set(name, ready);
      listeners.get(name)?.onStatus(ready ? { ready, region: 'test' } : { ready, reason: 'metadata is absent' });
    });
  }

  function machine(name: string): Machine {
    const found = machines.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no router ${name}`);
    return found;
  }

  function changed(allowances: Allowances, vip?: string): void {
    watch.changed(allowances, vip);
  }

  for (const { group, address, interface: device } of groups.flatMap(({ name, vips }) =>
    vips.map((vip) => ({ ...vip, group: name })),
  )) {
    const holder = scenario.groups.find(({ name }) => name === group)?.holder ?? 'nobody';
    store.addVnic(vnicOf('stranger', device), subnetOf(device));
    for (const { name, addresses } of ROUTERS.slice(0, scenario.routers)) {
      const primary = scenario.addressed ? addresses[PATH_DEVICES.indexOf(device)] : undefined;
      store.addVnic(vnicOf(name, device), subnetOf(device), primary);
    }
    store.place(address, subnetOf(device), holder === 'nobody' ? undefined : vnicOf(holder, device));
  }

  return {
    time,
    chance: chanceOf('world'),
    machines,
    groups,
    network,
    store,
    environment,
    watch,
    reasons: createReasons(machines, groups, environment, holderOf, time.now, {
      movedAt: () => movedAt,
      signed: scenario.signed,
      verifyInterval: scenario.verifyInterval,
    }),
    trace,
    coverage,
    baseConfig,
    machine,
    router: (name) => machine(name).router(),
    start(started, allowances) {
      guard(started.start, true);
      changed(allowances);
    },
    announce,
    changed,
  };
}

/** Reasons to leave mastership that ask another router to follow. */
const RESIGNATIONS: ReadonlySet<string> = new Set(['fault', 'standby', 'shutdown', 'switchover']);

const TRUE_CLOCK = { ahead: 0, rate: 0, drift: 0 };
