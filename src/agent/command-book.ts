import type { Clock } from './clock.ts';
import { type FreezeCommand, type HoldCommand, nextId, type StandbyCommand, supersedes } from './commands.ts';
import type { SavedState, StateStore } from './state-store.ts';

/** The commands in force in the whole cluster, saved whenever one changes. `merge…` is true if a peer's was news. */
export interface CommandBook {
  hold(group: string): HoldCommand | null;
  giveHold(group: string, target: string | null): HoldCommand;
  mergeHold(group: string, command: HoldCommand): boolean;

  /** The last command for each router that one was ever given for. */
  standby(group: string): readonly StandbyCommand[];
  inStandby(group: string, router: string): boolean;
  giveStandby(group: string, router: string, on: boolean): void;
  mergeStandby(group: string, commands: readonly StandbyCommand[]): boolean;

  freeze(): FreezeCommand | undefined;
  frozen(): boolean;
  giveFreeze(on: boolean): void;
  mergeFreeze(command: FreezeCommand): boolean;
}

export function createCommandBook(store: StateStore, self: string, wall: Clock['wall']): CommandBook {
  let state: SavedState = store.load();

  function keep(next: SavedState): void {
    state = next;
    store.save(next);
  }

  function keepHold(group: string, command: HoldCommand): void {
    keep({ ...state, holds: { ...state.holds, [group]: command } });
  }

  function keepStandby(group: string, command: StandbyCommand): void {
    const others = standby(group).filter(({ router }) => router !== command.router);
    keep({ ...state, standby: { ...state.standby, [group]: [...others, command] } });
  }

  const standby = (group: string) => state.standby[group] ?? [];
  const standbyOf = (group: string, router: string) => standby(group).find((command) => command.router === router);

  return {
    hold: (group) => state.holds[group] ?? null,
    giveHold(group, target) {
      const command = { target, origin: self, id: nextId(wall(), state.holds[group]) };
      keepHold(group, command);
      return command;
    },
    mergeHold(group, command) {
      if (!supersedes(command, state.holds[group])) return false;
      keepHold(group, command);
      return true;
    },

    standby,
    inStandby: (group, router) => standbyOf(group, router)?.on ?? false,
    giveStandby(group, router, on) {
      keepStandby(group, { router, on, id: nextId(wall(), standbyOf(group, router)) });
    },
    mergeStandby(group, commands) {
      const news = commands.filter((command) => supersedes(command, standbyOf(group, command.router)));
      for (const command of news) keepStandby(group, command);
      return news.length > 0;
    },

    freeze: () => state.freeze ?? undefined,
    frozen: () => state.freeze?.on ?? false,
    giveFreeze(on) {
      keep({ ...state, freeze: { on, origin: self, id: nextId(wall(), state.freeze ?? undefined) } });
    },
    mergeFreeze(command) {
      if (!supersedes(command, state.freeze ?? undefined)) return false;
      keep({ ...state, freeze: command });
      return true;
    },
  };
}
