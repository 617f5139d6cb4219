import { describe, expect, test } from 'vitest';
import { edit, lines, load, type MistakeRow, REFERENCE } from './load.test-support.ts';

const ROWS: MistakeRow[] = [
  {
    name: 'key given twice',
    changes: [['groups:', 'cluster: b\ngroups:']],
    mistakes: ['f.yaml:8:1: cluster: is given twice, allowed: once'],
  },
  {
    name: 'not YAML',
    changes: [['{ vrouter1: 200', '{ vrouter1: 200 ]']],
    mistakes: [
      'f.yaml:11:31: is not valid YAML: Flow map in block collection must be sufficiently indented and end with a }',
      'f.yaml:11:32: is not valid YAML: Unexpected scalar at node end',
    ],
  },
  {
    name: 'tab',
    changes: [['  isv:', '\tisv:']],
    mistakes: ['f.yaml:9:1: is not valid YAML: Tabs are not allowed as indentation'],
  },
  {
    name: 'unknown tag',
    changes: [['isv-pod', '!vault isv-pod']],
    mistakes: ['f.yaml:1:10: is not valid YAML: Unresolved tag: !vault'],
  },
  {
    name: 'two documents',
    changes: [['heartbeat:', '---\nheartbeat:']],
    mistakes: ['f.yaml:5:1: a second document starts here, allowed: one YAML document'],
  },
  { name: 'empty', changes: [[REFERENCE, '# nothing\n']], mistakes: ['f.yaml:1:1: is empty, allowed: a mapping'] },
  {
    name: 'not a mapping',
    changes: [[REFERENCE, '- a\n']],
    mistakes: [
      'f.yaml:1:1: is a list, allowed: a mapping with cluster, routers, heartbeat, groups, mode, oci, addresses, kernel, startup_delay, drain_timeout, metrics, control, log',
      'f.yaml:1:1: heartbeat.auth.keys: is missing, allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME (failoverctl keygen makes a key)',
    ],
  },
  {
    name: 'alias without anchor',
    changes: [['isv-pod', '*name']],
    mistakes: ['f.yaml:1:10: cluster: *name names an anchor that was not set above'],
  },
  {
    name: 'anchor inside itself',
    changes: [['cluster: isv-pod', 'cluster: &a [*a]']],
    mistakes: [
      'f.yaml:1:13: cluster: is a list, allowed: a name of letters, digits, "-", "_" and ".", at most 63',
      'f.yaml:1:14: cluster[0]: *a contains itself',
    ],
  },
  {
    name: '__proto__',
    changes: [['heartbeat:', '__proto__: {}\nheartbeat:']],
    mistakes: ['f.yaml:5:1: a key here is not a name, allowed: text before the colon'],
  },
];

describe('text that is not one YAML mapping', () => {
  test.each(ROWS)('$name', ({ changes, mistakes }) => {
    expect(lines(load(edit(REFERENCE, ...changes)))).toEqual(mistakes);
  });
});
