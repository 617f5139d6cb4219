import { parseHostAddress } from '../address.ts';
import type { Placed, Position, Remarks } from './remark.ts';

/** What is to be known of a Pacemaker cluster besides its resource agent. */
export interface PacemakerCluster {
  readonly vips: readonly Placed<string>[];
  /** Nodes that are preferred, with their scores. */
  readonly scores: ReadonlyMap<string, number>;
  /** `resource-stickiness`: above 0, a resource stays where it is when a better node comes back. */
  readonly stickiness: Placed<number> | undefined;
  readonly name: string | undefined;
}

/** Settings of a cluster that mean nothing here. */
const NO_EQUIVALENT: readonly (readonly [pattern: RegExp, message: string])[] = [
  [
    /stonith-enabled[=:]/,
    'stonith-enabled: nobody is shot; the ownership rules keep two masters from both holding VIPs',
  ],
  [
    /no-quorum-policy[=:]/,
    'no-quorum-policy: there is no quorum; each router may become master, and the VIPs have one holder',
  ],
  [/migration-threshold[=:]/, 'migration-threshold: a claim that fails is tried again, and a ready peer takes over'],
  [
    /constraint (order|colocation)|^\s*(Ordering|Colocation) Constraints:\s*$/,
    'order and colocation: all VIPs of a group move together',
  ],
];

/** Reads the commands that made the cluster, or what `pcs config` prints: both at once if need be. */
export function readPcs(file: string, text: string, remarks: Remarks): PacemakerCluster {
  const vips: Placed<string>[] = [];
  const scores = new Map<string, number>();
  let stickiness: Placed<number> | undefined;
  let name: string | undefined;
  let isIpResource = false;
  const lines = text.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    const at = (column: number): Position => ({ file, line: index + 1, column: column + 1 });
    if (/^\s*#/.test(line) || isEmptyHeading(line, lines[index + 1] ?? '')) continue;
    const start = line.search(/\S/);
    // The attributes of a resource stand below it in what `pcs config` prints.
    if (/\bpcs\b.*\bresource create\b|^\s*Resource:/.test(line)) isIpResource = /IPaddr2?\b/.test(line);
    const ip = /(?:^|[\s:])ip=["']?([0-9A-Fa-f:.]+)/.exec(line);
    const address = parseHostAddress(ip?.[1] ?? '');
    if (isIpResource && ip !== null && address !== undefined)
      vips.push({ value: address.text, at: at(ip.index + ip[0].indexOf('ip=')) });
    const stick = /resource-stickiness[=:]\s*(-?\d+|INFINITY)/.exec(line);
    if (stick !== null) {
      stickiness = { value: stick[1] === 'INFINITY' ? 1_000_000 : Number(stick[1]), at: at(stick.index) };
    }
    for (const [node, score] of preferencesIn(line)) scores.set(node, Math.max(scores.get(node) ?? score, score));
    name ??=
      /cluster setup(?:\s+--\S+)*?\s+--name\s+(\S+)/.exec(line)?.[1] ?? /^\s*Cluster Name:\s*(\S+)/.exec(line)?.[1];
    for (const [pattern, message] of NO_EQUIVALENT) if (pattern.test(line)) remarks.note(at(start), message);
  }
  return { vips, scores, stickiness, name };
}

/** `pcs config` prints the headings of constraints that there are none of, too. */
function isEmptyHeading(line: string, next: string): boolean {
  return /Constraints:\s*$/.test(line) && next.search(/\S/) <= line.search(/\S/);
}

/** `prefers vrouter1=50`, `Node: vrouter1 (score:50)`, `prefers node 'vrouter1' with score 50`. */
function* preferencesIn(line: string): Generator<readonly [node: string, score: number]> {
  const score = (text: string | undefined): number => (text === 'INFINITY' ? 1_000_000 : Number(text ?? 0));
  const prefers = /\bprefers\s+((?:[A-Za-z0-9.-]+(?:=\S+)?\s*)+)$/.exec(line);
  for (const [, node = '', value = 'INFINITY'] of prefers?.[1]?.matchAll(/([A-Za-z0-9.-]+)(?:=(\S+))?/g) ?? []) {
    yield [node, score(value)];
  }
  const listed =
    /\bNode:\s*([A-Za-z0-9.-]+)\s+\(score:\s*(-?\d+|INFINITY)\)/.exec(line) ??
    /prefers node '([A-Za-z0-9.-]+)' with score (-?\d+|INFINITY)/.exec(line);
  if (listed?.[1] !== undefined) yield [listed[1], score(listed[2])];
}
