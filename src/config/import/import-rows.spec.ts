import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, conf, run, show } from './import.test-support.ts';
import { formatRemark } from './remark.ts';

test('without any change there is next to nothing to say', () => {
  expect(show({})).toMatch(/^a:7:21: note: ens5 has a VIP, so it is tracked from now on, .* on a\n\ncluster: i\n/);
});

describe('what is written', () => {
  test.each<[string, Change, string]>([
    [
      'an interval with a fraction, version 3',
      { both: 'advert_int 0.92\nversion 3' },
      '  version: 3\n  interval: 920ms\n',
    ],
    ['a preempt delay', { first: 'preempt_delay 4.5' }, '    preempt_delay: 4.5s\n'],
    ['nopreempt of the router that could pre-empt', { first: 'nopreempt' }, '    preempt: false\n'],
    ['nopreempt of the one that never could', { second: 'nopreempt' }, '    preempt: true\n'],
    [
      'nopreempt with state MASTER, as keepalived takes it',
      { first: 'state MASTER\nnopreempt' },
      '    preempt: true\n',
    ],
    ['a least TTL', { both: 'unicast_ttl 200' }, '  min_ttl: 200\n'],
    [
      'no least TTL, of which failoverd has none below 1',
      { first: 'unicast_peer { 10.0.0.3 min_ttl 0 }' },
      '  min_ttl: 1\n',
    ],
    ['an interface without a VIP', { both: 'track_interface { ens9 }' }, '      ens9: {}\n'],
    ['a VIP that is not advertised', { both: 'virtual_ipaddress_excluded { 10.0.0.5 }' }, '  advertise: [10.0.0.4]\n'],
    ['a hook with its arguments', { both: `notify_backup "/x 'a b' c" root` }, 'backup: [[/x, "a b", c]]'],
    [
      'a tracker',
      { both: 'track_script { s }\n}\nvrrp_script s { script /x\nweight -5' },
      'name: s, command: [/x], interval: 1s, timeout: 1s, fall: 1, rise: 1, weight: -5 }',
    ],
    [
      'a route',
      { both: 'virtual_routes { default via 10.0.0.1 dev ens5 }' },
      'routes: [{ to: 0.0.0.0/0, via: 10.0.0.1 }]',
    ],
  ])('%s', (_, change, expected) => {
    expect(show(change)).toContain(expected);
  });
});

