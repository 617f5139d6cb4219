/** src/linux against the real kernel, in a network namespace of its own. Runs as root. */
import { execFileSync } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { until } from '../lab/clock.ts';
import {
  ip,
  ipv4Of,
  ipv4Truth,
  type Line,
  linksOf,
  OTHER_SPACE,
  SPACE,
  truth,
  useSpaces,
  watch,
} from './linux/harness.ts';

/** The kernel holds changes of carrier back for up to a second, and a busy machine needs time for what comes after. */
const CARRIER_PATIENCE = 30_000;

useSpaces();

/** A predicate for a change of one link. */
const link =
  (kind: string, name: string, fields: object = {}) =>
  (line: Line) =>
    line.kind === kind && matches(line['link'], { name, ...fields });

const address = (kind: string, device: string, text: string) => (line: Line) =>
  line.kind === kind && matches(line['address'], { device, address: text });

function matches(value: unknown, expected: object): boolean {
  const actual = Object.fromEntries(Object.entries(value ?? {}));
  return Object.entries(expected).every(([key, wanted]) => actual[key] === wanted);
}

describe('watchLinks', () => {
  it('knows what is there before it returns', async () => {
    ip('addr add 10.0.0.4/28 dev v0');
    const { first } = await watch();
    expect(linksOf(first)).toEqual(truth());
    expect(first['links']).toContainEqual(expect.objectContaining({ name: 'v0', mac: '02:00:17:aa:bb:01', mtu: 1500 }));
    expect(first['addresses']).toContainEqual(
      expect.objectContaining({ device: 'v0', address: '10.0.0.4', prefixLength: 28 }),
    );
  });

  it('follows a link up, its carrier lost by its peer, and down', async () => {
    const { next } = await watch();
    ip('link set v0 up');
    await next(link('link-changed', 'v0', { up: true }));
    ip('link set v1 down');
    await next(link('link-changed', 'v0', { up: false }));
    ip('link set v1 up');
    await next(link('link-changed', 'v0', { up: true }));
    ip('link set v0 down');
    await next(link('link-changed', 'v0', { up: false }));
  });

  it('follows a link deleted and created again with another index', async () => {
    const { next } = await watch();
    ip('link del v0');
    const gone = await next(link('link-removed', 'v0'));
    ip('link add v0 type veth peer name v1');
    const back = await next(link('link-added', 'v0'));
    expect(back['link']).not.toHaveProperty('index', Object(gone['link']).index);
  });

  it('tells a rename as a name gone and a name come, with its addresses', async () => {
    ip('addr add 10.0.0.4/28 dev v0');
    const { next } = await watch();
    ip('link set v0 name ens5');
    await next(address('address-removed', 'v0', '10.0.0.4'));
    await next(link('link-removed', 'v0'));
    await next(link('link-added', 'ens5'));
    await next(address('address-added', 'ens5', '10.0.0.4'));
  });

  it('tells a move to another namespace and back', async () => {
    const { next } = await watch();
    ip(`link set v0 netns ${OTHER_SPACE}`);
    await next(link('link-removed', 'v0'));
    execFileSync('ip', ['-n', OTHER_SPACE, 'link', 'set', 'v0', 'netns', SPACE]);
    await next(link('link-added', 'v0'));
  });

  it('keeps a link that leaves a bridge', async () => {
    ip('link add b0 type bridge');
    ip('link set v0 master b0');
    const { ask } = await watch();
    ip('link set v0 nomaster');
    expect(linksOf(await ask('state', 'state'))).toEqual(truth());
  });

  it('tells addresses that come and go, IPv6 ones once they can be used', async () => {
    ip('link set v0 up');
    const { next } = await watch();
    ip('addr add 10.0.0.4/28 dev v0');
    await next(address('address-added', 'v0', '10.0.0.4'));
    ip('addr add 2001:db8::5/64 dev v0');
    await next(address('address-added', 'v0', '2001:db8::5'));
    ip('addr del 10.0.0.4/28 dev v0');
    await next(address('address-removed', 'v0', '10.0.0.4'));
  });

  it('ends in the right state after thousands of events into a tiny receive buffer', async () => {
    const { ask, next, tell } = await watch(2048);
    const storm: string[] = [];
    for (let i = 0; i < 600; i++) {
      storm.push(`link set v0 mtu ${1400 + (i % 100)}`, `link set v0 ${i % 2 === 0 ? 'up' : 'down'}`);
      storm.push(`addr add 10.0.${i % 250}.9/32 dev v0`);
      if (i % 50 === 24) storm.push('link del v0', 'link add v0 type veth peer name v1', 'link set v1 up');
    }
    storm.push('link add w0 type veth peer name w1', 'link set w1 name ens9', 'link set w0 up', 'link set ens9 up');
    tell('block 300');
    ip('-batch -', storm.join('\n'));
    await next((line) => line.kind === 'error' && line['code'] === 'overrun');
    let state = await ask('state', 'state');
    await until(async () => {
      state = await ask('state', 'state');
      return isDeepStrictEqual(linksOf(state), truth());
    }, CARRIER_PATIENCE);
    expect(linksOf(state)).toEqual(truth());
    expect(ipv4Of(state)).toEqual(ipv4Truth());
    expect(ipv4Of(state).length).toBeGreaterThan(20);
  });

  it('tells an event well within a millisecond', async () => {
    const { ask } = await watch();
    const { microseconds } = await ask('latency v0 200', 'latency');
    if (!Array.isArray(microseconds)) throw new Error('no measurement');
    expect(microseconds).toHaveLength(200);
    console.log(`kernel to callback: median ${microseconds[100]} µs, 99 % ${microseconds[198]} µs`);
    expect(microseconds[100]).toBeLessThan(1000);
  });
});

