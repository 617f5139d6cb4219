import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { datagramKind } from './kind.ts';
import { AGE_MAX, type Presence, type PresenceErrorCode, type PresenceGroup, UPTIME_MAX } from './presence.ts';
import { decodePresence, presenceLength } from './presence-decode.ts';
import { encodePresence } from './presence-encode.ts';

const presence: Presence = {
  router: 'r1',
  bootId: '0011223344556677',
  configDigest: '8899aabbccddeeff',
  ociReady: true,
  uptime: 0x0102_0304_0506,
  clock: 0x0192_0304_0507,
  wantsAnswer: true,
  challenge: 'fedcba9876543210',
  echoes: [{ router: 'r2', challenge: '0123456789abcdef', age: 258 }],
  heard: [
    { router: 'r2', age: 3 },
    { router: 'r3', age: null },
  ],
  links: [{ name: 'ens3', up: true }],
  groups: [
    {
      virtualRouterId: 51,
      state: 'master',
      priority: 200,
      ready: true,
      hold: { target: 'r1', id: 0x0192_0304_0506, origin: 'r3' },
      successor: 'r2',
      standby: [{ router: 'r3', on: true, id: 7 }],
      vips: [true, false, true, true, false, false, false, false, true],
    },
  ],
  freeze: { on: false, id: 1, origin: 'r2' },
  release: '0.1.0',
};

const literal = [
  'f1 01 01 00 00a2 0000',
  '01 0014 02 7231 02 7232 02 7233 04 656e7333 05 302e312e30',
  '02 0026 00 03 0011223344556677 8899aabbccddeeff fedcba9876543210 010203040506 019203040507',
  '03 000e 0d 01 0123456789abcdef 00000102',
  '04 000c 05 01 00000003 05 02 ffffffff',
  '05 0003 02 03 01',
  '06 001a 19 33 02 c8 01 03 09 b080 01 02 01 000000000007 00 02 019203040506',
  '07 0008 00 01 000000000001',
  '08 0001 04',
]
  .join('')
  .replaceAll(' ', '');

function encoded(value: Presence): Uint8Array {
  const result = encodePresence(value);
  if (!result.ok) throw new Error(result.error);
  return result.bytes;
}

function errorOf(bytes: Uint8Array): PresenceErrorCode | undefined {
  const result = decodePresence(bytes);
  return result.ok ? undefined : result.error;
}

/** The literal with its length field made right again. */
function withLength(text: string): Uint8Array {
  const bytes = Buffer.from(text.replaceAll(' ', ''), 'hex');
  bytes.writeUInt16BE(bytes.length, 4);
  return Uint8Array.from(bytes);
}

describe('the layout', () => {
  it('is what presence.ts says', () => {
    const bytes = Uint8Array.from(Buffer.from(literal, 'hex')).with(5, literal.length / 2);
    expect(Buffer.from(encoded(presence)).toString('hex')).toBe(Buffer.from(bytes).toString('hex'));
    expect(decodePresence(bytes)).toEqual({
      ok: true,
      presence,
      pduLength: bytes.length,
      trailer: new Uint8Array(0),
    });
    expect(datagramKind(bytes)).toBe('presence');
  });

  it('needs only names and a router', () => {
    const least: Presence = {
      router: 'r1',
      bootId: '0011223344556677',
      configDigest: '8899aabbccddeeff',
      ociReady: false,
      clock: 0,
      wantsAnswer: false,
      challenge: 'fedcba9876543210',
      echoes: [],
      heard: [],
      links: [],
      groups: [],
    };
    const bytes = withLength(
      'f1010100 0000 0000 01 0003 02 7231 02 0026 00 00 0011223344556677 8899aabbccddeeff fedcba9876543210 ffffffffffff 000000000000',
    );
    expect(encoded(least)).toEqual(bytes);
    expect(decodePresence(bytes)).toMatchObject({ ok: true, presence: least });
  });

  it('may be followed by a trailer', () => {
    const pdu = encoded(presence);
    const datagram = Uint8Array.from([...pdu, ...new Uint8Array(28).fill(7)]);
    expect(presenceLength(datagram)).toBe(pdu.length);
    expect(presenceLength(datagram.subarray(0, 7))).toBeUndefined();
    const result = decodePresence(datagram);
    expect(result).toMatchObject({ ok: true, pduLength: pdu.length, trailer: new Uint8Array(28).fill(7) });
  });
});

