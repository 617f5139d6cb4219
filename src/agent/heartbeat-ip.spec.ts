import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { GroupConfig, LoadedConfig } from '../config/index.ts';
import {
  type Advert,
  encodeAdvert,
  type Presence,
  sequenceAt,
  signDatagram,
  type V2Authentication,
} from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import { createFreshness } from './freshness.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { Path } from './paths.ts';

/* Protocol 112, beside a keepalived: what is sent, and what is accepted of it. */

const LOCAL = '10.0.0.2';
const PEER = '10.0.0.3';
const path: Path = { id: 'b/0', local: LOCAL, peer: PEER, peerName: 'b' };
const PASSWORD: V2Authentication = { kind: 'password', password: 'ISV-test' };
const NONE: V2Authentication = { kind: 'none' };

type GroupHeartbeat = GroupConfig['heartbeat'];

const auth: GroupHeartbeat['auth'] = { mode: 'none', keys: [], activeKey: 0, timeWindow: 5000 };
const withPassword = (text: string): GroupHeartbeat['auth'] => ({
  ...auth,
  mode: 'password',
  password: { text, source: 'file:/pass' },
});
const SIGNED: GroupHeartbeat['auth'] = {
  ...auth,
  mode: 'enforce',
  keys: [{ id: 1, secret: new Uint8Array(32).fill(7) }],
  activeKey: 1,
};
const V2: GroupHeartbeat = { version: 2, interval: 1000, advertise: 'none', auth: withPassword('ISV-test') };

const ADVERT_3: Advert = { version: 3, virtualRouterId: 51, priority: 100, interval: 1000, addresses: [] };

/** Wall clocks of two machines; what is monotonic stands still. */
function create(heartbeat: GroupHeartbeat, minTtl = 255, wall = () => 1_800_000_000_000) {
  const interfaces = [{ name: 'ens3', vips: [{ address: '10.0.0.4' }, { address: 'fd00::4' }] }];
  const group = { name: 'isv', virtualRouterId: 51, interfaces };
  const load = (own: GroupHeartbeat) =>
    ({
      config: { heartbeat: { ...own, transport: 'ip', minTtl }, groups: [{ ...group, heartbeat: own }] },
    }) as unknown as LoadedConfig;
  let loaded = load(heartbeat);
  const clock: Clock = { now: () => 0, wall, createAlarm: () => ({ set() {}, close() {} }) };
  const log: string[] = [];
  const sent: Uint8Array[] = [];
  const side = createHeartbeat(
    {
      loaded: () => loaded,
      paths: [path],
      clock,
      freshness: createFreshness('a'),
      onAdvert: (_, __, { priority, interval, addresses }, own) =>
        log.push(`${priority} each ${interval} [${addresses}], own [${own.addresses}]`),
      onPresence: () => log.push('presence'),
      onHeard: () => {},
      onRejected: (_, reason) => log.push(reason),
      onUnproven: () => log.push('unproven'),
      onAdvertSent: () => {},
      onPresenceTooLarge: () => {},
    },
    (_, bytes) => sent.push(bytes),
  );
  const receive = (bytes: Uint8Array, ttl = 255) => {
    side.receive({ pathId: 'b/0', source: PEER, destination: LOCAL, ttl, bytes, receivedAt: 0 });
    return log.splice(0);
  };
  const send = (priority = 100) => {
    side.sendAdvert('isv', { priority, interval: heartbeat.interval, copies: 1 });
    return sent.splice(0)[0] ?? new Uint8Array(0);
  };
  const reload = (own: GroupHeartbeat) => {
    loaded = load(own);
    side.reconfigured();
  };
  return { reload, side, receive, send, sent };
}

/** As a keepalived on the peer sends it. */
function fromPeer(change: Partial<Advert> = {}, authentication: V2Authentication = PASSWORD): Uint8Array {
  const advert: Advert = { version: 2, virtualRouterId: 51, priority: 100, interval: 1000, addresses: [], ...change };
  return encodeAdvert(advert, { source: PEER, destination: LOCAL, authentication });
}

it('adverts are those of the configuration in force, also after a reload', () => {
  const { send, receive, reload } = create({ ...V2, auth });
  const before = send();
  reload({ ...V2, version: 3, advertise: 'vips', auth });
  expect(send()).not.toEqual(before);
  expect(receive(encodeAdvert(ADVERT_3, { source: PEER, destination: LOCAL }))).toEqual([
    '100 each 1000 [], own [10.0.0.4]',
  ]);
});

