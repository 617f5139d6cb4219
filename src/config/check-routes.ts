import { networkOf, parseAddress, parseNetwork } from './address.ts';
import { type Finding, formatPath, type Path } from './mistake.ts';
import type { ConfigView } from './view.ts';

interface Entry {
  readonly path: Path;
  readonly to: string;
  readonly via: string | undefined;
}

/** The kernel takes a destination without host bits, a gateway of its family, and one route to it. */
export function checkRoutes(view: ConfigView): Finding[] {
  const findings: Finding[] = [];
  const firstTo = new Map<string, Path>();
  for (const { path, to, via } of entriesOf(view)) {
    const network = parseNetwork(to);
    if (network === undefined) continue;
    const canonical = networkOf(network);
    if (canonical !== `${network.text}/${network.prefixLength}`) {
      findings.push({ path: [...path, 'to'], message: `${to} has host bits, allowed: ${canonical}` });
    }
    const gateway = via === undefined ? undefined : parseAddress(via);
    if (gateway !== undefined && gateway.family !== network.family) {
      const message = `${via} does not go with ${to}, allowed: an IPv${network.family} address`;
      findings.push({ path: [...path, 'via'], message });
    }
    const first = firstTo.get(canonical);
    if (first === undefined) firstTo.set(canonical, path);
    else {
      const message = `${to} is already in ${formatPath(first)}, allowed: a destination once`;
      findings.push({ path: [...path, 'to'], message });
    }
  }
  return findings;
}

function entriesOf(view: ConfigView): Entry[] {
  return Object.entries(view.groups ?? {}).flatMap(([group, { interfaces } = {}]) =>
    Object.entries(interfaces ?? {}).flatMap(([name, entry]) =>
      (entry?.routes ?? []).flatMap((route, index) =>
        route?.to === undefined
          ? []
          : [{ path: ['groups', group, 'interfaces', name, 'routes', index], to: route.to, via: route.via }],
      ),
    ),
  );
}
