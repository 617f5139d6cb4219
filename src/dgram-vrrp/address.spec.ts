import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressFamily,
  canonicalAddress,
  compareAddresses,
  formatAddress,
  isLinkLocal,
  parseAddress,
} from './address.ts';

describe('parsing', () => {
  it.each([
    ['10.0.0.4', '10.0.0.4'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['fe80::1%ens3', 'fe80::1'],
    ['::', '::'],
    // RFC 5952 §4.2: the longest run is shortened, the first of two equal ones, never a single field.
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical);
  });

  it.each([
    '',
    '10',
    '10.1',
    '10.0.0',
    '10.0.0.',
    '.10.0.0.1',
    '10.0.0.256',
    '10.0.0.1.2',
    '010.0.0.1',
    '10.0.0.01',
    '0x0a.0.0.1',
    ' 10.0.0.1',
    '10.0.0.1/24',
    '10.0.0.-1',
    'vrouter1',
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '2001:db8::g',
    '2001:db8::1/64',
  ])('%j is no address', (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(addressFamily(text)).toBeUndefined();
  });

  it('knows the families', () => {
    expect(addressFamily('10.0.0.1')).toBe('ipv4');
    expect(addressFamily('2001:db8::1')).toBe('ipv6');
  });

  it('writes every address so that it reads back', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      // Zero runs, where the short forms are.
      fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }).map((list) => Uint8Array.from(list)),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parseAddress(formatAddress(address))).toEqual(address);
      }),
    );
  });

  it('survives any text', () => {
    fc.assert(fc.property(fc.string(), fc.string(), (a, b) => Number.isFinite(compareAddresses(a, b))));
  });
});

describe('comparison', () => {
  it.each([
    ['10.0.0.10', '10.0.0.9'],
    ['192.168.0.1', '10.0.0.1'],
    ['128.0.0.1', '127.255.255.255'],
    ['fe80::99', 'fe80::5'],
    ['2001:db8::1:0', '2001:db8::ffff'],
    ['::1', '255.255.255.255'],
    ['0.0.0.0', 'no address'],
  ])('%s is greater than %s', (greater, smaller) => {
    expect(compareAddresses(greater, smaller)).toBeGreaterThan(0);
    expect(compareAddresses(smaller, greater)).toBeLessThan(0);
    expect(compareAddresses(greater, greater)).toBe(0);
  });

  it('compares the address, not its spelling', () => {
    expect(compareAddresses('2001:db8::1', '2001:DB8:0::1')).toBe(0);
  });
});

it.each([
  ['fe80::1', true],
  ['febf::1', true],
  ['fec0::1', false],
  ['2001:db8::1', false],
  ['169.254.169.254', true],
  ['169.253.0.1', false],
  ['nothing', false],
])('%s link-local: %s', (text, expected) => {
  expect(isLinkLocal(text)).toBe(expected);
});
