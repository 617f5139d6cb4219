import { parseHostAddress } from './address.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { findInterval, mergeAuth } from './merge.ts';
import type { Finding, Path } from './mistake.ts';
import type { Milliseconds } from './model.ts';
import type { ConfigView } from './view.ts';

type HeartbeatView = NonNullable<ConfigView['heartbeat']>;
type OverrideView = NonNullable<NonNullable<NonNullable<ConfigView['groups']>[string]>['heartbeat']>;

/** What must hold between the fields of `heartbeat`, and between them and a group's overrides. */
export function checkHeartbeat(view: ConfigView): Finding[] {
  const base = view.heartbeat ?? {};
  // The section itself has a mistake: everything below would only repeat it.
  if ('heartbeat' in view && view.heartbeat === undefined) return [];
  const findings = [
    ...checkInterval(base, undefined, ['heartbeat']),
    ...checkVersion(view, base.version ?? 3, ['heartbeat', 'version']),
    ...checkAuth(base, undefined, ['heartbeat', 'auth']),
  ];
  for (const [name, group] of Object.entries(view.groups ?? {})) {
    const own = group?.heartbeat;
    if (own === undefined) continue;
    const path: Path = ['groups', name, 'heartbeat'];
    findings.push(...checkInterval(base, own, path));
    if (own.version !== undefined) findings.push(...checkVersion(view, own.version, [...path, 'version']));
    if (own.auth !== undefined) findings.push(...checkAuth(base, own, [...path, 'auth']));
  }
  return findings;
}

/** Modes that leave the door open, for as long as a change of keys takes. */
export function warnAboutHeartbeat(view: ConfigView): Finding[] {
  const warn = (mode: string | undefined, path: Path): Finding[] => {
    if (mode === undefined || mode === 'enforce' || mode === 'password') return [];
    const message = `${mode} accepts adverts that are not signed: whoever can send to this port can take part`;
    return [{ path, message }];
  };
  return [
    ...warn(view.heartbeat?.auth?.mode, ['heartbeat', 'auth', 'mode']),
    ...Object.entries(view.groups ?? {}).flatMap(([name, group]) =>
      warn(group?.heartbeat?.auth?.mode, ['groups', name, 'heartbeat', 'auth', 'mode']),
    ),
  ];
}

function checkInterval(base: HeartbeatView, own: OverrideView | undefined, path: Path): Finding[] {
  if (own !== undefined && own.version === undefined && own.interval === undefined) return [];
  const version = own?.version ?? base.version ?? 3;
  const text = findInterval(base, own);
  const interval = text === undefined ? undefined : parseDuration(text);
  if (interval === undefined || intervalFits(version, interval)) return [];
  const allowed =
    version === 3 ? '10ms to 40.95s in steps of 10ms for version 3' : 'whole seconds from 1s to 255s for version 2';
  if (own !== undefined && own.interval === undefined) {
    const message = `${version} does not go with heartbeat.interval ${formatDuration(interval)}, allowed: an interval of its own for this group, ${allowed}`;
    return [{ path: [...path, 'version'], message }];
  }
  return [{ path: [...path, 'interval'], message: `is "${text}", allowed: ${allowed}` }];
}

/** RFC 9568 §5.2.7 counts centiseconds in 12 bits, RFC 3768 §5.3.7 seconds in 8. */
function intervalFits(version: 2 | 3, interval: Milliseconds): boolean {
  return version === 3 ? interval <= 40_950 && interval % 10 === 0 : interval <= 255_000 && interval % 1000 === 0;
}

/** RFC 3768 is for IPv4 only. */
function checkVersion(view: ConfigView, version: 2 | 3, path: Path): Finding[] {
  if (version !== 2) return [];
  const addresses = Object.values(view.routers ?? {}).flatMap((router) => router?.addresses ?? []);
  const ipv6 = addresses.find((text) => text !== undefined && parseHostAddress(text)?.family === 6);
  return ipv6 === undefined
    ? []
    : [{ path, message: `2 is for IPv4 and a router has the address ${ipv6}, allowed: 3 with IPv6 addresses` }];
}

function checkAuth(base: HeartbeatView, own: OverrideView | undefined, path: Path): Finding[] {
  const auth = mergeAuth(base.auth, own?.auth);
  if (auth.mode === 'none' || auth.mode === 'password') return [];
  const section = own === undefined ? base.auth : own.auth;
  if (section !== undefined && 'keys' in section && section.keys === undefined) return [];
  const ids = Object.keys(auth.keys ?? {});
  if (ids.length === 0) {
    // Without keys in `heartbeat` every group would repeat the mistake that is already reported there.
    if (own !== undefined && own.auth?.keys === undefined) return [];
    const found = auth.keys === undefined ? 'is missing' : 'names no key';
    const message = `${found}, allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME (failoverctl keygen makes a key)`;
    return [{ path: [...path, 'keys'], message }];
  }
  if (section !== undefined && 'active_key' in section && section.active_key === undefined) return [];
  if (auth.activeKey === undefined) {
    const message = `is missing and there are ${ids.length} keys, allowed: ${ids.join(', ')}`;
    return [{ path: [...path, 'active_key'], message }];
  }
  if (ids.includes(String(auth.activeKey))) return [];
  const at = section?.active_key === undefined ? 'keys' : 'active_key';
  const message =
    at === 'active_key'
      ? `${auth.activeKey} is not among the keys, allowed: ${ids.join(', ')}`
      : `lacks key ${auth.activeKey}, which heartbeat.auth.active_key names, allowed: that key too, or an active_key here`;
  return [{ path: [...path, at], message }];
}