describe('VRRPv2 with a password', () => {
  it('sends the very bytes that keepalived 2.2.7 sends', () => {
    const captured = '213364000101f2704953562d74657374';
    expect(Buffer.from(create(V2).send(100)).toString('hex')).toBe(captured);
  });

  it('accepts the right password, of which 8 bytes count', () => {
    expect(create(V2).receive(fromPeer())).toEqual(['100 each 1000 [], own []']);
    const long = { ...V2, auth: withPassword('ISV-test, and more') };
    expect(create(long).receive(fromPeer())).toEqual(['100 each 1000 [], own []']);
  });

  it.each([
    ['another password', fromPeer({}, { kind: 'password', password: 'ISV-tesT' }), 'auth-data'],
    ['none', fromPeer({}, NONE), 'auth-type'],
    ['another interval', fromPeer({ interval: 2000 }), 'interval-mismatch'],
    ['another VRID', fromPeer({ virtualRouterId: 52 }), 'vrid'],
    ['another version', fromPeer({ version: 3 }), 'version'],
  ])('rejects %s', (_, bytes, reason) => {
    expect(create(V2).receive(bytes)).toEqual([reason]);
  });

  it('without one, rejects an advert that has one', () => {
    const plain = create({ ...V2, auth });
    expect(plain.receive(fromPeer({}, NONE))).toEqual(['100 each 1000 [], own []']);
    expect(plain.receive(fromPeer())).toEqual(['auth-type']);
  });
});

describe('VRRPv3', () => {
  const V3: GroupHeartbeat = { version: 3, interval: 200, advertise: 'vips', auth };

  it("lists the VIPs of the path's family, and accepts any list and any interval", () => {
    const side = create(V3);
    expect([...side.send().subarray(8)]).toEqual([10, 0, 0, 4]);
    const advert = fromPeer({ version: 3, interval: 100, addresses: ['10.0.0.9', '10.0.0.4'] });
    expect(side.receive(advert)).toEqual(['100 each 100 [10.0.0.9,10.0.0.4], own [10.0.0.4]']);
  });

  it('goes by the wall clock as it is now when it is signed, for keepalived knows no other', () => {
    let wall = 1_800_000_000_000;
    const { receive } = create({ ...V3, auth: SIGNED }, 255, () => wall);
    const key = createSecretKey(new Uint8Array(32).fill(7));
    const at = (ahead: number) => {
      const advert = fromPeer({ version: 3, addresses: ['10.0.0.4'] });
      return receive(signDatagram(advert, PEER, { id: 1, key }, sequenceAt(wall + ahead)));
    };
    const accepted = ['100 each 1000 [10.0.0.4], own [10.0.0.4]'];
    expect(at(0)).toEqual(accepted);
    expect(at(6000)).toEqual(['outside-window']);
    // NTP sets the clocks of both.
    wall += 3_600_000;
    expect(at(0)).toEqual(accepted);
  });
});

describe('what is at the limits', () => {
  const V3: GroupHeartbeat = { version: 3, interval: 200, advertise: 'vips', auth };

  it.each([0, 1, 2, 7])('%i bytes are truncated', (length) => {
    expect(create(V2).receive(fromPeer().slice(0, length))).toEqual(['truncated']);
  });

  it('255 addresses are a list as any other', () => {
    const addresses = Array.from({ length: 255 }, (_, index) => `10.0.9.${index}`);
    const [accepted = ''] = create(V3).receive(fromPeer({ version: 3, addresses }));
    expect(accepted).toBe(`100 each 1000 [${addresses}], own [10.0.0.4]`);
  });

  it('the longest interval of VRRPv3, 40.95 s, is adopted', () => {
    expect(create(V3).receive(fromPeer({ version: 3, interval: 40_950 }))).toEqual([
      '100 each 40950 [], own [10.0.0.4]',
    ]);
  });

  it('no interval is none', () => {
    const advert = fromPeer({ version: 3 });
    // An interval of 1 s is 100 hundredths, which the checksum counts.
    advert[5] = 0;
    const sum = ((advert[6] ?? 0) << 8) + (advert[7] ?? 0) + 100;
    advert[6] = (sum >>> 8) & 0xff;
    advert[7] = sum & 0xff;
    expect(create(V3).receive(advert)).toEqual(['interval-zero']);
  });
});

describe('what came a long way', () => {
  it.each([
    [255, 255, '100 each 1000 [], own []'],
    [255, 254, 'ttl'],
    [64, 64, '100 each 1000 [], own []'],
    [64, 63, 'ttl'],
  ])('min_ttl %i, arrived with %i: %s', (minTtl, ttl, outcome) => {
    expect(create(V2, minTtl).receive(fromPeer(), ttl)).toEqual([outcome]);
  });
});

describe('presence', () => {
  it('is not sent, and is no advert of a known version', () => {
    const { side, sent, receive } = create(V2);
    side.sendPresence({} as Presence);
    expect(sent).toEqual([]);
    expect(receive(Uint8Array.from([0xf1, ...new Array(40).fill(0)]))).toEqual(['version']);
  });
});
