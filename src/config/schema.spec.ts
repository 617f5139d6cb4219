import { describe, expect, test } from 'vitest';
import { edit, lines, load, type MistakeRow, REFERENCE } from './load.test-support.ts';

const auth = 'keys: { 1: "file:/key" }';
const ens5 = '{ vips: [10.0.0.4/28] }';
const priority = '{ vrouter1: 200, vrouter2: 100 }';

const ROWS: MistakeRow[] = [
  {
    name: 'unknown key with a neighbour',
    changes: [['heartbeat:', 'hartbeat: {}\nheartbeat:']],
    mistakes: [
      'f.yaml:5:1: hartbeat: is not a known key, did you mean "heartbeat"? allowed: cluster, routers, heartbeat, groups, mode, oci, addresses, kernel, startup_delay, drain_timeout, metrics, control, log',
    ],
  },
  {
    name: 'unknown key without one',
    changes: [['heartbeat:', 'zzzzzz: {}\nheartbeat:']],
    mistakes: [
      'f.yaml:5:1: zzzzzz: is not a known key, allowed: cluster, routers, heartbeat, groups, mode, oci, addresses, kernel, startup_delay, drain_timeout, metrics, control, log',
    ],
  },
  {
    name: 'unknown key deep down',
    changes: [[ens5, '{ vips: [10.0.0.4], vip: 1 }']],
    mistakes: [
      'f.yaml:14:33: groups.isv.interfaces.ens5.vip: is not a known key, did you mean "vips"? allowed: vips, routes',
    ],
  },
  {
    name: 'missing key',
    changes: [['    virtual_router_id: 51\n', '']],
    mistakes: ['f.yaml:9:3: groups.isv.virtual_router_id: is missing, allowed: a whole number from 1 to 255'],
  },
  {
    name: 'missing sections',
    changes: [[REFERENCE, 'cluster: a\n']],
    mistakes: [
      'f.yaml:1:1: routers: is missing, allowed: a mapping of router name to its addresses',
      'f.yaml:1:1: groups: is missing, allowed: a mapping of group name to its settings',
      'f.yaml:1:1: heartbeat.auth.keys: is missing, allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME (failoverctl keygen makes a key)',
    ],
  },
  {
    name: 'key without value',
    changes: [['heartbeat:', 'log:\nheartbeat:']],
    mistakes: ['f.yaml:5:5: log: has no value, allowed: a mapping with level, format'],
  },
  {
    name: 'text for a mapping',
    changes: [[auth, 'keys: topsecret']],
    mistakes: [
      'f.yaml:7:11: heartbeat.auth.keys: is text of another form (not shown), allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME',
    ],
  },
  {
    name: 'list for a mapping',
    changes: [[priority, '[200, 100]']],
    mistakes: ['f.yaml:11:15: groups.isv.priority: is a list, allowed: a mapping of router name to priority'],
  },
  {
    name: 'text for a list',
    changes: [[ens5, '{ vips: 10.0.0.4 }']],
    mistakes: [
      'f.yaml:14:21: groups.isv.interfaces.ens5.vips: is "10.0.0.4" and not a list, allowed: a list of IP addresses',
    ],
  },
  {
    name: 'empty list',
    changes: [['[172.20.136.130, 10.0.0.2]', '[]']],
    mistakes: ['f.yaml:3:26: routers.vrouter1.addresses: is an empty list, allowed: a list of at least one IP address'],
  },
  {
    name: 'duration without unit',
    changes: [['heartbeat:', 'startup_delay: 200\nheartbeat:']],
    mistakes: ['f.yaml:5:16: startup_delay: is 200, allowed: a duration from 0s to 10m, as in 200ms, 2s, 1m'],
  },
  {
    name: 'duration out of range',
    changes: [['heartbeat:', 'drain_timeout: 11m\nheartbeat:']],
    mistakes: ['f.yaml:5:16: drain_timeout: is "11m", allowed: a duration from 0s to 10m, as in 200ms, 2s, 1m'],
  },
  {
    name: 'duration of another unit',
    changes: [['heartbeat:', 'drain_timeout: 1h\nheartbeat:']],
    mistakes: ['f.yaml:5:16: drain_timeout: is "1h", allowed: a duration from 0s to 10m, as in 200ms, 2s, 1m'],
  },
  {
    name: 'number out of range',
    changes: [['51', '256']],
    mistakes: ['f.yaml:10:24: groups.isv.virtual_router_id: is 256, allowed: a whole number from 1 to 255'],
  },
  {
    name: 'number with a fraction',
    changes: [['51', '5.1']],
    mistakes: ['f.yaml:10:24: groups.isv.virtual_router_id: is 5.1, allowed: a whole number from 1 to 255'],
  },
  {
    name: 'number as text',
    changes: [['51', '"51"']],
    mistakes: ['f.yaml:10:24: groups.isv.virtual_router_id: is "51", allowed: a whole number from 1 to 255'],
  },
  {
    name: 'yes for true',
    changes: [['priority:', 'preempt: yes\n    priority:']],
    mistakes: ['f.yaml:11:14: groups.isv.preempt: is "yes", allowed: true or false'],
  },
  {
    name: 'word of a list',
    changes: [['heartbeat:', 'log: { level: trace }\nheartbeat:']],
    mistakes: ['f.yaml:5:15: log.level: is "trace", allowed: error, warn, info, debug'],
  },
  {
    name: 'name',
    changes: [['isv-pod', 'isv pod']],
    mistakes: ['f.yaml:1:10: cluster: is "isv pod", allowed: a name of letters, digits, "-", "_" and ".", at most 63'],
  },
  {
    name: 'name of a router',
    changes: [['vrouter1:', 'vrouter1.example.com:']],
    mistakes: [
      'f.yaml:3:3: routers["vrouter1.example.com"]: the name is "vrouter1.example.com", allowed: a short host name of letters, digits and "-", at most 63',
    ],
  },
  {
    name: 'name of an interface',
    changes: [['ens5', 'a-name-that-is-too-long']],
    mistakes: [
      'f.yaml:14:7: groups.isv.interfaces.a-name-that-is-too-long: the name is "a-name-that-is-too-long", allowed: an interface name of 1 to 15 characters without "/", ":" and spaces',
    ],
  },
  {
    name: 'URL',
    changes: [['heartbeat:', 'oci: { endpoints: { network: localhost } }\nheartbeat:']],
    mistakes: [
      'f.yaml:5:30: oci.endpoints.network: is "localhost", allowed: a URL that starts with http:// or https://',
    ],
  },
  {
    name: 'region',
    changes: [['heartbeat:', 'oci: { region: FRA }\nheartbeat:']],
    mistakes: ['f.yaml:5:16: oci.region: is "FRA", allowed: auto or a region name, as in eu-frankfurt-1'],
  },
  {
    name: 'listen',
    changes: [['heartbeat:', 'metrics: { listen: 9112 }\nheartbeat:']],
    mistakes: ['f.yaml:5:20: metrics.listen: is 9112, allowed: ADDRESS:PORT, as in 127.0.0.1:9112 or [::1]:9112'],
  },
  {
    name: 'socket',
    changes: [['heartbeat:', 'control: { socket: here.sock }\nheartbeat:']],
    mistakes: ['f.yaml:5:20: control.socket: is "here.sock", allowed: an absolute path of at most 99 bytes'],
  },
  {
    name: 'advertise',
    changes: [['heartbeat:', 'heartbeat:\n  advertise: all']],
    mistakes: ['f.yaml:6:14: heartbeat.advertise: is "all", allowed: vips, none or a list of at most 255 IP addresses'],
  },
  {
    name: 'address',
    changes: [['172.20.136.130', '172.20.136.300']],
    mistakes: ['f.yaml:3:27: routers.vrouter1.addresses[0]: is "172.20.136.300", allowed: an IPv4 or IPv6 address'],
  },
  {
    name: 'address with leading zeros',
    changes: [['172.20.136.130', '172.20.136.030']],
    mistakes: ['f.yaml:3:27: routers.vrouter1.addresses[0]: is "172.20.136.030", allowed: an IPv4 or IPv6 address'],
  },
  {
    name: 'program without its path',
    changes: [['priority:', 'trackers: [{ name: a, command: [ping, -c1] }]\n    priority:']],
    mistakes: [
      'f.yaml:11:36: groups.isv.trackers[0].command: is "ping" and not an absolute path, allowed: a program with its absolute path and its arguments as a list, as in [/usr/local/bin/check, -q]',
    ],
  },
  {
    name: 'command line as text',
    changes: [['priority:', 'trackers: [{ name: a, command: /bin/ping -c1 }]\n    priority:']],
    mistakes: [
      'f.yaml:11:36: groups.isv.trackers[0].command: is "/bin/ping -c1" and not a list, allowed: a program with its absolute path and its arguments as a list, as in [/usr/local/bin/check, -q]',
    ],
  },
  {
    name: 'weight',
    changes: [['priority:', 'trackers: [{ name: a, command: [/bin/a], weight: 254 }]\n    priority:']],
    mistakes: [
      'f.yaml:11:54: groups.isv.trackers[0].weight: is 254, allowed: fault or a whole number from -253 to 253',
    ],
  },
  {
    name: 'VIP with a prefix length too long',
    changes: [['10.0.0.4/28', '10.0.0.4/33']],
    mistakes: [
      'f.yaml:14:22: groups.isv.interfaces.ens5.vips[0]: is "10.0.0.4/33", allowed: an IPv4 or IPv6 address, with or without its prefix length',
    ],
  },
];

describe('a field says what is wrong with it and what is allowed', () => {
  test.each(ROWS)('$name', ({ changes, mistakes }) => {
    expect(lines(load(edit(REFERENCE, ...changes)))).toEqual(mistakes);
  });
});
