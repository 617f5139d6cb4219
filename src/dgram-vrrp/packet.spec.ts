import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../test/data/vrrp-vectors.json' with { type: 'json' };
import { formatAddress } from './address.ts';
import type { Advert, DecodeContext, DecodeErrorCode, EncodeContext } from './advert.ts';
import { decodeAdvert, encodeAdvert, sameAddresses } from './packet.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const family = (text: string): 'ipv4' | 'ipv6' => (text === 'ipv6' ? 'ipv6' : 'ipv4');

describe('bytes from elsewhere that are adverts', () => {
  it.each(vectors.decodeOk)('$id', (vector) => {
    const { decode, ip, checksumValid } = vector;
    const bytes = hex(vector.bytes);
    const result = decodeAdvert(bytes, {
      family: family(vector.family),
      source: ip.src,
      destination: ip.dst,
      ttl: ip.ttl,
    });
    const advert: Advert = {
      version: decode.version === 2 ? 2 : 3,
      virtualRouterId: decode.vrid,
      priority: decode.priority,
      interval: (decode.maxAdverIntCs ?? 0) * 10 + (decode.adverIntSec ?? 0) * 1000,
      addresses: decode.addresses,
    };
    const checksumForm = checksumValid.messageOnly ? 'message' : 'pseudo-header';
    expect(result).toEqual({ ok: true, advert, checksumForm, pduLength: vector.length, trailer: new Uint8Array(0) });

    const password = Buffer.from(decode.authData ?? '', 'hex').toString('latin1');
    const context: EncodeContext = {
      source: ip.src,
      destination: ip.dst,
      checksumForm,
      authentication: decode.authType === 1 ? { kind: 'password', password } : { kind: 'none' },
    };
    if (vector.encodeRoundTrip) expect(encodeAdvert(advert, context)).toEqual(bytes);
  });
});

describe('bytes from elsewhere that are none', () => {
  it.each(vectors.decodeError)('$id', (vector) => {
    const local = vector.localConfig;
    const context: DecodeContext = {
      family: family(vector.family),
      source: vector.ip.src,
      destination: vector.ip.dst,
      ttl: vector.ip.ttl,
      ...(local?.version !== undefined && { version: local.version === 2 ? 2 : 3 }),
      ...(local?.vrid !== undefined && { virtualRouterId: local.vrid }),
      ...(local?.adverIntSec !== undefined && { interval: local.adverIntSec * 1000 }),
      ...(local?.authType === 0 && { authentication: { kind: 'none' } }),
    };
    const result = decodeAdvert(hex(vector.bytes), context);
    if (result.ok) expect.fail('accepted');
    expect([vector.expectError, ...(vector.alsoAcceptable ?? [])]).toContain(result.error);
  });
});

const v3: Advert = {
  version: 3,
  virtualRouterId: 51,
  priority: 200,
  interval: 1000,
  addresses: ['192.0.2.1', '192.0.2.2'],
};
const v2: Advert = { ...v3, version: 2 };
const v6: Advert = { ...v3, addresses: ['2001:db8::2', '2001:db8::3'] };
const path4 = { source: '192.0.2.251', destination: '192.0.2.252' } as const;
const path6 = { source: '2001:db8::1', destination: '2001:db8::9' } as const;
const from4: DecodeContext = { family: 'ipv4', ...path4 };
const from6: DecodeContext = { family: 'ipv6', ...path6 };

function errorOf(bytes: Uint8Array, context: DecodeContext): DecodeErrorCode | undefined {
  const result = decodeAdvert(bytes, context);
  return result.ok ? undefined : result.error;
}

/** With a checksum over the message alone, so that a change elsewhere is not seen as a wrong checksum. */
function patched(bytes: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [offset, value] of Object.entries(changes)) copy[Number(offset)] = value;
  copy[6] = 0;
  copy[7] = 0;
  let sum = 0;
  copy.forEach((value, index) => {
    sum += index % 2 === 0 ? value << 8 : value;
  });
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  copy[6] = (~sum >>> 8) & 0xff;
  copy[7] = ~sum & 0xff;
  return copy;
}

