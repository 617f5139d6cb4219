import type { Milliseconds } from '../dgram-vrrp/index.ts';

/** The same failure of the same VIP is told of so often. */
const TOLD_AGAIN_AFTER: Milliseconds = 60_000;

/**
 * What is told of claims that go on failing. While the API is away a master claims each VIP several times a second, and a
 * log full of that hides what else happens.
 */
export interface ClaimFailures {
  /** @returns true if it is to be told of; `reason`: the kind of failure */
  failed(group: string, vip: string, reason: string, at: Milliseconds): boolean;
  /** True for a claim that follows a failure which was not told of. */
  isRepeated(group: string, vip: string): boolean;
  /** The VIP is held, or without one: the group's state is another one. What comes is new. */
  forget(group: string, vip?: string): void;
}

interface Failing {
  /** Reason → when it was told of. */
  readonly told: Map<string, Milliseconds>;
  repeated: boolean;
}

export function createClaimFailures(): ClaimFailures {
  /** Group → VIP. */
  const groups = new Map<string, Map<string, Failing>>();

  return {
    failed(group, vip, reason, at) {
      const vips = groups.get(group) ?? new Map<string, Failing>();
      groups.set(group, vips);
      const failing = vips.get(vip) ?? { told: new Map<string, Milliseconds>(), repeated: false };
      vips.set(vip, failing);
      const last = failing.told.get(reason);
      failing.repeated = last !== undefined && at - last < TOLD_AGAIN_AFTER;
      if (!failing.repeated) failing.told.set(reason, at);
      return !failing.repeated;
    },
    isRepeated: (group, vip) => groups.get(group)?.get(vip)?.repeated === true,
    forget(group, vip) {
      if (vip === undefined) groups.delete(group);
      else groups.get(group)?.delete(vip);
    },
  };
}
