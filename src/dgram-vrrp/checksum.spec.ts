import { expect, it } from 'vitest';
import { checksumOf, fold, sumPseudoHeader, sumWords } from './checksum.ts';

it('sums the example of RFC 1071 §3', () => {
  const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
  expect(sumWords(bytes)).toBe(0x2ddf0);
  expect(fold(0x2ddf0)).toBe(0xddf2);
  expect(checksumOf(0x2ddf0)).toBe(0x220d);
});

it('pads an odd last byte with zero and stops at the length', () => {
  expect(sumWords(Uint8Array.of(0x12, 0x34, 0x56))).toBe(0x1234 + 0x5600);
  expect(sumWords(Uint8Array.of(0x12, 0x34, 0x56, 0x78), 2)).toBe(0x1234);
});

it('folds until it fits', () => {
  expect(fold(0xffff)).toBe(0xffff);
  expect(fold(0x1_ffff)).toBe(1);
});

it('sums the pseudo header', () => {
  expect(sumPseudoHeader(Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2), 12)).toBe(
    0x0a00 + 1 + 0x0a00 + 2 + 112 + 12,
  );
});
