import { describe, expect, it } from 'vitest';
import type { LoadedConfig } from '../config/index.ts';
import type { Presence } from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';
import { createFreshness } from './freshness.ts';
import { createHeartbeat } from './heartbeat.ts';
import type { Path } from './paths.ts';

const ADDRESSES = { a: ['10.0.0.2', '172.16.0.2'], b: ['10.0.0.3', '172.16.0.3'] } as const;
const PATHS = ['p', 'q'] as const;
const GROUPS = { isv: 51, west: 52 } as const;
const AUTH = {
  keys: [{ id: 1, secret: new Uint8Array(32).fill(7) }],
  activeKey: 1,
  mode: 'enforce',
  timeWindow: 5000,
} as const;
type Name = keyof typeof ADDRESSES;

/** Only what a heartbeat reads of its configuration. */
const LOADED = {
  config: {
    heartbeat: { auth: AUTH },
    groups: Object.entries(GROUPS).map(([name, virtualRouterId]) => ({
      name,
      virtualRouterId,
      interfaces: [],
      heartbeat: { version: 3, interval: 200, advertise: 'none', auth: AUTH },
    })),
  },
} as unknown as LoadedConfig;

let now = 0;
const clock: Clock = {
  now: () => now,
  wall: () => 1_800_000_000_000 + now,
  createAlarm: () => ({ set() {}, close() {} }),
};

/** One router's heartbeat: what it accepts and refuses, and what it sends, recorded. */
function createSide(self: Name, bootId: string, ahead = 0) {
  const own: Clock = { ...clock, wall: () => clock.wall() + ahead };
  const peer: Name = self === 'a' ? 'b' : 'a';
  const paths = PATHS.map(
    (id, index): Path => ({
      id,
      local: ADDRESSES[self][index] ?? '',
      peer: ADDRESSES[peer][index] ?? '',
      peerName: peer,
    }),
  );
  const freshness = createFreshness(self);
  const accepted: string[] = [];
  const orders: string[] = [];
  const sent = new Map<string, Uint8Array>();
  let heardChallenge: string | undefined;
  const heartbeat = createHeartbeat(
    {
      loaded: () => LOADED,
      paths,
      clock: own,
      freshness,
      onAdvert: (_, __, ___, { order }) => {
        accepted.push('advert');
        orders.push(order);
      },
      onPresence: (_, presence) => {
        heardChallenge = presence.challenge;
        accepted.push(`presence ${presence.bootId}`);
      },
      onHeard: () => {},
      onRejected: (_, reason) => accepted.push(reason),
      onUnproven: (_, presence) => {
        heardChallenge ??= presence.challenge;
      },
      onAdvertSent: () => {},
      onPresenceTooLarge: () => {},
    },
    (path, bytes) => sent.set(path, bytes),
  );
  const presence = (): Presence => ({
    router: self,
    bootId,
    configDigest: '0'.repeat(16),
    ociReady: true,
    clock: own.wall(),
    wantsAnswer: false,
    challenge: freshness.challenge(now),
    echoes: heardChallenge === undefined ? [] : [{ router: peer, challenge: heardChallenge, age: 0 }],
    heard: [],
    links: [],
    groups: [],
  });
  return {
    accepted,
    /** What came before what, of each advert that was accepted. */
    orders,
    /** What goes out on a path, at the same time as something else on the other. */
    say(what: 'presence' | 'advert' | keyof typeof GROUPS, path: (typeof PATHS)[number] = 'p'): Uint8Array {
      if (what === 'presence') heartbeat.sendPresence(presence());
      else heartbeat.sendAdvert(what === 'advert' ? 'isv' : what, { priority: 200, interval: 200, copies: 1 });
      const bytes = sent.get(path);
      if (bytes === undefined) throw new Error('nothing was sent');
      return bytes;
    },
    hear(bytes: Uint8Array, pathId: (typeof PATHS)[number] = 'p'): string {
      const path = paths.find(({ id }) => id === pathId);
      heartbeat.receive({
        pathId,
        source: path?.peer ?? '',
        destination: path?.local ?? '',
        bytes,
        receivedAt: now,
      });
      return accepted.at(-1) ?? 'nothing';
    },
  };
}

const BOOT = ['0000000000000001', '0000000000000002'] as const;

/** Presence in both directions, a second apart. */
function talk(one: ReturnType<typeof createSide>, other: ReturnType<typeof createSide>, seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    now += 500;
    other.hear(one.say('presence'));
    now += 500;
    one.hear(other.say('presence'));
  }
}

