import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { ALL_ON_2, settled } from '../../test/simulation/settled.ts';
import type { Config } from '../config/index.ts';

const HOUR = 3_600_000;

describe('clocks', () => {
  for (const name of ['vrouter1', 'vrouter2']) {
    for (const ahead of [HOUR, -HOUR]) {
      it(`stepped by ${ahead / HOUR} h on ${name} change nothing, and are told`, async () => {
        const cluster = await settled();
        cluster.setClock(name, ahead);
        await cluster.run(120_000);
        expect(cluster.events.filter(({ event }) => event.event === 'transition')).toHaveLength(3);
        expect(cluster.cloud.moves).toEqual([]);
        const difference = (name === 'vrouter2') === ahead > 0 ? 'ahead of' : 'behind';
        expect(cluster.router('vrouter1').status().alarms).toEqual([
          `the clock of vrouter2 is 3600 s ${difference} this router's`,
        ]);
      });

      it(`wrong by ${ahead / HOUR} h on ${name} at its boot are an alarm, not a second master`, async () => {
        const cluster = createCluster();
        cluster.setClock(name, ahead);
        cluster.start('vrouter1');
        await cluster.run(1500);
        cluster.start('vrouter2');
        await cluster.run(20_000);
        expect(cluster.masters()).toEqual(['vrouter1']);
        expect(cluster.cloud.moves).toEqual([]);
        expect(cluster.events.filter(({ event }) => event.event === 'rival')).toEqual([]);
        expect(cluster.router('vrouter2').status().alarms).toHaveLength(1);
      });

      it(`stepped by ${ahead / HOUR} h on ${name} while it was down`, async () => {
        const cluster = await settled();
        await cluster.crash(name);
        cluster.setClock(name, ahead);
        await cluster.run(2000);
        cluster.start(name);
        await cluster.run(20_000);
        expect(cluster.masters()).toEqual(['vrouter1']);
        expect(cluster.events.filter(({ event }) => event.event === 'rival')).toEqual([]);
        expect(cluster.cloud.moves).toHaveLength(name === 'vrouter1' ? 6 : 0);
      });
    }
  }
});

it('a question is answered with the challenge that it brings', async () => {
  const cluster = createCluster();
  cluster.setClock('vrouter2', -HOUR);
  cluster.start('vrouter1');
  cluster.start('vrouter2');
  await cluster.run(10_000);
  await cluster.crash('vrouter2');
  cluster.cut('vrouter1', 'vrouter2');
  cluster.start('vrouter2');
  await cluster.run(2050);
  const startedAt = cluster.now();
  cluster.heal('vrouter1', 'vrouter2');
  await cluster.run(1000);
  // The next advert is refused, and asked about; nothing has to wait for the next presence of either.
  const heardAt = cluster.events.findLast(
    ({ router, event }) => router === 'vrouter2' && event.event === 'peer-heard',
  )?.at;
  expect(heardAt).toBeGreaterThanOrEqual(startedAt);
  expect(heardAt).toBeLessThanOrEqual(startedAt + 200);
});

describe('adverts that are rejected', () => {
  /** vrouter2 was configured with another VRRP version: its adverts and vrouter1's are mutually refused. */
  const configOf = (name: string, config: Config): Config => {
    if (name !== 'vrouter2') return config;
    const groups = config.groups.map((group) => ({
      ...group,
      heartbeat: { ...group.heartbeat, version: 2, interval: 1000 } as const,
    }));
    return { ...config, groups };
  };

  it('do not make two masters', async () => {
    const cluster = createCluster({ configOf });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().alarms).toContain(
      'the adverts of vrouter1 are rejected (version, VRID 51); what it says of itself is believed instead',
    );
  });

  it('hold the timer at short intervals too: what is rejected is asked about', async () => {
    const otherKey = (name: string, config: Config): Config => {
      if (name !== 'vrouter2') return config;
      const groups = config.groups.map((group) => {
        const auth = { ...group.heartbeat.auth, keys: [{ id: 1, secret: new Uint8Array(32).fill(9) }] };
        return { ...group, heartbeat: { ...group.heartbeat, auth } };
      });
      return { ...config, groups };
    };
    const cluster = createCluster({ configOf: otherKey });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.events.filter(({ event }) => event.event === 'transition')).toHaveLength(3);
    expect(cluster.router('vrouter2').status().alarms).toContain(
      'the adverts of vrouter1 are rejected (bad-hmac, VRID 51); what it says of itself is believed instead',
    );
  });

  it('still let a backup follow a crash', async () => {
    const cluster = createCluster({ configOf });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(20_000);
    await cluster.crash('vrouter1');
    await cluster.run(6000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });
});