describe('the receive ladder', () => {
  const bytes4 = encodeAdvert(v3, { ...path4, checksumForm: 'message' });
  const bytes2 = encodeAdvert(v2, path4);

  it.each<[what: string, bytes: Uint8Array, context: DecodeContext, error: DecodeErrorCode | undefined]>([
    ['7 bytes', bytes4.subarray(0, 7), from4, 'truncated'],
    ['version 2 over IPv6', encodeAdvert(v2, path4), from6, 'version'],
    ['type before VRID', patched(bytes4, { 0: 0x32, 1: 0 }), from4, 'type'],
    ['VRID 0', patched(bytes4, { 1: 0 }), from4, 'vrid'],
    ["another's VRID", bytes4, { ...from4, virtualRouterId: 52 }, 'vrid'],
    ['VRID before the local version', bytes4, { ...from4, virtualRouterId: 52, version: 2 }, 'vrid'],
    ['version before the checksum', bytes4.with(7, 0), { ...from4, version: 2 }, 'version'],
    ['checksum before the TTL', bytes4.with(7, 0), { ...from4, ttl: 1 }, 'checksum'],
    ['TTL 254', bytes4, { ...from4, ttl: 254 }, 'ttl'],
    ['TTL 254 where allowed', bytes4, { ...from4, ttl: 254, minTtl: 254 }, undefined],
    ['no TTL known', bytes4, { ...from4, minTtl: 255 }, undefined],
    ['TTL before the count', patched(bytes4, { 3: 0 }), { ...from4, ttl: 1 }, 'ttl'],
    ['count before the length', patched(bytes4, { 3: 0 }), from4, 'count-zero'],
    ['count one too high', patched(bytes4, { 3: 3 }), from4, 'length'],
    ['count one too low', patched(bytes4, { 3: 1 }), from4, 'length'],
    ['v2: unknown authentication', patched(bytes2, { 4: 3 }), from4, 'auth-type'],
    ['v2: authentication nobody asks about', patched(bytes2, { 4: 1 }), from4, undefined],
    [
      'v2: unwanted authentication',
      patched(bytes2, { 4: 1 }),
      { ...from4, authentication: { kind: 'none' } },
      'auth-type',
    ],
    [
      'v2: data ignored with type 0',
      patched(bytes2, { 16: 9 }),
      { ...from4, authentication: { kind: 'none' } },
      undefined,
    ],
    ['v2: no password', bytes2, { ...from4, authentication: { kind: 'password', password: 'x' } }, 'auth-type'],
    ['v2: interval 0', patched(bytes2, { 5: 0 }), { ...from4, interval: 1000 }, 'interval-zero'],
    ['v2: interval 2 s', patched(bytes2, { 5: 2 }), { ...from4, interval: 1000 }, 'interval-mismatch'],
    ['v3: interval 0', patched(bytes4, { 4: 0xf0, 5: 0 }), from4, 'interval-zero'],
    ['v3: another interval is adopted', bytes4, { ...from4, interval: 4000 }, undefined],
    ['v3: reserved bits are ignored', patched(bytes4, { 4: 0xf0 }), from4, undefined],
    ['v3: addresses in another order', bytes4, { ...from4, addresses: ['192.0.2.2', '192.0.2.1'] }, undefined],
    ['v3: other addresses', bytes4, { ...from4, addresses: ['192.0.2.1', '192.0.2.3'] }, 'address-list'],
    ['IPv6: first not link-local', encodeAdvert(v6, path6), { ...from6, requireLinkLocal: true }, 'linklocal'],
    ['IPv6: which is allowed', encodeAdvert(v6, path6), from6, undefined],
  ])('%s', (_what, bytes, context, error) => {
    expect(errorOf(bytes, context)).toBe(error);
  });

  it.each([v2, v3])('accepts no addresses in version $version only when told to', (advert) => {
    const bytes = encodeAdvert({ ...advert, addresses: [] }, path4);
    expect(errorOf(bytes, from4)).toBe('count-zero');
    expect(decodeAdvert(bytes, { ...from4, allowEmptyAddressList: true })).toMatchObject({
      ok: true,
      advert: { addresses: [] },
    });
  });

  it('compares the first 8 bytes of a v2 password', () => {
    const password = (text: string) => ({ authentication: { kind: 'password', password: text } }) as const;
    const bytes = encodeAdvert(v2, { ...path4, ...password('a long secret') });
    expect(errorOf(bytes, { ...from4, ...password('a long s') })).toBeUndefined();
    expect(errorOf(bytes, { ...from4, ...password('a long') })).toBe('auth-data');
  });
});