describe('what is said', () => {
  test.each<[string, Change, string]>([
    [
      "keepalived's checksum of old",
      { both: 'version 3\nold_unicast_checksum' },
      'a:9:1: old_unicast_checksum: failoverd does not form the checksum of keepalived 1.3.6 and before: take this out of keepalived on every router first, or neither believes the other',
    ],
    [
      'a route of one router only',
      {
        first: 'virtual_routes { 10.1.0.0/20 via 10.0.0.1 dev ens5 }',
        second: 'virtual_routes { 10.2.0.0/20 via 10.0.0.1 dev ens5 }',
      },
      'b:9:18: the route to 10.2.0.0/20 by 10.0.0.1 is left out, for a lacks it: if every router is to have it, add it to the routes of its interface\na:9:18: b lacks the route to 10.1.0.0/20 by 10.0.0.1, and has it from now on\n',
    ],
    [
      'a static route of one router only',
      { second: '}\nstatic_routes { 10.2.0.0/20 via 10.0.0.1 dev ens5' },
      'b:10:17: the route to 10.2.0.0/20 by 10.0.0.1 is left out, for a lacks it',
    ],
    [
      'startup delays that differ',
      { first: '}\nglobal_defs { vrrp_startup_delay 3', second: '}\nglobal_defs { vrrp_startup_delay 9' },
      'a:10:15: vrrp_startup_delay is 3 s here, and 9 s is written for every router\n',
    ],
    [
      'a group whose name had to be changed',
      {
        both: '}\nvrrp_instance "J K" {\nvirtual_router_id 52\nvirtual_ipaddress { 10.0.0.5 dev ens5\n}\n',
        first: 'unicast_src_ip 10.0.0.2\nunicast_peer { 10.0.0.3\n}',
        second: 'unicast_src_ip 10.0.0.3\nunicast_peer { 10.0.0.2\n}',
      },
      'a:9:1: note: vrrp_instance J K is the group J-K\n',
    ],
    [
      'an unknown keyword',
      { first: 'nopreemt' },
      'a:9:1: "nopreemt" is no keyword here that this release knows, did you mean "nopreempt"?\n',
    ],
    [
      'words that keepalived passes over',
      { first: 'virtual_ipaddress { 10.0.0.4 10.0.0.9 }' },
      'a:9:21: "10.0.0.9" is passed over, by keepalived as well: it would need a line of its own\n',
    ],
    [
      'a delay that has no effect',
      { first: 'nopreempt\npreempt_delay 5' },
      'a:10:1: note: preempt_delay: has no effect in keepalived, for nopreempt, so it is not taken over\n',
    ],
    [
      'a sync group that names nobody',
      { both: '}\nvrrp_sync_group G { group { I X }' },
      'there is no vrrp_instance X: keepalived ignores it as well\n',
    ],
    [
      'a weight in a sync group',
      { both: 'track_interface { ens9 weight 5 }\n}\nvrrp_sync_group G { group { I }' },
      'note: ens9: keepalived ignores a weight in a sync group, so that it down is a fault',
    ],
    [
      'a hook on one router only',
      { first: 'notify_fault /x' },
      'a:9:1: "/x" runs on a and not on b: the hooks are the same on every router, so it runs there, too; put it there, or let it test the host name\n',
    ],
    [
      'a password that is too long',
      { both: 'authentication {\nauth_type PASS\nauth_pass 123456789\n}' },
      'note: auth_pass: only its first 8 bytes are sent, by keepalived as well',
    ],
    [
      'a check whose program has no path',
      { both: 'track_script { s }\n}\nvrrp_script s { script "x y"' },
      'note: vrrp_script s: its program is found by /usr/bin/env, write its path instead',
    ],
    [
      'a hook of root',
      { both: 'notify_backup /x root\nnotify_fault /y' },
      'a:8:1: hooks run as the user of the daemon, not as root: try each as that user; it cannot become root, so what needs root has to be a unit of systemd that polkit lets it start (also b:8:1)\na:9:1: hooks run as the user of the daemon, not as root or keepalived_script: ',
    ],
    [
      'a check of the user that script_user names',
      { both: 'track_script { s }\n}\nvrrp_script s { script /x\n}\nglobal_defs { script_user nobody' },
      'a:12:15: trackers run as the user of the daemon, not as nobody: ',
    ],
    [
      'prefix lengths that differ',
      {
        first: 'virtual_ipaddress_excluded { 10.0.0.5/28 dev ens5 }',
        second: 'virtual_ipaddress_excluded { 10.0.0.5 dev ens5 }',
      },
      'b:9:30: 10.0.0.5 has prefix length 32 on b and 28 on a (a:9:30), and one is written for every router: look whether it is that of the subnet\n',
    ],
    [
      'an HMAC that is set up differently',
      {
        both: 'version 3',
        first: 'auth_hmac { key 1 file:/k1\nkey 2 file:/k2\ntime_window 9 }',
        second: 'auth_hmac { key 1 file:/k1\nkey 2 file:/k2\nactive_key 2\nmode permissive }',
      },
      'b:9:1: active_key of auth_hmac is 2 on b and 1 on a (a:9:1): the latter is written for every router\nb:9:1: mode of auth_hmac is permissive on b and enforce on a (a:9:1): the latter is written for every router\nb:9:1: time_window of auth_hmac is 5 s on b and 9 s on a (a:9:1): the latter is written for every router\n',
    ],
  ])('%s', (_, change, expected) => {
    expect(show(change)).toContain(expected);
    expect(run(change).ok).toBe(true);
  });
});

test('a time window is written where it is not the one that failoverd has by itself', () => {
  const hmac = (window: string): string => show({ both: `version 3\nauth_hmac { key 1 file:/k\n${window} }` });
  expect(hmac('time_window 9')).toContain('    time_window: 9s\n');
  expect(hmac('time_window 5')).not.toContain('time_window');
  expect(hmac('')).not.toContain('time_window');
});

test('nothing is said of the user of a script that is no hook, nor of one that is the same', () => {
  const claim = 'oci network vnic assign-private-ip --vnic-id V --ip-address 10.0.0.4';
  const files = { 'a.sh': claim, 'b.sh': claim };
  expect(show({ first: 'notify_master /a.sh root', second: 'notify_master /b.sh root', files })).not.toContain(
    'run as',
  );
  expect(show({ both: 'notify_backup /x failoverd' })).not.toContain('run as');
});

