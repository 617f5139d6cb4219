/** Loses what one router sends to another: rules of nftables between the ports of the VCN's bridges. */
import { VCN } from './namespaces.ts';
import { portOf } from './network.ts';
import { run } from './run.ts';

/** Everything that `from` sends to `to` inside one subnet is lost; the other direction is another cut. */
export interface Cut {
  readonly from: string;
  readonly to: string;
  readonly nic: string;
}

/** Both directions of the path between two routers in each of these subnets. */
export function between(one: string, other: string, nics: readonly string[]): readonly Cut[] {
  return nics.flatMap((nic) => [
    { from: one, to: other, nic },
    { from: other, to: one, nic },
  ]);
}

/** From now on exactly these cuts are in force; none heals everything. What goes through the gateway goes on. */
export async function cutPaths(cuts: readonly Cut[]): Promise<void> {
  const rules = cuts.map(({ from, to, nic }) => `iifname "${portOf(from, nic)}" oifname "${portOf(to, nic)}" drop`);
  const lines = [
    'add table bridge failoverd',
    'delete table bridge failoverd',
    'add table bridge failoverd',
    'add chain bridge failoverd forward { type filter hook forward priority 0; }',
    ...rules.map((rule) => `add rule bridge failoverd forward ${rule}`),
  ];
  await run(['ip', 'netns', 'exec', VCN, 'nft', '-f', '-'], { input: `${lines.join('\n')}\n` });
}
