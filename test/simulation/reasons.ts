import type { Environment } from './environment.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './scenario.ts';

/**
 * How many moves of each VIP a change of the world may be the reason of. Where the answer is 0 nothing may move, however
 * often it happens: a backup that stands still, a path that is lost while another is left, a pair of routers that does
 * not hear each other while a third hears both.
 */
export interface Reasons {
  /** Asked after the fault was added. */
  begins(fault: Fault): number;
  /** Asked before it is removed. */
  ends(fault: Fault): number;
  /** A router's daemon starts. */
  boots(machine: Machine): number;
}

export function createReasons(machines: readonly Machine[], environment: Environment): Reasons {
  const machineOf = (name: string) => machines.find((machine) => machine.name === name);
  const priorityOf = (machine: Machine) => machine.config().groups[0]?.priority[machine.name] ?? 0;
  const running = () => machines.filter((machine) => machine.process() !== undefined);
  const isMaster = (name: string) => machineOf(name)?.state() === 'master';

  /** It comes back into the election: will it be better than the master that is? */
  function mayTakeOver(machine: Machine | undefined): number {
    if (machine === undefined) return 0;
    const masters = running().filter((other) => other !== machine && other.state() === 'master' && !isStalled(other));
    const isBest = masters.every((master) => priorityOf(master) < priorityOf(machine));
    return masters.length === 0 || isBest || !isWell() ? 1 : 0;
  }

  const isStalled = (machine: Machine) => machine.process()?.isStalled() ?? false;

  /** Every two routers hear each other, or a third that hears both. */
  function isWell(): boolean {
    const names = machines.map(({ name }) => name);
    const hear = (a: string, b: string) => environment.areConnected([a, b]);
    if (running().length < machines.length || running().some(isStalled)) return environment.areConnected(names);
    return names.every((a) => names.every((b) => a === b || hear(a, b) || names.some((c) => isThird(c, a, b, hear))));
  }

  return {
    begins(fault) {
      switch (fault.kind) {
        case 'partition':
          // One that is not heard but hears: the other takes over, and the better one takes it back.
          return isWell() ? 0 : fault.oneWay || machines.length > 2 ? 2 : 1;
        case 'stall':
        case 'link':
        case 'crash':
        case 'restart':
          return isMaster(fault.router) || !isWell() ? 1 : 0;
        default:
          return 1;
      }
    },
    ends(fault) {
      switch (fault.kind) {
        case 'partition':
          return isWell() ? 0 : 1;
        case 'stall':
          return isMaster(fault.router) ? 1 : mayTakeOver(machineOf(fault.router));
        case 'link':
          return mayTakeOver(machineOf(fault.router));
        default:
          return 1;
      }
    },
    boots: mayTakeOver,
  };
}

function isThird(third: string, a: string, b: string, hear: (a: string, b: string) => boolean): boolean {
  return third !== a && third !== b && hear(third, a) && hear(third, b);
}
