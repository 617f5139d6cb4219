import { mergeAuth } from './merge.ts';
import type { Finding, Path } from './mistake.ts';
import type { ConfigView } from './view.ts';

/* What belongs to one transport only, and the password of VRRPv2, which only keepalived's protocol 112 has. */

type HeartbeatView = NonNullable<ConfigView['heartbeat']>;
type OverrideView = NonNullable<NonNullable<NonNullable<ConfigView['groups']>[string]>['heartbeat']>;

interface Section {
  readonly path: Path;
  /** undefined: the common one. */
  readonly own: OverrideView | undefined;
}

/** What must hold between the transport and the other fields of `heartbeat` and of the groups' overrides. */
export function checkTransport(view: ConfigView): Finding[] {
  const base = view.heartbeat ?? {};
  // What has a mistake is reported already, and nothing can be said of what depends on it.
  if ('transport' in base && base.transport === undefined) return [];
  const transport = base.transport ?? 'udp';
  return [
    ...checkOwnKeys(base, transport),
    ...sectionsOf(view).flatMap((section) => checkPassword(base, transport, section)),
  ];
}

/** What a keepalived on the other side would not take. */
export function warnAboutTransport(view: ConfigView): Finding[] {
  const base = view.heartbeat ?? {};
  if (base.transport !== 'ip') return [];
  return sectionsOf(view).flatMap(({ path, own }) => {
    const version = own?.version ?? base.version ?? 3;
    const advertise = own?.advertise ?? base.advertise ?? 'vips';
    const isEmpty = advertise === 'none' || advertise.length === 0;
    const isOwn = own === undefined || own.version !== undefined || own.advertise !== undefined;
    if (version !== 3 || !isEmpty || !isOwn) return [];
    const message =
      'lists no address: keepalived discards such an advert of version 3, and both would be master; allowed beside keepalived: vips, or the addresses of its virtual_ipaddress';
    return [{ path: [...path, (own ?? base).advertise === undefined ? 'version' : 'advertise'], message }];
  });
}

function sectionsOf(view: ConfigView): Section[] {
  return [
    { path: ['heartbeat'], own: undefined },
    ...Object.entries(view.groups ?? {}).flatMap(([name, group]) =>
      group?.heartbeat === undefined ? [] : [{ path: ['groups', name, 'heartbeat'], own: group.heartbeat }],
    ),
  ];
}

function checkOwnKeys(base: HeartbeatView, transport: 'udp' | 'ip'): Finding[] {
  const stray = (key: string, belongsTo: string): Finding[] =>
    key in base && transport !== belongsTo
      ? [
          {
            path: ['heartbeat', key],
            message: `belongs to the ${belongsTo} transport, allowed with ${transport}: leave it out`,
          },
        ]
      : [];
  return [...stray('port', 'udp'), ...stray('min_ttl', 'ip')];
}

function checkPassword(base: HeartbeatView, transport: 'udp' | 'ip', { path, own }: Section): Finding[] {
  const section = own === undefined ? base.auth : own.auth;
  const auth = mergeAuth(base.auth, own?.auth);
  // A group that changes nothing of it would repeat what is said of the common part.
  if (own !== undefined && own.version === undefined && section === undefined) return [];
  if (section !== undefined && 'mode' in section && section.mode === undefined) return [];
  if (auth.mode !== 'password') {
    if (section?.pass === undefined) return [];
    const message = `belongs to auth.mode password and the mode is ${auth.mode}, allowed: leave it out`;
    return [{ path: [...path, 'auth', 'pass'], message }];
  }
  const version = own?.version ?? base.version ?? 3;
  if (transport !== 'ip' || version !== 2) {
    const found = transport === 'ip' ? `version ${version}` : `transport ${transport}`;
    const message = `password does not go with ${found}: it is a field of VRRPv2 as keepalived speaks it, allowed: enforce, permissive, receive-only, none; or transport ip and version 2`;
    const at = section?.mode === undefined ? ['version'] : ['auth', 'mode'];
    return [{ path: [...path, ...at], message }];
  }
  if (auth.pass !== undefined || (section !== undefined && 'pass' in section)) return [];
  const message =
    'is missing, allowed: file:/PATH, env:NAME or credential:NAME of the auth_pass that keepalived has, at most 8 bytes';
  return [{ path: [...path, 'auth', 'pass'], message }];
}
