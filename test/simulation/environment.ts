import type { ApiConditions } from './api-fate.ts';
import { PATH_DEVICES } from './deployment.ts';
import type { Machine } from './machine.ts';
import { CALM, type SimulatedNetwork } from './network.ts';
import type { ApiTrouble, Fault, Scenario } from './scenario.ts';

/** What the world is like now: the faults in force, and what follows from them for every path and every API client. */
export interface Environment {
  add(fault: Fault): void;
  remove(fault: Fault): void;
  /** Cuts a router off until further notice: its network is not there yet. */
  setIsolated(router: string, isolated: boolean): void;
  apiOf(router: string): ApiConditions;
  tokenRefreshed(router: string): void;
  hasTrouble(router: string, trouble: ApiTrouble): boolean;
  /** Datagrams get lost or late by chance, so that anything may happen at any time. */
  isNoisy(): boolean;
  /** No fault at all. */
  isCalm(): boolean;
  isFrozen(): boolean;
  inStandby(router: string, group: string): boolean;
  isStalled(router: string): boolean;
  isCrashed(router: string): boolean;
  isDown(router: string, device: string): boolean;
  reloads(): readonly (Fault & { readonly kind: 'reload' })[];
  /** What the one sends arrives at the other, on a path at least. */
  reaches(from: string, to: string): boolean;
  /** Every two of these routers hear each other on a path at least. */
  areConnected(routers: readonly string[]): boolean;
}

export function createEnvironment(options: {
  readonly scenario: Scenario;
  readonly network: SimulatedNetwork;
  readonly machines: readonly Machine[];
  /** Another fault is in force, or one less. */
  readonly onUpdate: () => void;
}): Environment {
  const { scenario, network, machines } = options;
  const active = new Set<Fault>();
  const isolated = new Set<string>();
  const api = new Map<string, ApiConditions>(machines.map(({ name }) => [name, { troubles: [], tokenExpired: false }]));

  function pathFaults(from: Machine, to: Machine, path: number): void {
    const way = network.conditions(from.name, to.name, path);
    Object.assign(way, CALM);
    way.loss = scenario.loss;
    const device = PATH_DEVICES[path] ?? '';
    way.cut = isolated.has(from.name) || isolated.has(to.name) || !from.linkUp(device) || !to.linkUp(device);
    for (const fault of active) {
      if (fault.kind !== 'partition' && fault.kind !== 'noise') continue;
      if (fault.path !== undefined && fault.path !== path) continue;
      if (fault.kind === 'partition') way.cut ||= isCut(fault, from.name, to.name);
      else if (fault.from === from.name || fault.from === to.name) {
        way.loss = Math.max(way.loss, fault.loss);
        way.duplication = Math.max(way.duplication, fault.duplication);
        way.most = Math.max(way.most, fault.delay);
      }
    }
  }

  function update(): void {
    for (const from of machines) {
      for (const to of machines) {
        if (from === to) continue;
        for (let path = 0; path < PATH_DEVICES.length; path += 1) pathFaults(from, to, path);
      }
      const troubles = [...active].flatMap((fault) => troubleOf(fault, from.name));
      const { tokenExpired } = apiOf(from.name);
      api.set(from.name, {
        troubles,
        tokenExpired: tokenExpired && troubles.some(({ trouble }) => trouble === 'token'),
      });
    }
  }

  function apiOf(router: string): ApiConditions {
    return api.get(router) ?? { troubles: [], tokenExpired: false };
  }

  update();
  const any = (test: (fault: Fault) => boolean) => [...active].some(test);
  return {
    add(fault) {
      active.add(fault);
      update();
      options.onUpdate();
      if (fault.kind !== 'api' || fault.trouble !== 'token') return;
      for (const { name } of machines) {
        if (fault.router === undefined || fault.router === name) apiOf(name).tokenExpired = true;
      }
    },
    remove(fault) {
      active.delete(fault);
      update();
      options.onUpdate();
    },
    setIsolated(router, on) {
      if (on) isolated.add(router);
      else isolated.delete(router);
      update();
      options.onUpdate();
    },
    apiOf,
    tokenRefreshed(router) {
      apiOf(router).tokenExpired = false;
    },
    hasTrouble: (router, trouble) => apiOf(router).troubles.some((each) => each.trouble === trouble),
    isNoisy: () => any(({ kind }) => kind === 'noise'),
    isCalm: () => active.size === 0 && isolated.size === 0,
    isFrozen: () => any(({ kind }) => kind === 'freeze'),
    inStandby: (router, group) =>
      any((fault) => fault.kind === 'standby' && fault.router === router && (fault.group ?? group) === group),
    isStalled: (router) => any((fault) => fault.kind === 'stall' && fault.router === router),
    isCrashed: (router) =>
      any((fault) => (fault.kind === 'crash' || fault.kind === 'restart') && fault.router === router),
    isDown: (router, device) =>
      any((fault) => fault.kind === 'link' && fault.router === router && fault.device === device),
    reloads: () => [...active].filter((fault) => fault.kind === 'reload'),
    reaches: (from, to) => PATH_DEVICES.some((_, path) => !network.conditions(from, to, path).cut),
    areConnected: (routers) =>
      routers.every((a) =>
        routers.every(
          (b) =>
            a === b ||
            PATH_DEVICES.some((_, path) => !network.conditions(a, b, path).cut && !network.conditions(b, a, path).cut),
        ),
      ),
  };
}

function isCut(fault: Fault & { kind: 'partition' }, from: string, to: string): boolean {
  if (fault.from === from && (fault.to === undefined || fault.to === to)) return true;
  return !fault.oneWay && fault.from === to && (fault.to === undefined || fault.to === from);
}

function troubleOf(fault: Fault, router: string): { trouble: ApiTrouble; probability: number }[] {
  if (fault.kind === 'link' && fault.api && fault.router === router) return [{ trouble: 'outage', probability: 1 }];
  if (fault.kind !== 'api' || (fault.router !== undefined && fault.router !== router)) return [];
  return [{ trouble: fault.trouble, probability: fault.probability }];
}
