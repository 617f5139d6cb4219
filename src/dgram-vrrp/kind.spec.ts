import { expect, it } from 'vitest';
import { datagramKind, virtualRouterIdOf } from './kind.ts';

it.each([
  [[], undefined, undefined],
  [[0x31], 'advert', undefined],
  [[0x31, 51], 'advert', 51],
  [[0x21, 51], 'advert', 51],
  [[0x00, 51], 'advert', 51],
  [[0xf1, 51], 'presence', undefined],
  [[0xff, 51], 'presence', undefined],
] as const)('%j is of kind %s with VRID %s', (bytes, kind, virtualRouterId) => {
  expect(datagramKind(Uint8Array.from(bytes))).toBe(kind);
  expect(virtualRouterIdOf(Uint8Array.from(bytes))).toBe(virtualRouterId);
});
