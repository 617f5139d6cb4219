import { describe, expect, test } from 'vitest';
import { type Change, conf, run, show } from './import.test-support.ts';

describe('mistakes, after which nothing is written', () => {
  test.each<[string, Change, string]>([
    [
      'an instance that is there twice',
      { first: '}\nvrrp_instance I {\nvirtual_router_id 52' },
      'a:10:1: there is a vrrp_instance I already (a:1:1), and keepalived passes over this one: take it out, or give it another name\n',
    ],
    [
      'one VRID for two instances',
      { both: '}\nvrrp_instance J {\nvirtual_router_id 51\nvirtual_ipaddress { 10.0.0.5 dev ens5\n}' },
      'a:10:1: virtual_router_id 51 is that of I, too (a:3:1), allowed: a different one for each vrrp_instance; change it in keepalived on every router first\n',
    ],
    [
      'a check that differs',
      {
        both: 'track_script { s }\n}\nvrrp_script s {',
        first: 'script /x\ninterval 2',
        second: 'script /y\ninterval 5\ntimeout 2\nweight 5',
      },
      'b:10:1: vrrp_script s: script is /y on b and /x on a (a:10:1), allowed: the same on every router\nb:10:1: vrrp_script s: interval is 5 s on b and 2 s on a (a:10:1), allowed: the same on every router\nb:10:1: vrrp_script s: weight is 5 on b and 0 on a (a:10:1), allowed: the same on every router\n',
    ],
    [
      'a sync group of one router only',
      { second: '}\nvrrp_sync_group G { group { I\n}' },
      'a:1:1: a lacks vrrp_sync_group G, which b has (b:10:1), allowed: the same members and the same tracking on every router\n',
    ],
    [
      'a sync group that tracks something else',
      {
        first: '}\nvrrp_sync_group G { group { I\n}',
        second: '}\nvrrp_sync_group G { group { I\n}\ntrack_interface { ens9\n}',
      },
      'b:10:1: b has another vrrp_sync_group G, which a has (a:10:1), allowed: the same members and the same tracking on every router\n',
    ],
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
