import type { Clock } from './clock.ts';
import { type FreezeCommand, type HoldCommand, nextId, type StandbyCommand, supersedes } from './commands.ts';
import type { SavedState, StateStore } from './state-store.ts';

/**
 * The commands in force in the whole cluster, saved whenever one changes. `merge…` is true if a peer's was news. What names a
 * router that is not in the file is forgotten: nobody could ever end it.
 */
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

export function createCommandBook(options: {
  readonly store: StateStore;
  readonly self: string;
  /** The routers of the file: a command for any other is not kept, nor spread. */
  readonly routers: readonly string[];
  readonly wall: Clock['wall'];
}): CommandBook {
  const { store, self, wall } = options;
  const isConfigured = (router: string) => options.routers.includes(router);
  const isFollowable = ({ target }: HoldCommand) => target === null || isConfigured(target);
  let state = withoutStrangers(store.load());

  function withoutStrangers({ holds, standby, freeze }: SavedState): SavedState {
    return {
      holds: Object.fromEntries(Object.entries(holds).filter(([, hold]) => isFollowable(hold))),
      standby: Object.fromEntries(
        Object.entries(standby).map(([group, each]) => [group, each.filter(({ router }) => isConfigured(router))]),
      ),
      freeze,
    };
  }

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

  const standby = (group: string) => ownOf(state.standby, group) ?? [];
  const hold = (group: string) => ownOf(state.holds, group);
  const standbyOf = (group: string, router: string) => standby(group).find((command) => command.router === router);

  return {
    hold: (group) => hold(group) ?? null,
    giveHold(group, target) {
      const command = { target, origin: self, id: nextId(wall(), hold(group)) };
      keepHold(group, command);
      return command;
    },
    mergeHold(group, command) {
      if (!isFollowable(command) || !supersedes(command, hold(group))) return false;
      keepHold(group, command);
      return true;
    },

    standby,
    inStandby: (group, router) => standbyOf(group, router)?.on ?? false,
    giveStandby(group, router, on) {
      keepStandby(group, { router, on, id: nextId(wall(), standbyOf(group, router)) });
    },
    mergeStandby(group, commands) {
      const known = commands.filter(({ router }) => isConfigured(router));
      const news = known.filter((command) => supersedes(command, standbyOf(group, command.router)));
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

/** The group's own entry: one that is called `constructor` has not the one that every object has. */
function ownOf<Value>(entries: Readonly<Record<string, Value>>, group: string): Value | undefined {
  return Object.hasOwn(entries, group) ? entries[group] : undefined;
}
