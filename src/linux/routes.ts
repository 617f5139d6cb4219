import ipaddr from 'ipaddr.js';
import { interfaceIndex } from './libc.ts';
import { LinuxError } from './linux-error.ts';
import type { RouteMessage } from './netlink-decode.ts';
import { encodeRouteChange, encodeRouteDump } from './netlink-encode.ts';
import { DEFAULT_TIMEOUT_MS, requestChange, requestDump, SEQUENCE } from './netlink-request.ts';

/** Who our routes belong to (`proto 112` in `ip route`): VRRP's protocol number, which rt_protos gives to nobody. */
export const ROUTE_PROTOCOL = 112;

/** A static route through a gateway, in the main table. */
export interface Route {
  /** In CIDR notation, without host bits; canonical. */
  readonly to: string;
  /** Canonical. */
  readonly via: string;
  readonly device: string;
}

/** A route of ours as the kernel has it. */
export interface OwnRoute {
  readonly to: string;
  readonly via: string;
  readonly index: number;
}

/**
 * Adds a route of ours through RTM_NEWROUTE (rtnetlink(7)), on a thread.
 *
 * @returns `taken`: there is one to that destination already, ours or another's
 * @throws LinuxError `no-such-device`, `permission-denied` (CAP_NET_ADMIN), `unknown` (the gateway cannot be reached), …
 */
export async function addRoute(route: Route, timeout = DEFAULT_TIMEOUT_MS): Promise<'added' | 'taken'> {
  const call = `RTM_NEWROUTE ${route.to} via ${route.via} on ${route.device}`;
  try {
    const index = interfaceIndex(route.device);
    await requestChange(encodeRouteChange('add', SEQUENCE, { ...bytesOf(route), index }), call, timeout);
    return 'added';
  } catch (error) {
    if (error instanceof LinuxError && error.code === 'already-exists') return 'taken';
    throw error;
  }
}

/** Removes exactly this route, if it is ours: the kernel compares rtm_protocol. */
export async function removeRoute(route: OwnRoute, timeout = DEFAULT_TIMEOUT_MS): Promise<void> {
  const call = `RTM_DELROUTE ${route.to} via ${route.via}`;
  await requestChange(encodeRouteChange('remove', SEQUENCE, { ...bytesOf(route), index: route.index }), call, timeout);
}

/**
 * Every route of ours in the main table.
 *
 * @throws LinuxError `busy` when the table changed meanwhile: ask again
 */
export async function listOwnRoutes(timeout = DEFAULT_TIMEOUT_MS): Promise<readonly OwnRoute[]> {
  const dumps = await Promise.all(
    ([4, 6] as const).map((version) =>
      requestDump(encodeRouteDump(SEQUENCE, version), `RTM_GETROUTE IPv${version}`, timeout),
    ),
  );
  return dumps.flat().flatMap((message) => (message.kind === 'route' ? ownRoute(message.route) : []));
}

function ownRoute({ to, via, index, protocol }: RouteMessage): readonly OwnRoute[] {
  return protocol === ROUTE_PROTOCOL && via !== undefined && index !== undefined ? [{ to, via, index }] : [];
}

function bytesOf({ to, via }: Pick<Route, 'to' | 'via'>) {
  const [network, prefixLength] = ipaddr.parseCIDR(to);
  return {
    destination: Uint8Array.from(network.toByteArray()),
    prefixLength,
    gateway: Uint8Array.from(ipaddr.parse(via).toByteArray()),
    protocol: ROUTE_PROTOCOL,
  };
}
