import type { Milliseconds } from '../dgram-vrrp/index.ts';

/**
 * The hold of a planned switchover: while a target is named, nobody pre-empts (DESIGN §4). It is a register that every
 * router keeps and spreads by presence; the command given last wins on all of them, in whatever order they hear of it.
 */
export interface Hold {
  /** The router that was asked to be master; null: the hold was ended. */
  readonly target: string | null;
  /** Unix time of the admin's command, made greater than every id seen before. */
  readonly id: number;
  /** Where the command was given: decides between two of the same instant. */
  readonly origin: string;
}

/** True if `candidate` was given after `current`. */
export function supersedes(candidate: Hold, current: Hold | null): boolean {
  if (current === null) return true;
  return candidate.id > current.id || (candidate.id === current.id && candidate.origin > current.origin);
}

/** The record of a new command, later than everything seen. */
export function nextHold(target: string | null, origin: string, wallClock: Milliseconds, current: Hold | null): Hold {
  return { target, origin, id: Math.max(Math.floor(wallClock), (current?.id ?? 0) + 1) };
}
