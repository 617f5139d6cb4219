import type { Finding, Path } from './mistake.ts';

/*
 * Parts of the contract that this release does not serve yet. They are refused by name: a setting that is silently
 * ignored would be found out during a failover. Serving one means deleting its entry here.
 */

interface Unserved {
  /** Keys from the top, `*` for any. */
  readonly path: string;
  /** Which values are refused; absent: every value. */
  readonly refuses?: (value: unknown) => boolean;
  /** What comes later, and what is allowed until then. */
  readonly sentence: string;
}

const isIpv6 = (value: unknown): boolean => typeof value === 'string' && value.includes(':');

export const UNSERVED: readonly Unserved[] = [
  {
    path: 'groups.*.interfaces.*.vips.*',
    refuses: isIpv6,
    sentence: `IPv6 VIPs are not served by this release (moving them in OCI comes later), allowed: an IPv4 address`,
  },
];

/** Everything in the file that this release refuses. */
export function findUnserved(value: unknown): Finding[] {
  return UNSERVED.flatMap(({ path, refuses, sentence }) =>
    matches(value, path.split('.'), [])
      .filter((match) => refuses === undefined || refuses(match.value))
      .map((match) => ({ path: match.path, message: sentence })),
  );
}

interface Match {
  readonly path: Path;
  readonly value: unknown;
}

function matches(value: unknown, pattern: readonly string[], path: Path): Match[] {
  const [key, ...rest] = pattern;
  if (key === undefined) return [{ path, value }];
  if (typeof value !== 'object' || value === null) return [];
  const entries: (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((item, index) => [index, item] as const)
    : Object.entries(value);
  return entries
    .filter(([name]) => key === '*' || key === name)
    .flatMap(([name, item]) => matches(item, rest, [...path, name]));
}
