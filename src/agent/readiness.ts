import type { InterfaceInventory, OciStatus } from '../oci/types.ts';

/** Rounds of reads without one answer after which the API counts as unreachable. */
const FAILED_ROUNDS = 2;

interface InterfaceVips {
  readonly name: string;
  readonly vips: readonly { readonly address: string }[];
}

/**
 * Why this router could not claim a group's VIPs now; empty if it could. Each reason is a sentence for the admin.
 */
export function whyNotReady(state: {
  readonly oci: OciStatus;
  readonly inventory: readonly InterfaceInventory[] | undefined;
  /** The group's interfaces with their VIPs. */
  readonly interfaces: readonly InterfaceVips[];
  readonly failedRounds: number;
  /** The API answered a request that was made then, or later. */
  readonly provenAt: number;
  /** When an interface came up last: the way to the API may be another one since. */
  readonly linkUpAt: number;
  /** As a master it could claim nothing a moment ago. */
  readonly unfit: boolean;
}): readonly string[] {
  if (!state.oci.ready) return [state.oci.reason ?? 'OCI is not ready'];
  if (state.inventory === undefined) return ['the VNICs and VIPs are still being looked up'];
  const reasons = state.interfaces.flatMap((each) => missingOf(each, state.inventory ?? []));
  if (state.unfit) reasons.push('all its claims failed when it was master; the log says why');
  if (state.failedRounds >= FAILED_ROUNDS) reasons.push('the network API does not answer');
  else if (state.provenAt < state.linkUpAt) {
    reasons.push('the network API has not answered since an interface came up');
  }
  return reasons;
}

function missingOf({ name, vips }: InterfaceVips, inventory: readonly InterfaceInventory[]): readonly string[] {
  if (vips.length === 0) return [];
  const entry = inventory.find((candidate) => candidate.interface === name);
  if (entry === undefined) return [`${name} was not looked up yet`];
  if (!entry.ok) return [`${name}: ${entry.message}`];
  return vips.flatMap(({ address }) => {
    const found = entry.vips.find((vip) => vip.address === address);
    if (found?.ok) return [];
    return [`VIP ${address}: ${found === undefined ? 'was not looked up yet' : found.message}`];
  });
}
