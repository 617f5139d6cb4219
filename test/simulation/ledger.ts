/** What a change of the world may lead to. */
export interface Allowance {
  /** Of each VIP. */
  readonly moves: number;
  readonly masterships: number;
}

/** What a change of the world may lead to in each group, by its name. */
export type Allowances = (group: string) => Allowance;

/** A router may become master and find that it is superseded, or give up to one that can claim. */
const MASTERSHIPS_PER_MOVE = 3;

export const NOTHING: Allowance = { moves: 0, masterships: 0 };

export function upTo(moves: number): Allowance {
  return { moves, masterships: moves * MASTERSHIPS_PER_MOVE };
}

/** The same in every group. */
export const everywhere =
  (allowance: Allowance): Allowances =>
  () =>
    allowance;

/** Reasons that are left for one group: each change of the world allows so many moves of each VIP, once, and not for ever. */
export interface Ledger {
  allow(allowance: Allowance, until: number, vip?: string): void;
  /** A VIP moved. False: nothing had happened that could be the reason. */
  move(vip: string, now: number): boolean;
  /** A router became master. */
  mastership(now: number): boolean;
  /** Everything is in its place: what happened before is no reason any more. */
  clear(): void;
}

/** Somebody becomes master at first. */
export function createLedger(vips: readonly string[]): Ledger {
  /** Until when each of the possible moves has its reason. */
  const moves = new Map<string, number[]>(vips.map((vip) => [vip, []]));
  let masterships: number[] = [Number.POSITIVE_INFINITY];

  /** The one that is over first is used first. */
  const left = (all: readonly number[], now: number) => all.filter((until) => until >= now).toSorted((a, b) => a - b);

  return {
    allow(allowance, until, vip) {
      for (const [address, reasons] of moves) {
        if (vip === undefined || vip === address)
          for (let move = 0; move < allowance.moves; move += 1) reasons.push(until);
      }
      for (let change = 0; change < allowance.masterships; change += 1) masterships.push(until);
    },
    move(vip, now) {
      const reasons = left(moves.get(vip) ?? [], now);
      moves.set(vip, reasons.slice(1));
      return reasons.length > 0;
    },
    mastership(now) {
      const reasons = left(masterships, now);
      masterships = reasons.slice(1);
      return reasons.length > 0;
    },
    clear() {
      for (const vip of moves.keys()) moves.set(vip, []);
      masterships = [];
    },
  };
}