describe('a later release', () => {
  const header = 'f1 09 01 ff 0000 ffff';
  const names = '01 0003 02 7231';
  const router = '02 0026 00 01 0011223344556677 8899aabbccddeeff fedcba9876543210 ffffffffffff 000000000000';

  it('may add sections', () => {
    expect(decodePresence(withLength(`${header} 63 0002 beef ${names} ${router} ff 0000`))).toMatchObject({ ok: true });
  });

  it('may append to sections and records, and set bits', () => {
    const longer = '02 0028 00 ff 0011223344556677 8899aabbccddeeff fedcba9876543210 ffffffffffff 000000000000 beef';
    const group = '06 000b 0a 33 01 64 ff fe 00 00 beef00';
    expect(decodePresence(withLength(`${header} ${names} ${longer} ${group}`))).toMatchObject({
      ok: true,
      presence: { ociReady: true, groups: [{ virtualRouterId: 51, state: 'backup', hold: null, successor: null }] },
    });
  });

  it('may say that it would be misunderstood', () => {
    expect(errorOf(withLength(`f1 09 02 00 0000 0000 ${names} ${router}`))).toBe('unsupported-version');
  });

  it.each<[what: string, text: string, error: PresenceErrorCode]>([
    ['no router', `${header} ${names}`, 'missing-section'],
    ['no names', `${header} ${router}`, 'missing-section'],
    ['names twice', `${header} ${names} ${names} ${router}`, 'duplicate-section'],
    ['a section beyond the end', `${header} ${names} ${router} 63 0003 beef`, 'malformed'],
    ['a short router', `${header} ${names} 02 0003 00 01 00`, 'malformed'],
    ['a record beyond its section', `${header} ${names} ${router} 04 0002 05 00`, 'malformed'],
    ['a short record', `${header} ${names} ${router} 04 0002 01 00`, 'malformed'],
    ['a name that is not listed', `${header} ${names} ${router} 05 0003 02 01 01`, 'malformed'],
    ['no name where one must be', `${header} ${names} ${router} 05 0003 02 ff 01`, 'malformed'],
    ['an unknown state', `${header} ${names} ${router} 06 0008 07 33 05 64 ff 00 00 00`, 'malformed'],
    ['an escape sequence for a name', `${header} 01 0003 02 1b63 ${router}`, 'malformed'],
    ['a name that is not UTF-8', `${header} 01 0003 02 c328 ${router}`, 'malformed'],
    ['an empty name', `${header} 01 0001 00 ${router}`, 'malformed'],
  ])('may not send %s', (_what, text, error) => {
    expect(errorOf(withLength(text))).toBe(error);
  });
});

describe('the header', () => {
  const bytes = encoded(presence);

  it.each<[what: string, bytes: Uint8Array, error: PresenceErrorCode]>([
    ['nothing', new Uint8Array(0), 'truncated'],
    ['7 bytes', bytes.subarray(0, 7), 'truncated'],
    ['an advert', bytes.with(0, 0x31), 'not-presence'],
    ['another type', bytes.with(0, 0xf2), 'not-presence'],
    ['a byte less', bytes.subarray(0, -1), 'length'],
    ['a byte more', Uint8Array.from([...bytes, 0]), 'length'],
    ['a length within the header', bytes.subarray(0, 8).with(5, 7), 'length'],
  ])('%s', (_what, datagram, error) => {
    expect(errorOf(datagram)).toBe(error);
  });
});

describe('the size', () => {
  const name = (prefix: string, index: number): string => `${prefix}${index}`.padEnd(63, 'x');
  const routers = [0, 1, 2].map((index) => name('vrouter', index));
  const [first = '', ...others] = routers;
  const group = (virtualRouterId: number, vips: number): PresenceGroup => ({
    virtualRouterId,
    state: 'master',
    priority: 100,
    ready: true,
    hold: { target: others[0] ?? null, id: 1_800_000_000_000, origin: first },
    successor: others[0] ?? null,
    standby: routers.map((router) => ({ router, on: true, id: 1_800_000_000_000 })),
    vips: Array.from({ length: vips }, () => true),
  });
  const large: Presence = {
    ...presence,
    router: first,
    echoes: others.map((router) => ({ router, challenge: '0123456789abcdef', age: 5 })),
    heard: others.map((router) => ({ router, age: 5 })),
    links: Array.from({ length: 24 }, (_, index) => ({ name: `ens${index}.${index}`, up: true })),
    groups: Array.from({ length: 8 }, (_, index) => group(index + 1, index === 0 ? 255 : 31)),
    freeze: { on: true, id: 1, origin: first },
  };

  it('stays within 1200 bytes for 3 routers, 8 groups and many VIPs, signed', () => {
    const bytes = encoded(large);
    expect(bytes.length + 28).toBeLessThanOrEqual(1200);
    expect(decodePresence(bytes)).toMatchObject({ ok: true, presence: large });
  });

  it('is refused beyond that', () => {
    const groups = Array.from({ length: 40 }, (_, index) => group(index + 1, 255));
    expect(encodePresence({ ...large, groups })).toEqual({ ok: false, error: 'too-large' });
  });
});