describe('ensureAddress', () => {
  it('adds IPv4 and IPv6 VIPs that are never chosen as a source, and finds them present', async () => {
    ip('link set v0 up');
    const { ask } = await watch();
    expect(await ask('ensure v0 10.0.0.4', 'answer')).toMatchObject({ result: 'added' });
    expect(await ask('ensure v0 10.0.0.4', 'answer')).toMatchObject({ result: 'present' });
    expect(await ask('ensure v0 2001:db8::7', 'answer')).toMatchObject({ result: 'added' });
    expect(await ask('ensure v0 2001:DB8:0::7', 'answer')).toMatchObject({ result: 'present' });
    expect(ip('addr show dev v0')).toMatch(/inet 10\.0\.0\.4\/32 scope global noprefixroute v0/);
    expect(ip('addr show dev v0')).toMatch(
      /inet6 2001:db8::7\/128 scope global nodad deprecated noprefixroute \n\s+valid_lft forever preferred_lft 0sec/,
    );
    expect(ip('route show')).toBe('');
  });

  it('removes what it added', async () => {
    const { ask } = await watch();
    await ask('ensure v0 10.0.0.4', 'answer');
    expect(await ask('remove v0 10.0.0.4', 'answer')).toMatchObject({ result: 'removed' });
    expect(await ask('remove v0 10.0.0.4', 'answer')).toMatchObject({ result: 'absent' });
    expect(ip('-4 addr show dev v0')).toBe('');
  });

  it('says what is wrong', async () => {
    const { ask } = await watch();
    expect(await ask('ensure ens9 10.0.0.4', 'answer')).toMatchObject({ result: 'no-such-device' });
    expect(await ask('ensure v0 10.0.0', 'answer')).toMatchObject({ result: 'invalid-argument' });
  });
});

describe('routes', () => {
  it('are added, found, and removed, for IPv4 and IPv6', async () => {
    ip('link set v0 up');
    ip('addr add 10.0.0.2/28 dev v0');
    ip('addr add 2001:db8::2/64 dev v0 nodad');
    const { ask } = await watch();
    expect(await ask('route v0 10.1.0.0/20 10.0.0.1', 'answer')).toMatchObject({ result: 'added' });
    expect(await ask('route v0 10.1.0.0/20 10.0.0.1', 'answer')).toMatchObject({ result: 'taken' });
    expect(await ask('route v0 2001:db8:1::/48 2001:db8::1', 'answer')).toMatchObject({ result: 'added' });
    expect(await ask('route v0 2001:db8:1::/48 2001:db8::1', 'answer')).toMatchObject({ result: 'taken' });
    expect(await ask('route v0 0.0.0.0/0 10.0.0.1', 'answer')).toMatchObject({ result: 'added' });
    expect(ip('route show proto 112')).toBe('default via 10.0.0.1 dev v0 \n10.1.0.0/20 via 10.0.0.1 dev v0 \n');
    expect(ip('-6 route show proto 112')).toMatch(/^2001:db8:1::\/48 via 2001:db8::1 dev v0 /);
    const { routes } = await ask('routes', 'routes');
    expect(routes).toEqual([
      { to: '0.0.0.0/0', via: '10.0.0.1', index: expect.any(Number) },
      { to: '10.1.0.0/20', via: '10.0.0.1', index: expect.any(Number) },
      { to: '2001:db8:1::/48', via: '2001:db8::1', index: expect.any(Number) },
    ]);
    for (const to of ['10.1.0.0/20', '2001:db8:1::/48', '0.0.0.0/0']) {
      expect(await ask(`unroute ${to}`, 'answer')).toMatchObject({ result: 'removed' });
    }
    expect(ip('route show proto 112') + ip('-6 route show proto 112')).toBe('');
  });

  it('of somebody else are neither replaced nor seen as ours', async () => {
    ip('link set v0 up');
    ip('addr add 10.0.0.2/28 dev v0');
    ip('route add 10.1.0.0/20 via 10.0.0.9');
    const { ask } = await watch();
    expect(await ask('route v0 10.1.0.0/20 10.0.0.1', 'answer')).toMatchObject({ result: 'taken' });
    expect(await ask('unroute 10.1.0.0/20', 'answer')).toMatchObject({ result: 'absent' });
    expect(ip('route show 10.1.0.0/20')).toBe('10.1.0.0/20 via 10.0.0.9 dev v0 \n');
  });

  it('say what is wrong', async () => {
    ip('link set v0 up');
    const { ask } = await watch();
    expect(await ask('route ens9 10.1.0.0/20 10.0.0.1', 'answer')).toMatchObject({ result: 'no-such-device' });
    expect(await ask('route v0 10.1.0.0/20 10.0.0.1', 'answer')).toMatchObject({
      message: expect.stringMatching(/RTM_NEWROUTE 10\.1\.0\.0\/20 via 10\.0\.0\.1 on v0: .*invalid gateway/),
    });
  });
});
