import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diskOf } from '../load.test-support.ts';
import { type ImportResult, importDeployment } from './import.ts';
import { formatRemark } from './remark.ts';

/* One thing at a time, in a deployment of two routers that is otherwise as it should be. */

/** A vrrp_instance of one line each, `more` stands from line 8 on. */
function conf(own: string, peer: string, priority: number, more: string): string {
  return `vrrp_instance I {
interface ens3
virtual_router_id 51
priority ${priority}
unicast_src_ip ${own}
unicast_peer { ${peer} }
virtual_ipaddress { 10.0.0.4 dev ens5 }
${more}
}
`;
}

interface Change {
  readonly both?: string;
  readonly first?: string;
  readonly second?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly routers?: readonly string[];
}

function run({ both = '', first = '', second = '', files = {}, routers = ['a', 'b'] }: Change): ImportResult {
  const read = diskOf({
    a: conf('10.0.0.2', '10.0.0.3', 200, `${both}\n${first}`),
    b: conf('10.0.0.3', '10.0.0.2', 100, `${both}\n${second}`),
    ...files,
  });
  const scripts = Object.keys(files).filter((file) => file.endsWith('.sh'));
  return importDeployment({
    keepalived: routers.map((router) => ({ router, file: router })),
    scripts: scripts.map((file) => ({ router: file[0] ?? '', file })),
    addresses: [],
    agents: [],
    pcs: undefined,
    cluster: undefined,
    files: { read: (path) => read(path).bytes, list: () => [] },
  });
}

/** Remarks, and what is written without the comments. */
function show(change: Change): string {
  const result = run(change);
  const remarks = (result.ok ? result.remarks : result.mistakes).map((remark) => formatRemark(remark));
  const yaml = result.ok ? result.yaml.replaceAll(/^#.*\n/gm, '') : '';
  return `${remarks.join('\n')}\n${yaml}`;
}

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
  ])('%s', (_, change, expected) => {
    expect(show(change)).toContain(expected);
    expect(run(change).ok).toBe(true);
  });
});

describe('mistakes, after which nothing is written', () => {
  test.each<[string, Change, string]>([
    [
      'one router only',
      { routers: ['a'] },
      "a:6:16: unicast_peer 10.0.0.3 is no router's unicast_src_ip (or name that router's file, too, as in ROUTER=FILE)\n",
    ],
    [
      'AH',
      { both: 'authentication { auth_type AH\n}' },
      'a:8:18: auth_type AH is not spoken by failoverd, allowed: PASS or none; change it in keepalived on every router first\n',
    ],
    [
      'another authentication',
      { first: 'authentication { auth_type PASS\nauth_pass x }' },
      'b:1:1: authentication is none on b and PASS on a (a:10:1), allowed: the same on every router\n',
    ],
    [
      'another version',
      { second: 'version 3' },
      'b:9:1: version is 3 on b and 2 on a (a:1:1), allowed: the same on every router\n',
    ],
    ['a script that is not there', { both: 'track_script { s }' }, 'a:8:16: track_script: there is no vrrp_script s\n'],
    [
      'a delay that is no number',
      { first: 'preempt_delay x' },
      'a:9:1: preempt_delay is "x", allowed: seconds from 0 to 1000\n',
    ],
    [
      'VIPs that differ',
      { second: 'virtual_ipaddress { 10.0.0.9 }' },
      'a:7:21: a lacks 10.0.0.9, which b has (b:9:21), allowed: the same VIPs on every router\n',
    ],
    [
      'a VIP of a script without an interface',
      {
        files: {
          'a.sh':
            'oci network vnic assign-private-ip --vnic-id V --ip-address 10.9.0.4\noci network vnic assign-private-ip --vnic-id W --ip-address 10.9.0.5',
        },
      },
      'a.sh:1:1: which interface is 10.9.0.4, 10.9.0.5 on? ens3 is left for it; allowed: --addresses a=FILE with what "ip -json address show" prints there\n',
    ],
  ])('%s', (_, change, expected) => {
    expect(show(change)).toContain(expected);
    expect(run(change).ok).toBe(false);
  });

  test('no VIP at all: the script is asked for', () => {
    const files = Object.fromEntries(
      [conf('10.0.0.2', '10.0.0.3', 200, ''), conf('10.0.0.3', '10.0.0.2', 100, '')].map((text, index) => [
        ['a', 'b'][index] ?? '',
        text.replace(/virtual_ipaddress.*\n/, ''),
      ]),
    );
    expect(show({ files })).toBe(
      'a:1:1: I has no VIP: neither virtual_ipaddress nor a script names one, allowed: --script a=FILE with the script that becoming master runs\n',
    );
  });
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
