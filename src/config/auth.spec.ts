import { describe, expect, test } from 'vitest';
import { edit, lines, load, type MistakeRow, REFERENCE } from './load.test-support.ts';

const auth = 'keys: { 1: "file:/key" }';

const ROWS: MistakeRow[] = [
  {
    name: 'no keys',
    changes: [[`    ${auth}\n`, '    mode: enforce\n']],
    mistakes: [
      'f.yaml:6:3: heartbeat.auth.keys: is missing, allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME (failoverctl keygen makes a key)',
    ],
  },
  {
    name: 'keys empty',
    changes: [[auth, 'keys: {}']],
    mistakes: [
      'f.yaml:7:11: heartbeat.auth.keys: names no key, allowed: a mapping of key id to file:/PATH, env:NAME or credential:NAME (failoverctl keygen makes a key)',
    ],
  },
  {
    name: 'key id',
    changes: [[auth, 'keys: { 256: "file:/key" }']],
    mistakes: ['f.yaml:7:13: heartbeat.auth.keys.256: the name is "256", allowed: a key id from 0 to 255'],
  },
  {
    name: 'key written down',
    changes: [[auth, `keys: { 1: ${'ab'.repeat(32)} }`]],
    mistakes: [
      'f.yaml:7:16: heartbeat.auth.keys.1: is text of another form (not shown), allowed: file:/PATH, env:NAME or credential:NAME',
    ],
  },
  {
    name: 'several keys and no active one',
    changes: [[auth, 'keys: { 1: "file:/key", 7: "file:/key" }']],
    mistakes: ['f.yaml:6:3: heartbeat.auth.active_key: is missing and there are 2 keys, allowed: 1, 7'],
  },
  {
    name: 'active key that is not there',
    changes: [[auth, `${auth}\n    active_key: 2`]],
    mistakes: ['f.yaml:8:17: heartbeat.auth.active_key: 2 is not among the keys, allowed: 1'],
  },
  {
    name: 'active key that a group loses',
    changes: [
      [auth, `${auth}\n    active_key: 1`],
      ['priority:', 'heartbeat: { auth: { keys: { 2: "file:/key" } } }\n    priority:'],
    ],
    mistakes: [
      'f.yaml:12:32: groups.isv.heartbeat.auth.keys: lacks key 1, which heartbeat.auth.active_key names, allowed: that key too, or an active_key here',
    ],
  },
  {
    name: 'key file missing',
    changes: [['file:/key', 'file:/nokey']],
    mistakes: ['f.yaml:7:16: heartbeat.auth.keys.1: /nokey cannot be read: there is no such file'],
  },
  {
    name: 'key in a variable that is not set',
    changes: [['file:/key', 'env:NO_KEY']],
    mistakes: ['f.yaml:7:16: heartbeat.auth.keys.1: the environment variable NO_KEY is not set'],
  },
  {
    name: 'credential outside of systemd',
    changes: [['file:/key', 'credential:heartbeat']],
    mistakes: [
      'f.yaml:7:16: heartbeat.auth.keys.1: the credential "heartbeat" is not there: CREDENTIALS_DIRECTORY is not set, allowed: LoadCredential=heartbeat:/PATH in the systemd unit',
    ],
  },
];

describe('keys', () => {
  test.each(ROWS)('$name', ({ changes, mistakes }) => {
    expect(lines(load(edit(REFERENCE, ...changes)))).toEqual(mistakes);
  });
});
