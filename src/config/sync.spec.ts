import { describe, expect, it, test } from 'vitest';
import { edit, lines, load, REFERENCE } from './load.test-support.ts';
import { syncSetOf } from './sync.ts';

const groups = (written: string) =>
  written.split(' ').map((entry) => {
    const [name = '', list] = entry.split(':');
    return { name, sync: list === undefined ? [] : list.split(',') };
  });

describe('a sync set', () => {
  it.each([
    ['a b', 'a', 'a'],
    ['a:b b', 'a', 'a b'],
    ['a:b b', 'b', 'a b'],
    ['a b:a c:b d', 'a', 'a b c'],
    ['a b:a c:b d', 'd', 'd'],
    ['c:a b a:b', 'b', 'c b a'],
    ['a:b b:a', 'a', 'a b'],
  ])('of %s: that of %s is %s', (written, name, expected) => {
    expect(syncSetOf(groups(written), name).join(' ')).toBe(expected);
  });
});

/** A second group, with what it says beyond its VIP. */
const pod = (priority: string, more: string): readonly [string, string] => [
  'groups:',
  `groups:
  pod:
    virtual_router_id: 52
    priority: ${priority}
    interfaces: { ens7: { vips: [10.9.0.4] } }
    ${more}`,
];

test.each([
  [pod('{ vrouter1: 200, vrouter2: 100 }', 'sync: [isv]'), ['ok']],
  [pod('{ vrouter1: 20, vrouter2: 10 }', 'sync: [isv]'), ['ok']],
  [pod('{ vrouter1: 10, vrouter2: 20 }', 'sync: []'), ['ok']],
  [
    pod('{ vrouter1: 10, vrouter2: 20 }', 'sync: [isv]'),
    [
      'f.yaml:16:5: groups.isv.priority: orders the routers vrouter1 > vrouter2, and that of pod vrouter2 > vrouter1, allowed: the same in groups that fail over together (pod, isv)',
    ],
  ],
  [
    pod('{ vrouter1: 20, vrouter2: 10 }', 'sync: [isv]\n    trackers: [{ name: a, command: [/bin/a], weight: -15 }]'),
    [
      'f.yaml:17:5: groups.isv.priority: differs from that of pod, and a tracker has a weight that counts for both, allowed: the same in groups that fail over together (pod, isv)',
    ],
  ],
  [
    pod('{ vrouter1: 200, vrouter2: 100 }', 'sync: [isv]\n    preempt: false'),
    [
      'f.yaml:15:3: groups.isv.preempt: is true, and that of pod is not, allowed: the same in groups that fail over together (pod, isv)',
    ],
  ],
  [
    pod('{ vrouter1: 200, vrouter2: 100 }', 'sync: [isv]\n    preempt_delay: 5s'),
    [
      'f.yaml:15:3: groups.isv.preempt_delay: differs from that of pod, allowed: the same in groups that fail over together (pod, isv)',
    ],
  ],
  [
    pod('{ vrouter1: 200, vrouter2: 100 }', 'sync: [isx, pod]'),
    [
      'f.yaml:13:12: groups.pod.sync[0]: "isx" is no group, did you mean "isv"? allowed: isv',
      'f.yaml:13:17: groups.pod.sync[1]: is the group itself, allowed: isv',
    ],
  ],
])('%#', (change, expected) => {
  expect(lines(load(edit(REFERENCE, change)))).toEqual(expected);
});