describe('recordings', () => {
  it('of a presence older than the time window do not move what is known of the clock', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    const recorded = a.say('presence');
    b.hear(recorded);
    talk(a, b, 7);
    expect(b.hear(recorded)).toBe('outside-window');
    expect(b.hear(a.say('advert'))).toBe('advert');
  });

  it('of the boot before do not bring it back', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    const recorded = a.say('presence');
    b.hear(recorded);
    const again = createSide('a', BOOT[1]);
    talk(again, b, 3);
    expect(b.hear(recorded)).toBe('replayed');
    expect(b.hear(again.say('advert'))).toBe('advert');
  });
});

describe('the replay marks', () => {
  // Sent in this order, they arrive in the other: paths and sockets do not keep it among each other.
  for (const [what, first, second] of [
    ['group', ['isv', 'p'], ['west', 'p']],
    ['kind', ['isv', 'p'], ['presence', 'p']],
    ['kind the other way round', ['presence', 'p'], ['isv', 'p']],
    ['path', ['isv', 'p'], ['isv', 'q']],
  ] as const) {
    it(`are one for each ${what}`, () => {
      const a = createSide('a', BOOT[0]);
      const b = createSide('b', BOOT[0]);
      talk(a, b, 3);
      const earlier = a.say(first[0], first[1]);
      const later = a.say(second[0], second[1]);
      const accepted = /^(advert|presence [0-9a-f]+)$/;
      expect(b.hear(later, second[1])).toMatch(accepted);
      expect(b.hear(earlier, first[1])).toMatch(accepted);
      expect(b.hear(later, second[1])).toBe('replayed');
      expect(b.hear(earlier, first[1])).toBe('replayed');
    });
  }
});

describe('the order of adverts', () => {
  it('is the one in which they were sent, on whatever path they come, and for each group', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    const earlier = a.say('isv', 'p');
    const other = a.say('west', 'p');
    b.hear(a.say('isv', 'q'), 'q');
    b.hear(earlier, 'p');
    b.hear(other, 'p');
    expect(b.orders).toEqual(['latest', 'overtaken', 'latest']);
  });
});

describe('a peer that starts again', () => {
  it('a moment behind, and is heard first where nobody was heard before, is believed everywhere', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    b.hear(a.say('advert'));
    const again = createSide('a', BOOT[1], -2000);
    again.hear(b.say('presence'));
    expect(b.hear(again.say('presence', 'q'), 'q')).toBe(`presence ${BOOT[1]}`);
    expect(b.hear(again.say('presence'))).toBe(`presence ${BOOT[1]}`);
    expect(b.hear(again.say('advert'))).toBe('advert');
    expect(b.orders.at(-1)).toBe('latest');
  });

  it('is not mixed up with what it said before, which a slower path brings later', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    const before = { presence: a.say('presence', 'q'), adverts: [a.say('advert', 'q'), a.say('advert', 'q')] };
    b.hear(a.say('advert'));
    now += 600;
    const again = createSide('a', BOOT[1]);
    const presence = `presence ${BOOT[1]}`;
    expect(b.hear(again.say('presence'))).toBe(presence);
    expect(b.hear(before.presence, 'q')).toBe(presence);
    for (const advert of before.adverts) b.hear(advert, 'q');
    expect(b.orders).toEqual(['latest', 'overtaken', 'overtaken']);
    b.hear(again.say('advert'));
    expect(b.orders.at(-1)).toBe('latest');
  });

  it('in a life that was heard before, for its machine stood still meanwhile, is heard after the time window', () => {
    const a = createSide('a', BOOT[0]);
    const b = createSide('b', BOOT[0]);
    talk(a, b, 3);
    talk(createSide('a', BOOT[1]), b, 6);
    expect(b.hear(a.say('presence'))).toBe(`presence ${BOOT[0]}`);
    expect(b.hear(a.say('advert'))).toBe('advert');
    expect(b.orders.at(-1)).toBe('latest');
  });

  for (const ahead of [3_600_000, -3_600_000]) {
    it(`with its clock ${ahead} ms off is believed as soon as it answers a challenge`, () => {
      const a = createSide('a', BOOT[0]);
      const b = createSide('b', BOOT[0]);
      talk(a, b, 3);
      const again = createSide('a', BOOT[1], ahead);
      expect(b.hear(again.say('advert'))).toBe('outside-window');
      talk(again, b, 2);
      expect(b.accepted).toContain(`presence ${BOOT[1]}`);
      expect(b.hear(again.say('advert'))).toBe('advert');
    });
  }
});
