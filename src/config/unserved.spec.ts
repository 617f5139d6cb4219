import { expect, test } from 'vitest';
import { edit, lines, load, REFERENCE } from './load.test-support.ts';
import { UNSERVED } from './unserved.ts';

/** A value for each path of unserved.ts, which must be refused, and the position and path of the mistake. */
const REFUSED: Record<string, readonly [from: string, to: string, place: string]> = {
  'groups.*.interfaces.*.vips.*': ['10.0.0.4/28', '"fd00::4/64"', '14:22: groups.isv.interfaces.ens5.vips[0]'],
};

test('every refused part has an example here', () => {
  expect(Object.keys(REFUSED).sort()).toEqual(UNSERVED.map(({ path }) => path).sort());
});

test.each(UNSERVED)('$path is refused by name, and nothing else is said about it', ({ path, sentence }) => {
  const [from, to, place] = REFUSED[path] ?? ['', '', ''];
  expect(lines(load(edit(REFERENCE, [from, to])))).toEqual([`f.yaml:${place}: ${sentence}`]);
});

test('what is served, and what is empty, is accepted', () => {
  const text = edit(REFERENCE, [
    'heartbeat:',
    'mode: observe\naddresses: unmanaged\nkernel: report\nheartbeat:\n  transport: udp',
  ]);
  expect(lines(load(text))).toEqual(['ok']);
});
