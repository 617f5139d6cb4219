import { describe, expect, test } from 'vitest';
import { diskOf, edit, KEY, lines, type MistakeRow, REFERENCE } from './load.test-support.ts';
import { loadConfig } from './load.ts';
import { printEffective } from './print.ts';

/** The reference deployment as a keepalived's peer. */
const IP = edit(
  REFERENCE,
  ['heartbeat:', 'heartbeat:\n  transport: ip\n  version: 2\n  advertise: none'],
  ['    keys: { 1: "file:/key" }', '    mode: password\n    pass: "file:/pass"'],
);

const FILES = { '/key': KEY, '/pass': 'ISV-test\n', '/long': 'ISV-test-long', '/empty': '\n' };

const load = (text: string) =>
  loadConfig({
    path: 'f.yaml',
    node: 'vrouter1',
    hostname: '',
    env: {},
    readFile: diskOf({ ...FILES, 'f.yaml': text }),
  });

function effective(text: string) {
  const result = load(text);
  if (!result.ok) throw new Error(lines(result).join('\n'));
  return result.loaded.config;
}

const NOT_EVERYBODY =
  'it is a field of VRRPv2 as keepalived speaks it, allowed: enforce, permissive, receive-only, none; or transport ip and version 2';

const ROWS: (MistakeRow & { readonly of?: string })[] = [
  {
    name: 'port with ip',
    changes: [['  version: 2', '  version: 2\n  port: 8112']],
    mistakes: ['f.yaml:8:9: heartbeat.port: belongs to the udp transport, allowed with ip: leave it out'],
  },
  {
    name: 'min_ttl with udp',
    of: REFERENCE,
    changes: [['heartbeat:', 'heartbeat:\n  min_ttl: 254']],
    mistakes: ['f.yaml:6:12: heartbeat.min_ttl: belongs to the ip transport, allowed with udp: leave it out'],
  },
  {
    name: 'password with udp',
    changes: [['  transport: ip\n', '']],
    mistakes: [`f.yaml:9:11: heartbeat.auth.mode: password does not go with transport udp: ${NOT_EVERYBODY}`],
  },
  {
    name: 'password with version 3',
    changes: [['version: 2', 'version: 3']],
    mistakes: [`f.yaml:10:11: heartbeat.auth.mode: password does not go with version 3: ${NOT_EVERYBODY}`],
  },
  {
    name: 'password that a group of version 3 inherits',
    changes: [['priority:', 'heartbeat: { version: 3 }\n    priority:']],
    mistakes: [`f.yaml:15:27: groups.isv.heartbeat.version: password does not go with version 3: ${NOT_EVERYBODY}`],
  },
  {
    name: 'mode password without one',
    changes: [['    pass: "file:/pass"\n', '']],
    mistakes: [
      'f.yaml:9:3: heartbeat.auth.pass: is missing, allowed: file:/PATH, env:NAME or credential:NAME of the auth_pass that keepalived has, at most 8 bytes',
    ],
  },
  {
    name: 'a password that is not used',
    changes: [['mode: password', 'mode: none']],
    mistakes: [
      'f.yaml:11:11: heartbeat.auth.pass: belongs to auth.mode password and the mode is none, allowed: leave it out',
    ],
  },
  {
    name: 'a password in the file itself',
    changes: [['"file:/pass"', 'ISV-test']],
    mistakes: [
      'f.yaml:11:11: heartbeat.auth.pass: is text of another form (not shown), allowed: file:/PATH, env:NAME or credential:NAME',
    ],
  },
  {
    name: 'a password that cannot be read',
    changes: [['/pass', '/nopass']],
    mistakes: ['f.yaml:11:11: heartbeat.auth.pass: /nopass cannot be read: there is no such file'],
  },
  {
    name: 'an empty password',
    changes: [['/pass', '/empty']],
    mistakes: ['f.yaml:11:11: heartbeat.auth.pass: /empty is empty, allowed: a password of 1 to 8 bytes'],
  },
  {
    name: 'IPv6 with version 2',
    changes: [
      ['10.0.0.2', '"fd00::2"'],
      ['10.0.0.3', '"fd00::3"'],
    ],
    mistakes: [
      'f.yaml:7:12: heartbeat.version: 2 is for IPv4 and a router has the address fd00::2, allowed: 3 with IPv6 addresses',
    ],
  },
];

test.each(ROWS)('$name', ({ of = IP, changes, mistakes }) => {
  expect(lines(load(edit(of, ...changes)))).toEqual(mistakes);
});

describe('what is served', () => {
  test('VRRPv2 with a password, without a key', () => {
    const { heartbeat, groups } = effective(IP);
    expect(heartbeat).toMatchObject({ transport: 'ip', version: 2, interval: 1000, minTtl: 255, advertise: 'none' });
    const password = { text: 'ISV-test', source: 'file:/pass' };
    expect(groups[0]?.heartbeat.auth).toMatchObject({ mode: 'password', keys: [], password });
  });

  test('a group with another password, and one with none', () => {
    const text = edit(
      IP,
      ['pass"', 'pass"\n    time_window: 2s'],
      ['priority:', 'heartbeat: { auth: { pass: "env:OTHER" } }\n    priority:'],
    );
    const result = loadConfig({
      path: 'f.yaml',
      node: 'vrouter1',
      hostname: '',
      env: { OTHER: 'other' },
      readFile: diskOf({ ...FILES, 'f.yaml': text }),
    });
    expect(result.ok && result.loaded.config.groups[0]?.heartbeat.auth.password?.text).toBe('other');
    const none = edit(IP, ['priority:', 'heartbeat: { auth: { mode: none } }\n    priority:']);
    expect(effective(none).groups[0]?.heartbeat.auth.password).toBeUndefined();
  });

  test('signatures, and a lower TTL', () => {
    const text = edit(REFERENCE, ['heartbeat:', 'heartbeat:\n  transport: ip\n  min_ttl: 64']);
    expect(effective(text).heartbeat).toMatchObject({ transport: 'ip', version: 3, minTtl: 64 });
  });

  test('what is printed can be loaded again and means the same, and shows no password', () => {
    const printed = printEffective(effective(IP));
    expect(printed).toContain('pass: file:/pass');
    expect(printed).not.toContain('ISV-test');
    expect(effective(printed)).toEqual(effective(IP));
  });
});

describe('what is warned about', () => {
  test('a password of which only a part counts', () => {
    expect(lines(load(edit(IP, ['/pass', '/long'])))).toEqual([
      'ok',
      'f.yaml:11:11: heartbeat.auth.pass: /long holds 13 bytes: VRRPv2 sends and compares the first 8, as keepalived does',
    ]);
  });

  const LISTS_NONE =
    'lists no address: keepalived discards such an advert of version 3, and both would be master; allowed beside keepalived: vips, or the addresses of its virtual_ipaddress';

  test('version 3 without addresses', () => {
    const text = edit(REFERENCE, ['heartbeat:', 'heartbeat:\n  transport: ip\n  advertise: none']);
    expect(lines(load(text))).toEqual(['ok', `f.yaml:7:14: heartbeat.advertise: ${LISTS_NONE}`]);
    expect(lines(load(edit(text, ['  transport: ip\n', ''])))).toEqual(['ok']);
  });

  test('a group of version 3 that inherits the empty list', () => {
    const text = edit(IP, ['priority:', 'heartbeat: { version: 3, auth: { mode: none } }\n    priority:']);
    expect(lines(load(text))).toContain(`f.yaml:15:27: groups.isv.heartbeat.version: ${LISTS_NONE}`);
  });
});
