import type { FreezeCommand, HoldCommand, Milliseconds, StandbyCommand } from '../dgram-vrrp/index.ts';

/**
 * What an admin told the cluster: the hold of a planned switchover, standby, freeze. Each is a register that every
 * router keeps and spreads by presence; the command given last wins on all of them, in whatever order they hear of it.
 * Ended commands are kept too: they must not come back through a peer that missed the end.
 */
export type { FreezeCommand, HoldCommand, StandbyCommand };

interface Given {
  /** Unix time at which the command was given, made greater than every id seen before. */
  readonly id: number;
  /** Where it was given: decides between two of the same instant. */
  readonly origin?: string;
}

/** Half of what the wire can carry: a command after the last one always fits. The year is 6429. */
export const MAX_COMMAND_ID = 2 ** 47;

/** True if `candidate` was given after `current`. */
export function supersedes(candidate: Given, current: Given | undefined): boolean {
  if (candidate.id > MAX_COMMAND_ID) return false;
  if (current === undefined || candidate.id > current.id) return true;
  return candidate.id === current.id && (candidate.origin ?? '') > (current.origin ?? '');
}

/** The id of a new command, later than the one it replaces. */
export function nextId(wallClock: Milliseconds, current: Given | undefined): number {
  return Math.max(Math.floor(wallClock), (current?.id ?? 0) + 1);
}
