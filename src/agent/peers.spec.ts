import { expect, it } from 'vitest';
import { createPeers } from './peers.ts';

const PATHS = [{ id: 'b/0', local: '10.0.0.2', peer: '10.0.0.3', peerName: 'b' }];

it.each([
  [false, 200, 5000, true],
  [false, 4000, 5000, true],
  [true, 200, 5000, true],
  // Adverts each 4 s are no silence.
  [true, 4000, 5000, false],
  [true, 4000, 16_000, true],
])('VRRP only %s, adverts each %i ms: silent after %i ms is %s', (vrrpOnly, interval, silence, expected) => {
  const peers = createPeers(PATHS, vrrpOnly);
  peers.heard('b', 'b/0', 1000);
  peers.advert('b', 51, { priority: 100, interval, at: 1000, otherAddresses: undefined });
  expect(peers.expire(1000 + silence)).toEqual(expected ? ['b'] : []);
  expect(peers.get('b')?.alive).toBe(!expected);
});
