import type { FreezeReport, FreezeRequest, StandbyReport, StandbyRequest } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import type { CommandBook } from './command-book.ts';
import type { FreezeCommand, StandbyCommand } from './commands.ts';
import type { Group } from './group-types.ts';
import type { Observer } from './observer.ts';
import { unknownName } from './unknown-name.ts';

/**
 * Work on the cluster: `standby` takes a router out of the election, `freeze` stops every claim. Both outlast
 * restarts. A mastership may still move while frozen, when the master dies or resigns: it is without VIPs until the end.
 */
export interface Maintenance {
  /** Throws ControlError for a router or group that is not configured. */
  standby(request: StandbyRequest): StandbyReport;
  freeze(request: FreezeRequest): FreezeReport;
  standbyHeard(group: Group, commands: readonly StandbyCommand[]): void;
  freezeHeard(command: FreezeCommand): void;
  /** After start, and after a reload that may have added groups: what was saved is in force again. */
  restore(): void;
}

export function createMaintenance(options: {
  readonly self: string;
  readonly routers: readonly string[];
  readonly groups: () => readonly Group[];
  /** The groups that fail over together with this one, itself included. */
  readonly syncSetOf: (group: string) => readonly Group[];
  readonly commands: CommandBook;
  readonly observer: Observer;
  readonly tellPeers: () => void;
  /** Could a router other than this one be master of the group now? */
  readonly isServedWithout: (group: Group, router: string) => boolean;
  /** There is no presence: what is commanded here reaches nobody else. */
  readonly vrrpOnly: boolean;
}): Maintenance {
  const { self, commands, observer } = options;

  function applyStandby(group: Group): void {
    group.handle({ kind: 'standby', on: commands.inStandby(group.name, self) });
  }

  function applyFreeze(): void {
    const freeze = { kind: 'freeze', on: commands.frozen() } as const;
    for (const group of options.groups()) {
      group.handle(freeze);
      group.ownership(freeze);
    }
  }

  function select(name: string | undefined): readonly Group[] {
    const groups = options.groups();
    if (name === undefined) return groups;
    const selected = options.syncSetOf(name);
    if (selected.length > 0) return selected;
    throw unknownName(
      'group',
      name ?? '',
      groups.map((group) => group.name),
    );
  }

  return {
    standby({ on, router = self, group: name }) {
      if (!options.routers.includes(router)) throw unknownName('router', router, options.routers);
      if (options.vrrpOnly && router !== self) {
        const why = 'the routers speak VRRP only (heartbeat.transport ip) and cannot tell each other';
        throw new ControlError('refused', `give the command on ${router} itself: ${why}`);
      }
      for (const group of select(name)) {
        commands.giveStandby(group.name, router, on);
        observer.log({ event: 'standby', group: group.name, router, on });
        if (router === self) applyStandby(group);
      }
      options.tellPeers();
      const isOn = (group: Group) => commands.inStandby(group.name, router);
      const names = (groups: readonly Group[]) => groups.map((group) => group.name);
      const groups = options.groups();
      const alone =
        on && !options.vrrpOnly ? select(name).filter((each) => !options.isServedWithout(each, router)) : [];
      return {
        router,
        on: names(groups.filter(isOn)),
        off: names(groups.filter((group) => !isOn(group))),
        ...(alone.length > 0 && { withoutSuccessor: names(alone) }),
      };
    },

    freeze({ on }) {
      commands.giveFreeze(on);
      observer.log({ event: 'freeze', on, origin: self });
      applyFreeze();
      options.tellPeers();
      return { on, ...(options.vrrpOnly && { onlyHere: true }) };
    },

    standbyHeard(group, heard) {
      if (heard.length === 0) return;
      const before = commands.inStandby(group.name, self);
      if (!commands.mergeStandby(group.name, heard)) return;
      const on = commands.inStandby(group.name, self);
      if (on !== before) observer.log({ event: 'standby', group: group.name, router: self, on });
      applyStandby(group);
      options.tellPeers();
    },

    freezeHeard(command) {
      if (!commands.mergeFreeze(command)) return;
      observer.log({ event: 'freeze', on: command.on, origin: command.origin });
      applyFreeze();
    },

    restore() {
      for (const group of options.groups()) applyStandby(group);
      applyFreeze();
    },
  };
}
