import { describe, expect, it } from 'vitest';
import {
  encodeAddressChange,
  encodeAddressDump,
  encodeLinkDump,
  encodeRouteChange,
  encodeRouteDump,
} from './netlink-encode.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (...parts: readonly string[]): string => parts.join('').replaceAll(' ', '');

describe('netlink requests', () => {
  it('asks for every link without statistics', () => {
    // What `ip link show` asks for, with RTEXT_FILTER_SKIP_STATS as its only filter.
    expect(hex(encodeLinkDump(7))).toBe(
      bytes(
        '28000000 1200 0103 07000000 00000000',
        '00 00 0000 00000000 00000000 00000000',
        '0800 1d00 08000000', // IFLA_EXT_MASK
      ),
    );
  });

  it('asks for every address', () => {
    expect(hex(encodeAddressDump(8))).toBe(bytes('18000000 1600 0103 08000000 00000000', '00 00 00 00 00000000'));
  });

  it('adds an IPv4 VIP', () => {
    expect(hex(encodeAddressChange('add', 1, 3, Uint8Array.of(10, 0, 0, 4)))).toBe(
      bytes(
        '30000000 1400 0506 01000000 00000000', // REQUEST | ACK | EXCL | CREATE
        '02 20 80 00 03000000',
        '0800 0200 0a000004', // IFA_LOCAL
        '0800 0100 0a000004', // IFA_ADDRESS
        '0800 0800 80020000', // IFA_FLAGS: PERMANENT | NOPREFIXROUTE
      ),
    );
  });

  it('adds an IPv6 VIP without duplicate address detection and with preferred lifetime 0', () => {
    const address = Uint8Array.from(Buffer.from('20010db8000000000000000000000007', 'hex'));
    expect(hex(encodeAddressChange('add', 2, 4, address))).toBe(
      bytes(
        '5c000000 1400 0506 02000000 00000000',
        '0a 80 82 00 04000000',
        '1400 0200 20010db8000000000000000000000007',
        '1400 0100 20010db8000000000000000000000007',
        '0800 0800 82020000', // PERMANENT | NOPREFIXROUTE | NODAD
        '1400 0600 00000000 ffffffff 00000000 00000000', // IFA_CACHEINFO
      ),
    );
  });

  it('adds a route, and removes exactly that one', () => {
    const route = {
      destination: Uint8Array.of(10, 1, 0, 0),
      prefixLength: 20,
      gateway: Uint8Array.of(10, 0, 0, 1),
      index: 3,
      protocol: 112,
    };
    const body = ['02 14 00 00 fe 70 00 01 00000000', '0800 0100 0a010000', '0800 0500 0a000001', '0800 0400 03000000'];
    expect(hex(encodeRouteChange('add', 1, route))).toBe(bytes('34000000 1800 0506 01000000 00000000', ...body));
    expect(hex(encodeRouteChange('remove', 2, route))).toBe(bytes('34000000 1900 0500 02000000 00000000', ...body));
    expect(hex(encodeRouteDump(7, 4))).toBe(
      bytes('1c000000 1a00 0103 07000000 00000000', '02 00 00 00 00 00 00 00 00000000'),
    );
  });

  it('removes a VIP', () => {
    expect(hex(encodeAddressChange('remove', 3, 3, Uint8Array.of(10, 0, 0, 4)))).toBe(
      bytes('28000000 1500 0500 03000000 00000000', '02 20 80 00 03000000', '0800 0200 0a000004', '0800 0100 0a000004'),
    );
  });
});
