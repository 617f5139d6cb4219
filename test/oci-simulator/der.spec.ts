import { expect, test } from 'vitest';
import { bitString, boolean, explicit, integer, objectIdentifier, octetString, sequence, time } from './der.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// Bytes as openssl asn1parse and RFC 5280's examples show them.
test.each([
  ['sha256WithRSAEncryption', objectIdentifier('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
  ['ecdsa-with-SHA256', objectIdentifier('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
  ['subjectAltName', objectIdentifier('2.5.29.17'), '0603551d11'],
  ['a positive integer with its top bit set', integer(Buffer.from([0x80])), '02020080'],
  ['an integer with leading zeros', integer(Buffer.from([0, 0, 2])), '020102'],
  ['version 3', explicit(0, integer(Buffer.from([2]))), 'a003020102'],
  ['keyUsage keyCertSign, cRLSign', bitString(Buffer.from([0x06]), 1), '03020106'],
  ['basicConstraints of an authority', sequence(boolean(true)), '30030101ff'],
  ['a UTCTime', time(new Date('2024-03-05T10:15:00Z')), '170d3234303330353130313530305a'],
  ['a GeneralizedTime', time(new Date('2050-01-01T00:00:00Z')), '180f32303530303130313030303030305a'],
])('%s', (_what, encoded, expected) => {
  expect(hex(encoded)).toBe(expected);
});

test('long lengths take as many bytes as they need', () => {
  expect(hex(octetString(Buffer.alloc(127)).subarray(0, 3))).toBe('047f00');
  expect(hex(octetString(Buffer.alloc(200)).subarray(0, 4))).toBe('0481c800');
  expect(hex(octetString(Buffer.alloc(300)).subarray(0, 5))).toBe('0482012c00');
});
