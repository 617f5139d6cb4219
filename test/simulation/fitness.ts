import type { Environment } from './environment.ts';
import type { Machine } from './machine.ts';

/** Which routers could be master of what, and reach the API, and since when. */
export interface Fitness {
  /** Looks again: something changed. */
  note(): void;
  /** Routers whose daemon runs, does not stand still and is not about to end. */
  running(): readonly Machine[];
  /** Neither a link nor an admin keeps it out of the group's election. */
  canBeMaster(machine: Machine, group: string): boolean;
  apiWorks(machine: Machine): boolean;
  /** Since when it can be master of the group and reaches the API; undefined: it is not so. */
  fitSince(name: string, group: string): number | undefined;
  /** Since when it is not so; undefined: it is. */
  unfitSince(name: string, group: string): number | undefined;
  /** Since when it runs and does not stand still; undefined: it does not. */
  runsSince(name: string): number | undefined;
  /** Since when it does not reach the API at all; undefined: it does, or sometimes. */
  unreachedSince(name: string): number | undefined;
  /** When the API failed for anybody last. */
  apiTroubledAt(): number;
}

export function createFitness(options: {
  readonly now: () => number;
  readonly machines: readonly Machine[];
  readonly groups: readonly string[];
  readonly environment: Environment;
}): Fitness {
  const { now, machines, groups, environment } = options;
  const fit = new Map<string, number>();
  const unfit = new Map<string, number>();
  const runs = new Map<string, number>();
  const unreached = new Map<string, number>();
  let troubledAt = Number.NEGATIVE_INFINITY;

  const isRunning = (machine: Machine) => machine.process()?.isStalled() === false && !machine.isStopping();
  const apiWorks = ({ name }: Machine) => environment.apiOf(name).troubles.length === 0;

  function canBeMaster(machine: Machine, group: string): boolean {
    return machine.linksUp(group) && !environment.inStandby(machine.name, group);
  }

  function noteSince(since: Map<string, number>, key: string, holds: boolean): void {
    if (!holds) since.delete(key);
    else if (!since.has(key)) since.set(key, now());
  }

  return {
    running: () => machines.filter(isRunning),
    canBeMaster,
    apiWorks,
    note() {
      for (const machine of machines) {
        const { name } = machine;
        const { troubles } = environment.apiOf(name);
        if (troubles.length > 0) troubledAt = now();
        const isUnreached = troubles.some(({ trouble, probability }) => trouble === 'outage' && probability === 1);
        noteSince(unreached, name, isUnreached);
        noteSince(runs, name, isRunning(machine));
        const reaches = isRunning(machine) && troubles.length === 0;
        for (const group of groups) {
          const isFit = reaches && canBeMaster(machine, group);
          noteSince(fit, `${name} ${group}`, isFit);
          noteSince(unfit, `${name} ${group}`, !isFit);
        }
      }
    },
    fitSince: (name, group) => fit.get(`${name} ${group}`),
    unfitSince: (name, group) => unfit.get(`${name} ${group}`),
    runsSince: (name) => runs.get(name),
    unreachedSince: (name) => unreached.get(name),
    apiTroubledAt: () => troubledAt,
  };
}