describe('the checksum', () => {
  it('has the pseudo header with the real destination unless said otherwise', () => {
    const bytes = encodeAdvert(v3, path4);
    expect(decodeAdvert(bytes, from4)).toMatchObject({ ok: true, checksumForm: 'pseudo-header' });
    expect(errorOf(bytes, { ...from4, destination: '224.0.0.18' })).toBe('checksum');
    expect(errorOf(bytes, { ...from4, source: '192.0.2.250' })).toBe('checksum');
    expect(errorOf(bytes, { family: 'ipv4', source: path4.source })).toBe('checksum');
  });

  it('is never over the message alone in IPv6', () => {
    const bytes = encodeAdvert(v6, { ...path6, checksumForm: 'message' });
    expect(decodeAdvert(bytes, from6)).toMatchObject({ ok: true, checksumForm: 'pseudo-header' });
    expect(errorOf(patched(bytes, {}), from6)).toBe('checksum');
  });

  it('does not cover a trailer', () => {
    const pdu = encodeAdvert(v3, path4);
    const trailer = Uint8Array.from({ length: 28 }, (_, index) => index);
    const result = decodeAdvert(Uint8Array.from([...pdu, ...trailer]), from4);
    expect(result).toMatchObject({ ok: true, pduLength: pdu.length });
    expect(result.ok && result.trailer).toEqual(trailer);
  });

  it('refuses any other length', () => {
    const pdu = encodeAdvert(v3, { ...path4, checksumForm: 'message' });
    for (const extra of [1, 4, 8, 27, 29, 56]) {
      // Zeros, so that the sum over all bytes still holds.
      const bytes = new Uint8Array(pdu.length + extra);
      bytes.set(pdu);
      expect(errorOf(bytes, from4)).toBe('length');
    }
  });
});

it.each<[what: string, advert: Advert, context: EncodeContext]>([
  ['VRID 0', { ...v3, virtualRouterId: 0 }, path4],
  ['priority 256', { ...v3, priority: 256 }, path4],
  ['v3 interval of 4 ms', { ...v3, interval: 4 }, path4],
  ['v3 interval of 40.96 s', { ...v3, interval: 40_960 }, path4],
  ['v2 interval of 1.5 s', { ...v2, interval: 1500 }, path4],
  ['v2 over IPv6', { ...v2, addresses: [] }, path6],
  ['an IPv6 address over IPv4', v6, path4],
  ['a name', { ...v3, addresses: ['vip'] }, path4],
  ['256 addresses', { ...v3, addresses: Array.from({ length: 256 }, () => '192.0.2.1') }, path4],
  ['two families', v3, { source: '192.0.2.1', destination: '2001:db8::1' }],
])('does not encode %s', (_what, advert, context) => {
  expect(() => encodeAdvert(advert, context)).toThrow(RangeError);
});

it('compares address lists as sets, spelling aside', () => {
  expect(sameAddresses(['2001:db8::1', '10.0.0.1'], ['10.0.0.1', '2001:DB8:0::1'])).toBe(true);
  expect(sameAddresses(['10.0.0.1', '10.0.0.1'], ['10.0.0.1', '10.0.0.2'])).toBe(false);
  expect(sameAddresses([], ['10.0.0.1'])).toBe(false);
});

describe('properties', () => {
  const address = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(formatAddress);
  const advertOf = (version: 2 | 3, length: number): fc.Arbitrary<Advert> =>
    fc.record({
      version: fc.constant(version),
      virtualRouterId: fc.integer({ min: 1, max: 255 }),
      priority: fc.integer({ min: 0, max: 255 }),
      interval:
        version === 2
          ? fc.integer({ min: 1, max: 255 }).map((s) => s * 1000)
          : fc.integer({ min: 1, max: 4095 }).map((cs) => cs * 10),
      addresses: fc.array(address(length), { maxLength: 20 }),
    });

  it.each([
    [2, 4],
    [3, 4],
    [3, 16],
  ] as const)('version %i with addresses of %i bytes decodes to what was encoded', (version, length) => {
    fc.assert(
      fc.property(advertOf(version, length), address(length), address(length), (advert, source, destination) => {
        const result = decodeAdvert(encodeAdvert(advert, { source, destination }), {
          family: length === 4 ? 'ipv4' : 'ipv6',
          source,
          destination,
          allowEmptyAddressList: true,
        });
        expect(result.ok && result.advert).toEqual(advert);
      }),
    );
  });

  it('no bytes and no context make the decoder throw', () => {
    const start = fc.constantFrom([0x21], [0x31], [0x31, 51, 100, 1], []);
    const bytes = fc
      .tuple(start, fc.uint8Array({ maxLength: 80 }))
      .map(([head, tail]) => Uint8Array.from([...head, ...tail]));
    const anyText = fc.oneof(fc.string(), fc.constantFrom('10.0.0.1', '2001:db8::1'));
    fc.assert(
      fc.property(
        bytes,
        fc.constantFrom('ipv4', 'ipv6'),
        anyText,
        anyText,
        (datagram, ipFamily, source, destination) => {
          decodeAdvert(datagram, { family: ipFamily, source, destination, allowEmptyAddressList: true });
          decodeAdvert(patchedIfLongEnough(datagram), { family: ipFamily, source, addresses: [destination] });
        },
      ),
    );
  });

  function patchedIfLongEnough(bytes: Uint8Array): Uint8Array {
    return bytes.length < 8 ? bytes : patched(bytes, {});
  }
});
