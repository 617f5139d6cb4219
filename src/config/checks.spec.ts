import { describe, expect, test } from 'vitest';
import { edit, lines, load, type MistakeRow, REFERENCE } from './load.test-support.ts';

const ens5 = '{ vips: [10.0.0.4/28] }';
const priority = '{ vrouter1: 200, vrouter2: 100 }';
const addresses2 = '[172.20.136.131, 10.0.0.3]';

const ROWS: MistakeRow[] = [
  {
    name: 'VIP that OCI reserves',
    changes: [['10.0.0.4/28', '10.0.0.1/28']],
    mistakes: [
      'f.yaml:14:22: groups.isv.interfaces.ens5.vips[0]: 10.0.0.1/28 is reserved, allowed: any but the first two and the last address of a subnet, which OCI keeps for itself',
    ],
  },
  ...['127.0.0.1', '169.254.169.254', '240.0.0.1'].map((address) => ({
    name: `VIP ${address}`,
    changes: [['10.0.0.36', address]] as const,
    mistakes: [
      `f.yaml:15:22: groups.isv.interfaces.ens6.vips[0]: ${address} is in no subnet, allowed: an address of the subnet of the interface`,
    ],
  })),
  {
    name: 'VIP twice',
    changes: [['10.0.0.36', '10.0.0.4']],
    mistakes: [
      'f.yaml:15:22: groups.isv.interfaces.ens6.vips[0]: 10.0.0.4 is already in groups.isv.interfaces.ens5.vips[0], allowed: an address once',
    ],
  },
  {
    name: 'VIP that is a router',
    changes: [['10.0.0.36', '10.0.0.3']],
    mistakes: [
      'f.yaml:15:22: groups.isv.interfaces.ens6.vips[0]: 10.0.0.3 is already in routers.vrouter2.addresses[1], allowed: an address once',
    ],
  },
  {
    name: 'two routers with one address',
    changes: [[addresses2, '[172.20.136.130, 10.0.0.3]']],
    mistakes: [
      'f.yaml:4:27: routers.vrouter2.addresses[0]: 172.20.136.130 is already in routers.vrouter1.addresses[0], allowed: an address once',
    ],
  },
  {
    name: 'no VIP',
    changes: [
      ['[172.20.136.132]', '[]'],
      [ens5, '{}'],
      ['[10.0.0.36]', '[]'],
    ],
    mistakes: [
      'f.yaml:12:5: groups.isv.interfaces: has no VIP on any interface, allowed: at least one VIP for each group',
    ],
  },
  {
    name: 'one router',
    changes: [[`  vrouter2: { addresses: ${addresses2} }\n`, '']],
    mistakes: [
      'f.yaml:2:1: routers: names one router, allowed: two or more',
      'f.yaml:10:32: groups.isv.priority.vrouter2: is not a router, did you mean "vrouter1"? allowed: vrouter1',
    ],
  },
  {
    name: 'fewer addresses',
    changes: [[addresses2, '[172.20.136.131]']],
    mistakes: [
      'f.yaml:4:26: routers.vrouter2.addresses: has one address and vrouter1 has 2, allowed: the same number on every router, one for each heartbeat path',
    ],
  },
  {
    name: 'families of a path',
    changes: [[addresses2, '[172.20.136.131, "fd00::3"]']],
    mistakes: [
      'f.yaml:4:43: routers.vrouter2.addresses[1]: is IPv6 and address 2 of vrouter1 is IPv4, allowed: one family for each heartbeat path',
    ],
  },
  {
    name: 'priority of an unknown router',
    changes: [[priority, '{ vrouter1: 200, vruoter2: 100 }']],
    mistakes: [
      'f.yaml:11:5: groups.isv.priority: lacks vrouter2, allowed: a priority for every router',
      'f.yaml:11:32: groups.isv.priority.vruoter2: is not a router, did you mean "vrouter2"? allowed: vrouter1, vrouter2',
    ],
  },
  {
    name: 'priority 255',
    changes: [['200', '255']],
    mistakes: ['f.yaml:11:27: groups.isv.priority.vrouter1: is 255, allowed: a whole number from 1 to 254'],
  },
  {
    name: 'device map',
    changes: [['10.0.0.2] }', '10.0.0.2], interfaces: { ens33: eth0, ens5: ens6 } }']],
    mistakes: [
      'f.yaml:3:68: routers.vrouter1.interfaces.ens33: is not an interface of any group, did you mean "ens3"? allowed: ens3, ens5, ens6',
      'f.yaml:3:87: routers.vrouter1.interfaces.ens5: ens6 is already the device of ens6, allowed: a device once',
    ],
  },
  {
    name: 'VRID twice',
    changes: [
      [
        '  isv:',
        `  pod: { virtual_router_id: 51, priority: ${priority}, interfaces: { ens7: { vips: [10.9.9.9] } } }\n  isv:`,
      ],
    ],
    mistakes: [
      'f.yaml:11:24: groups.isv.virtual_router_id: 51 is already the id of group pod, allowed: a different id for each group',
    ],
  },
  {
    name: 'tracker twice',
    changes: [
      [
        'priority:',
        'trackers: [{ name: a, command: [/bin/a] }, { name: b, command: [/bin/b] }, { name: a, command: [/bin/c] }]\n    priority:',
      ],
    ],
    mistakes: [
      'f.yaml:11:88: groups.isv.trackers[2].name: "a" is already the name of another tracker of the group, allowed: a different name for each',
    ],
  },
  {
    name: 'routes',
    changes: [
      ['28] }', '28], routes: [{ to: 10.1.2.3/20, via: 10.0.0.1 }, { to: 10.2.0.0/20, via: "fd00::1" }] }'],
      ['[10.0.0.36] }', '[10.0.0.36], routes: [{ to: 10.1.0.0/20, via: 10.0.0.33 }] }'],
    ],
    mistakes: [
      'f.yaml:14:51: groups.isv.interfaces.ens5.routes[0].to: 10.1.2.3/20 has host bits, allowed: 10.1.0.0/20',
      'f.yaml:14:105: groups.isv.interfaces.ens5.routes[1].via: fd00::1 does not go with 10.2.0.0/20, allowed: an IPv4 address',
      'f.yaml:15:49: groups.isv.interfaces.ens6.routes[0].to: 10.1.0.0/20 is already in groups.isv.interfaces.ens5.routes[0], allowed: a destination once',
    ],
  },
  {
    name: 'no group',
    changes: [[REFERENCE.slice(REFERENCE.indexOf('groups:')), 'groups: {}\n']],
    mistakes: ['f.yaml:8:1: groups: names no group, allowed: one or more'],
  },
  {
    name: 'interval of version 3',
    changes: [['heartbeat:', 'heartbeat:\n  interval: 41s']],
    mistakes: ['f.yaml:6:13: heartbeat.interval: is "41s", allowed: 10ms to 40.95s in steps of 10ms for version 3'],
  },
  {
    name: 'interval of version 2',
    changes: [['heartbeat:', 'heartbeat:\n  version: 2\n  interval: 200ms']],
    mistakes: ['f.yaml:7:13: heartbeat.interval: is "200ms", allowed: whole seconds from 1s to 255s for version 2'],
  },
  {
    name: 'interval that a group of version 2 inherits',
    changes: [
      ['heartbeat:', 'heartbeat:\n  interval: 200ms'],
      ['priority:', 'heartbeat: { version: 2 }\n    priority:'],
    ],
    mistakes: [
      'f.yaml:12:27: groups.isv.heartbeat.version: 2 does not go with heartbeat.interval 200ms, allowed: an interval of its own for this group, whole seconds from 1s to 255s for version 2',
    ],
  },
  {
    name: 'version 2 with IPv6',
    changes: [
      ['heartbeat:', 'heartbeat:\n  version: 2'],
      ['10.0.0.2', '"fd00::2"'],
      ['10.0.0.3', '"fd00::3"'],
    ],
    mistakes: [
      'f.yaml:6:12: heartbeat.version: 2 is for IPv4 and a router has the address fd00::2, allowed: 3 with IPv6 addresses',
    ],
  },
];

describe('what must hold between fields', () => {
  test.each(ROWS)('$name', ({ changes, mistakes }) => {
    expect(lines(load(edit(REFERENCE, ...changes)))).toEqual(mistakes);
  });
});