describe('the least TTL over IPv6', () => {
  const overIpv6 = (more: string): string => {
    const files = {
      a: conf('fd00::2', 'fd00::3', 200, more, 'fd00::4'),
      b: conf('fd00::3', 'fd00::2', 100, more, 'fd00::4'),
    };
    return show({ files });
  };

  test('is what keepalived sends with, unless told otherwise', () => {
    expect(overIpv6('')).toContain('\n  min_ttl: 64\n');
    expect(overIpv6('')).toContain(
      'keepalived sends over IPv6 with hop limit 64, so min_ttl: 64 is written: take it out after the migration',
    );
  });

  test('is 255 where keepalived was told so', () => {
    expect(overIpv6('unicast_ttl 255')).not.toContain('min_ttl');
  });
});

test('trackers whose names are the same for failoverd are two', () => {
  const scripts = 'vrrp_script "s t" {\nscript /x\n}\nvrrp_script s-t {\nscript /y';
  const written = show({ both: `track_script {\n"s t"\ns-t\n}\n}\n${scripts}` });
  expect(written).toContain('- { name: s-t, command: [/x],');
  expect(written).toContain('- { name: s-t-2, command: [/y],');
});

test('groups whose names are the same for failoverd are two, and synced with each other', () => {
  const other = (own: string, peer: string): string =>
    `virtual_ipaddress {\n10.0.0.5 dev ens5\n}\nunicast_src_ip ${own}\nunicast_peer {\n${peer}\n}\n}\nvrrp_instance I-J {\nvirtual_router_id 53\nunicast_src_ip ${own}\nunicast_peer {\n${peer}\n}\nvirtual_ipaddress {\n10.0.0.6 dev ens5\n}\n}\nvrrp_sync_group G {\ngroup {\n"I J"\nI-J\n}`;
  const both = '}\nvrrp_instance "I J" {\nvirtual_router_id 52';
  const written = show({ both, first: other('10.0.0.2', '10.0.0.3'), second: other('10.0.0.3', '10.0.0.2') });
  expect(written).toMatch(/^ {2}I-J:\n[\s\S]* {4}sync: \[I-J-3\]\n {2}I-J-3:\n[\s\S]* {4}sync: \[I-J\]\n/m);
});

test('text older than UTF-8 is read, what is no text is not', () => {
  const change = { both: '! caf\u00e9' };
  const latin = (text: string): Uint8Array => Buffer.from(text, 'latin1');
  const result = run(change, latin);
  expect(result.ok && result.remarks.map((remark) => formatRemark(remark))).toContain(
    'a:8:1: note: is not UTF-8 here: it is taken for ISO 8859-1 (also b:8:1)',
  );
  const zeros = run({ both: '\0' }, latin);
  expect(!zeros.ok && zeros.mistakes.map((remark) => formatRemark(remark))).toContain(
    'a:1:1: a cannot be read: it is not text',
  );
});

test('whatever the files hold, the import ends without an error', () => {
  const keywords =
    'state interface virtual_router_id priority advert_int version unicast_src_ip unicast_peer unicast_ttl authentication auth_type auth_pass auth_hmac key active_key nopreempt preempt_delay track_interface track_script virtual_ipaddress virtual_ipaddress_excluded virtual_routes notify notify_master notify_backup global_defs vrrp_instance vrrp_sync_group group vrrp_script script weight interval static_routes';
  const values = [
    'MASTER',
    'ens3',
    '51',
    '-1',
    '1.5',
    '10.0.0.4',
    'fd00::1/64',
    'dev',
    'via',
    '{',
    '}',
    '\n',
    '"',
    '"/x y"',
    'PASS',
    'I',
    'hex:00',
    'weight',
    'reverse',
    '0.0.0.0/0',
    '$A',
    '@a',
  ];
  const piece = fc.constantFrom(...keywords.split(' '), ...values);
  const text = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(' '));
  fc.assert(
    fc.property(text, text, text, (both, first, script) => {
      const result = run({ both, first, files: { 'a.sh': script } });
      return result.ok ? result.yaml.length > 0 : result.mistakes.length > 0;
    }),
    { numRuns: 300 },
  );
});
