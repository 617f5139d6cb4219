import type { Config } from '../../src/config/index.ts';
import type { OciListener } from '../../src/oci/types.ts';
import { drawFate } from './api-fate.ts';
import { boundsOf, REQUEST_TIMEOUT } from './bounds.ts';
import { type Chance, createChance } from './chance.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { PATH_DEVICES, ROUTERS, referenceConfig, VIPS } from './deployment.ts';
import { createEnvironment, type Environment } from './environment.ts';
import { type Allowance, upTo } from './ledger.ts';
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
  start(machine: Machine, allowance: Allowance): void;
  /** Tells a router whether it has a token now. */
  announce(router: string): void;
  /** The world is another one now (see Watch). */
  changed(allowance: Allowance, vip?: string): void;
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
    if (promised) return new Promise<void>((resolve) => setImmediate(resolve)).then(settled);
    watch.afterEvent();
    return undefined;
  });
  const chanceOf = (stream: string) => createChance(scenario.seed, stream);
  const network = createNetwork({ time, chance: chanceOf('network') });
  const store = createOciStore(time.now);
  const trace = createTrace(time.now, options.traced);
  const coverage = createCoverage(time.now);
  const baseConfig = configOf(scenario);
  const codec = createWholePresence();
  const listeners = new Map<string, OciListener>();
  const bucket = createBucket(scenario.throttle, time.now);
  const machines = ROUTERS.slice(0, scenario.routers).map(({ name }) => makeMachine(name));
  const environment = createEnvironment({ scenario, network, machines });
  const bounds = boundsOf(scenario);
  const watch = createWatch({ time, bounds, machines, store, environment });
  const announced = new Map<string, boolean>();

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
      time,
      chance,
      network,
      guard,
      connect: (process, listener) => connect(name, process, listener),
      onLog(event) {
        coverage.logged(event);
        if (event.event === 'transition' && event.to === 'master') watch.mastered(name);
        if (event.event === 'gave-up') watch.gaveUp();
        const text = describeLog(event);
        if (text !== undefined) trace.add(name, () => text);
      },
      mutation: options.mutation,
      codec: scenario.signed || scenario.coded ? undefined : codec,
    });
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
        if (late) changed(upTo(2), before?.address);
        coverage.moved(late);
        trace.add(
          name,
          () => `${late ? 'LATE ' : ''}took ${before?.address} from ${routerOf(before?.vnicId) ?? 'nobody'}`,
        );
        watch.moved(name, request, before);
      },
      onTokenRefreshed: () => environment.tokenRefreshed(name),
    });
  }

  function fateOf(name: string, operation: Operation, chance: Chance): Fate {
    const fate = drawFate(operation, environment.apiOf(name), chance);
    coverage.asked(name, fate);
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

  function changed(allowance: Allowance, vip?: string): void {
    watch.changed(allowance, vip);
  }

  for (const { address, interface: device } of VIPS) {
    store.addVnic(vnicOf('stranger', device), subnetOf(device));
    for (const { name, addresses } of ROUTERS.slice(0, scenario.routers)) {
      const primary = scenario.addressed ? addresses[PATH_DEVICES.indexOf(device)] : undefined;
      store.addVnic(vnicOf(name, device), subnetOf(device), primary);
    }
    store.place(address, subnetOf(device), scenario.holder === 'nobody' ? undefined : vnicOf(scenario.holder, device));
  }

  return {
    time,
    chance: chanceOf('world'),
    machines,
    network,
    store,
    environment,
    watch,
    reasons: createReasons(machines, environment),
    trace,
    coverage,
    baseConfig,
    machine,
    router: (name) => machine(name).router(),
    start(started, allowance) {
      guard(started.start, true);
      changed(allowance);
    },
    announce,
    changed,
  };
}

function configOf(scenario: Scenario): Config {
  const config = referenceConfig(ROUTERS.slice(0, scenario.routers));
  const auth = { ...config.heartbeat.auth, mode: scenario.signed ? ('enforce' as const) : ('none' as const) };
  const advertise = scenario.listed ? ('vips' as const) : ('none' as const);
  const heartbeat = { ...config.heartbeat, auth, advertise, interval: scenario.interval };
  return {
    ...config,
    heartbeat,
    groups: config.groups.map((group) => ({
      ...group,
      preempt: scenario.preempt,
      preemptDelay: scenario.preemptDelay,
      heartbeat: { ...group.heartbeat, auth, advertise, interval: scenario.interval },
    })),
    oci: { ...config.oci, verifyInterval: scenario.verifyInterval },
  };
}

/** What a tenancy that throttles lets through: this many requests a second, and as many at once. */
function createBucket(rate: number, now: () => number): () => boolean {
  let left = rate;
  let at = 0;
  return () => {
    if (rate === 0) return true;
    left = Math.min(rate, left + ((now() - at) * rate) / 1000);
    at = now();
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
