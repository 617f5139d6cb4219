import type { Environment } from './environment.ts';
import { type Allowance, NOTHING, upTo } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './scenario.ts';

/**
 * What a change of the world may be the reason of. Where the answer is nothing, nothing may move, however
 * often it happens: a backup that stands still, a path that is lost while another is left, a pair of routers that does
 * not hear each other while a third hears both.
 */
export interface Reasons {
  /** Asked after the fault was added. */
  begins(fault: Fault): Allowance;
  /** Asked before it is removed. */
  ends(fault: Fault): Allowance;
  /** A router's daemon starts. */
  boots(machine: Machine): Allowance;
}

export function createReasons(machines: readonly Machine[], environment: Environment): Reasons {
  const machineOf = (name: string) => machines.find((machine) => machine.name === name);
  const priorityOf = (machine: Machine) => machine.config().groups[0]?.priority[machine.name] ?? 0;
  const running = () => machines.filter((machine) => machine.process() !== undefined);
  const isMaster = (name: string) => machineOf(name)?.state() === 'master';

  /** It comes back into the election: will it be better than the master that is? */
  function mayTakeOver(machine: Machine | undefined): Allowance {
    if (machine === undefined) return NOTHING;
    const masters = running().filter((other) => other !== machine && other.state() === 'master' && !isStalled(other));
    const isBest = masters.every((master) => priorityOf(master) < priorityOf(machine));
    return masters.length === 0 || isBest || !isWell() ? upTo(1) : NOTHING;
  }

  const isStalled = (machine: Machine) => machine.process()?.isStalled() ?? false;

  /** Every two routers hear each other, or a third that hears both. */
  function isWell(): boolean {
    const names = machines.map(({ name }) => name);
    const hear = (a: string, b: string) => environment.areConnected([a, b]);
    if (running().length < machines.length || running().some(isStalled)) return environment.areConnected(names);
    return names.every((a) => names.every((b) => a === b || hear(a, b) || names.some((c) => isThird(c, a, b, hear))));
  }

  /** A backup that loses the master and another one at once is cut off itself: it waits for the holder's lease. */
  function losesBoth({ from, to, oneWay }: Fault & { kind: 'partition' }): boolean {
    const others = machines.map(({ name }) => name).filter((name) => name !== from);
    if (others.length < 2 || to !== undefined || oneWay || isMaster(from)) return false;
    return running().length === machines.length && !running().some(isStalled) && environment.areConnected(others);
  }

  return {
    begins(fault) {
      switch (fault.kind) {
        case 'partition':
          // One that is not heard but hears: the other takes over, and the better one takes it back.
          if (isWell()) return NOTHING;
          if (losesBoth(fault)) return { moves: 0, masterships: 1 };
          return upTo(fault.oneWay || machines.length > 2 ? 2 : 1);
        case 'stall':
        case 'link':
        case 'crash':
        case 'restart':
          return isMaster(fault.router) || !isWell() ? upTo(1) : NOTHING;
        default:
          return upTo(1);
      }
    },
    ends(fault) {
      switch (fault.kind) {
        case 'partition':
          return isWell() ? NOTHING : upTo(1);
        case 'stall':
          return isMaster(fault.router) ? upTo(1) : mayTakeOver(machineOf(fault.router));
        case 'link':
          return mayTakeOver(machineOf(fault.router));
        default:
          return upTo(1);
      }
    },
    boots: mayTakeOver,
  };
}

function isThird(third: string, a: string, b: string, hear: (a: string, b: string) => boolean): boolean {
  return third !== a && third !== b && hear(third, a) && hear(third, b);
}