describe('what the wire cannot carry exactly', () => {
  it('saturates', () => {
    const ages = encoded({
      ...presence,
      uptime: 1e300,
      echoes: [{ router: 'r2', challenge: '0123456789abcdef', age: Number.POSITIVE_INFINITY }],
      heard: [
        { router: 'r2', age: -5 },
        { router: 'r3', age: 1.9 },
        { router: 'r4', age: Number.NaN },
      ],
    });
    expect(decodePresence(ages)).toMatchObject({
      presence: { uptime: UPTIME_MAX, echoes: [{ age: AGE_MAX }], heard: [{ age: 0 }, { age: 1 }, { age: AGE_MAX }] },
    });
  });

  const [group] = presence.groups;
  it.each<[what: string, change: Partial<Presence>]>([
    ['a boot id that is not 16 hex digits', { bootId: 'xyz' }],
    ['a challenge of other length', { challenge: '0123' }],
    ['an empty name', { router: '' }],
    ['a name with a blank', { router: 'v router' }],
    ['half a surrogate pair', { router: '\ud800' }],
    ['a release with a blank', { release: '0.1 beta' }],
    ['priority 256', { groups: group === undefined ? [] : [{ ...group, priority: 256 }] }],
    ['256 VIPs', { groups: group === undefined ? [] : [{ ...group, vips: Array.from({ length: 256 }, () => true) }] }],
    ['a negative id', { freeze: { on: true, id: -1, origin: 'r1' } }],
  ])('refuses %s', (_what, change) => {
    expect(encodePresence({ ...presence, ...change })).toEqual({ ok: false, error: 'invalid' });
  });
});

describe('properties', () => {
  const digits = fc.stringMatching(/^[0-9a-f]{16}$/);
  const name = fc.stringMatching(/^[a-zäß0-9.-]{1,12}$/);
  const id = fc.integer({ min: 0, max: 2 ** 48 - 1 });
  const age = fc.integer({ min: 0, max: AGE_MAX });
  const byte = fc.integer({ min: 0, max: 255 });
  const group: fc.Arbitrary<PresenceGroup> = fc.record({
    virtualRouterId: byte,
    state: fc.constantFrom('init', 'backup', 'master', 'fault', 'standby'),
    priority: byte,
    ready: fc.boolean(),
    hold: fc.option(fc.record({ target: fc.option(name), id, origin: name })),
    successor: fc.option(name),
    standby: fc.array(fc.record({ router: name, on: fc.boolean(), id }), { maxLength: 3 }),
    vips: fc.array(fc.boolean(), { maxLength: 30 }),
  });
  const anyPresence: fc.Arbitrary<Presence> = fc.record(
    {
      router: name,
      bootId: digits,
      configDigest: digits,
      ociReady: fc.boolean(),
      clock: id,
      wantsAnswer: fc.boolean(),
      uptime: fc.integer({ min: 0, max: UPTIME_MAX }),
      challenge: digits,
      echoes: fc.array(fc.record({ router: name, challenge: digits, age }), { maxLength: 4 }),
      heard: fc.array(fc.record({ router: name, age: fc.option(age) }), { maxLength: 4 }),
      links: fc.array(fc.record({ name, up: fc.boolean() }), { maxLength: 6 }),
      groups: fc.array(group, { maxLength: 4 }),
      freeze: fc.record({ on: fc.boolean(), id, origin: name }),
      release: name,
    },
    {
      requiredKeys: [
        'router',
        'bootId',
        'configDigest',
        'ociReady',
        'clock',
        'wantsAnswer',
        'challenge',
        'echoes',
        'heard',
        'links',
        'groups',
      ],
    },
  );

  it('decodes to what was encoded', () => {
    fc.assert(
      fc.property(anyPresence, (value) => {
        const result = decodePresence(encoded(value));
        expect(result.ok && result.presence).toEqual(value);
      }),
    );
  });

  it('no bytes make the decoder throw', () => {
    const bytes = encoded(presence);
    const damaged = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), byte), { maxLength: 6 })
      .map((changes) => changes.reduce((datagram, [offset, value]) => datagram.with(offset, value), bytes));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (datagram) => {
        decodePresence(datagram);
      }),
      { numRuns: 2000 },
    );
  });

  it('nothing makes the encoder throw', () => {
    const anyName = fc.string({ unit: 'binary', maxLength: 300 });
    fc.assert(
      fc.property(anyPresence, anyName, fc.double(), (value, router, number) => {
        encodePresence({ ...value, router, heard: [{ router, age: number }], uptime: number });
      }),
    );
  });
});
