import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import type { Config } from '../config/index.ts';

/** Two routers, vrouter1 master and holding everything, everybody ready. */
async function settled(options: Parameters<typeof createCluster>[0] = {}) {
  const cluster = createCluster(options);
  for (let index = 1; index <= (options?.routers ?? 2); index += 1) cluster.start(`vrouter${index}`);
  await cluster.run(10_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  expect(cluster.holders()).toEqual(['vrouter1', 'vrouter1', 'vrouter1']);
  expect(cluster.cloud.moves).toEqual([]);
  return cluster;
}

const ALL_ON_2 = ['vrouter2', 'vrouter2', 'vrouter2'];
const ALL_ON_1 = ['vrouter1', 'vrouter1', 'vrouter1'];
/** 3 × 200 ms and the skew time of priority 100. */
const MASTER_DOWN = 721.875;

describe('a cluster of two', () => {
  it('without a fault moves nothing', async () => {
    const cluster = await settled();
    await cluster.run(120_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter1').status().alarms).toEqual([]);
    expect(cluster.router('vrouter2').status().alarms).toEqual([]);
  });

  it('a crash is followed after the master down interval', async () => {
    const cluster = await settled();
    const crashedAt = cluster.now();
    await cluster.crash('vrouter1');
    await cluster.run(MASTER_DOWN + 10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
    for (const move of cluster.cloud.moves) expect(move.at).toBeLessThanOrEqual(crashedAt + MASTER_DOWN + 10);
  });

  for (const device of ['ens3', 'ens5', 'ens6']) {
    it(`${device} going down is followed at once`, async () => {
      const cluster = await settled();
      cluster.setLink('vrouter1', device, false);
      await cluster.run(10);
      expect(cluster.masters()).toEqual(['vrouter2']);
      expect(cluster.holders()).toEqual(ALL_ON_2);
      expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('fault');
    });
  }

  it('the better router takes everything back when its link returns', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(5000);
    cluster.setLink('vrouter1', 'ens5', true);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('a link that comes and goes moves the VIPs a few times, then the better router keeps back', async () => {
    const cluster = await settled();
    for (let round = 0; round < 60; round += 1) {
      cluster.setLink('vrouter1', 'ens5', false);
      await cluster.run(1000);
      cluster.setLink('vrouter1', 'ens5', true);
      await cluster.run(2000);
    }
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves.length).toBeLessThanOrEqual(3 * 6);
    await cluster.run(320_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('the better router waits until the API answers over the link that returned', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens3', false);
    await cluster.run(500);
    cluster.cloud.fail('vrouter1', 'network');
    cluster.setLink('vrouter1', 'ens3', true);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    cluster.cloud.fail('vrouter1', undefined);
    await cluster.run(2500);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('a resignation travels on the path that is left', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2', { path: 0 });
    cluster.setLink('vrouter1', 'ens3', false);
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('losing one path changes nothing', async () => {
    const cluster = await settled();
    cluster.cut('vrouter1', 'vrouter2', { path: 0 });
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter1').status().alarms).toEqual([
      'vrouter2 is not heard on the path 172.20.136.130 ← 172.20.136.131',
    ]);
  });

  it('both in fault: the holder keeps the VIPs', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter1', 'ens5', false);
    await cluster.run(1000);
    cluster.setLink('vrouter2', 'ens6', false);
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual([]);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a stop hands over at once, and the VIPs are seen leaving', async () => {
    const cluster = await settled();
    const router = cluster.router('vrouter1');
    expect(router.hasSuccessor()).toBe(true);
    router.resign();
    await cluster.run(10);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    const verified = router.verify();
    await cluster.run(100);
    await verified;
    expect(router.holdsAnything()).toBe(false);
  });

  it('a drift is found and claimed back', async () => {
    const cluster = await settled();
    cluster.cloud.assign('10.0.0.4', 'vrouter2');
    await cluster.run(12_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(1);
  });

  it('verify reports where every VIP is', async () => {
    const cluster = await settled();
    cluster.cloud.assign('10.0.0.4', 'vrouter2');
    const verified = cluster.router('vrouter1').verify();
    await cluster.run(100);
    const { vips } = await verified;
    expect(vips.map(({ address, result }) => [address, result])).toEqual([
      ['172.20.136.132', 'ok'],
      ['10.0.0.4', 'reclaiming'],
      ['10.0.0.36', 'ok'],
    ]);
    await cluster.run(4000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });
});

describe('planned switchover', () => {
  it('hands over at once and nobody pre-empts until failback', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter1').switchover.failover({});
    expect(report).toEqual({ groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }] });
    await cluster.run(10);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
    expect(cluster.router('vrouter2').status().groups[0]?.hold?.target).toBe('vrouter2');

    cluster.router('vrouter2').switchover.failback({});
    await cluster.run(2000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('may be asked for on the backup', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' });
    expect(report).toEqual({ groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }] });
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('is refused when the target could not take over', async () => {
    const cluster = await settled();
    cluster.setLink('vrouter2', 'ens5', false);
    await cluster.run(2000);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is in fault/);
    expect(() => cluster.router('vrouter1').switchover.failover({ to: 'vrouter9' })).toThrow(/there is no router/);
    expect(() => cluster.router('vrouter1').switchover.failover({ to: 'vrouter1' })).toThrow(/master of isv already/);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('is refused where the master does not hear the router that asks', async () => {
    const cluster = await settled();
    cluster.cut('vrouter2', 'vrouter1', { oneWay: true });
    await cluster.run(5000);
    expect(() => cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' })).toThrow(
      /vrouter1 is master and does not hear vrouter2: give the command on vrouter1/,
    );
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
  });

  it('is refused while claims are frozen', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/claims are frozen/);
  });

  it('that reaches the master too late is ended, not carried out', async () => {
    const cluster = await settled();
    // vrouter2 gives the command in the instant in which it is cut off in one direction.
    cluster.cut('vrouter2', 'vrouter1', { oneWay: true });
    cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' });
    await cluster.run(60_000);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().groups[0]?.hold).toBe(null);
  });

  it('the hold survives a restart of the better router', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    cluster.start('vrouter1');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('the hold survives a restart of both routers', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter1');
    await cluster.crash('vrouter2');
    await cluster.run(10_000);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
    expect(cluster.router('vrouter1').status().groups[0]?.hold?.target).toBe('vrouter2');
  });

  it('the hold ends when its target dies', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(2000);
    await cluster.crash('vrouter2');
    await cluster.run(5000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.router('vrouter1').status().groups[0]?.hold).toBe(null);
  });
});

describe('an API that fails', () => {
  it('is claimed through as soon as it recovers', async () => {
    const cluster = await settled();
    for (const router of ['vrouter1', 'vrouter2']) cluster.cloud.fail(router, 'throttled');
    await cluster.crash('vrouter1');
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    cluster.cloud.fail('vrouter2', undefined);
    await cluster.run(2100);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('that refuses only the claims of the master: a ready peer is asked to try, and nobody flaps', async () => {
    const cluster = await settled();
    cluster.cloud.fail('vrouter2', 'not-found', 'UpdatePrivateIp');
    cluster.router('vrouter1').switchover.failover({});
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({ event: 'gave-up', group: 'isv', to: 'vrouter1' });
    await cluster.run(300_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('does not demote a master', async () => {
    const cluster = await settled();
    cluster.cloud.fail('vrouter1', 'server-error');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().routers[0]?.ready).toBe(false);
  });

  it('away at the start of both: when it comes back, for the worse one first, nothing moves', async () => {
    const cluster = createCluster();
    cluster.cloud.setReady('vrouter1', false);
    cluster.cloud.setReady('vrouter2', false);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    cluster.cloud.setReady('vrouter2', true);
    await cluster.run(3000);
    cluster.cloud.setReady('vrouter1', true);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('absent metadata at boot: ready peers win, and it recovers', async () => {
    const cluster = createCluster();
    cluster.cloud.setReady('vrouter1', false);
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.router('vrouter1').status().oci.reason).toBe('metadata is absent');
    cluster.cloud.setReady('vrouter1', true);
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });
});

describe('a cluster of three', () => {
  it('the best of the rest follows a crash, and only it', async () => {
    const cluster = await settled({ routers: 3 });
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('a resignation names its successor, which follows at once', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.setLink('vrouter1', 'ens6', false);
    await cluster.run(10);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a router that alone lost its paths to the master does not take over', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'path-lost',
      group: 'isv',
      master: 'vrouter1',
      heardBy: 'vrouter3',
    });
  });

  it('and still follows when that master dies', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(10_000);
    await cluster.crash('vrouter1');
    await cluster.run(3000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a hold is not ended by a router that was cut off and stands back at once', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.router('vrouter1').switchover.failover({ to: 'vrouter2' });
    await cluster.run(5000);
    cluster.cut('vrouter1', 'vrouter3');
    cluster.cut('vrouter2', 'vrouter3');
    await cluster.run(30_000);
    cluster.heal('vrouter1', 'vrouter3');
    cluster.heal('vrouter2', 'vrouter3');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('a planned failover may name any of them', async () => {
    const cluster = await settled({ routers: 3 });
    cluster.router('vrouter2').switchover.failover({ to: 'vrouter3' });
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter3']);
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter3']);
    expect(cluster.holders()).toEqual(['vrouter3', 'vrouter3', 'vrouter3']);
  });
});

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
      'the adverts of vrouter1 are rejected (version); what it says of itself is believed instead',
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
      'the adverts of vrouter1 are rejected (bad-hmac); what it says of itself is believed instead',
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

describe('standby', () => {
  it('takes the master out at once, from any router, and survives its restart', async () => {
    const cluster = await settled();
    const report = cluster.router('vrouter2').maintenance.standby({ on: true, router: 'vrouter1' });
    expect(report).toEqual({ router: 'vrouter1', on: ['isv'], off: [] });
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    await cluster.crash('vrouter1');
    await cluster.run(1000);
    cluster.start('vrouter1');
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.router('vrouter1').status().groups[0]?.state).toBe('standby');

    cluster.router('vrouter1').maintenance.standby({ on: false });
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
  });

  it('is not a target of a planned failover, and does not follow a crash', async () => {
    const cluster = await settled();
    cluster.router('vrouter2').maintenance.standby({ on: true });
    await cluster.run(100);
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/vrouter2 is in standby/);
    await cluster.crash('vrouter1');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual([]);
    expect(cluster.cloud.moves).toEqual([]);
  });

  it('is refused for a router or group that is not configured', async () => {
    const cluster = await settled();
    const { maintenance } = cluster.router('vrouter1');
    expect(() => maintenance.standby({ on: true, router: 'vrouter9' })).toThrow(/there is no router vrouter9/);
    expect(() => maintenance.standby({ on: true, group: 'x' })).toThrow(/there is no group x; the groups are isv/);
  });
});

describe('freeze', () => {
  it('stops every claim in the cluster until it ends, and survives restarts', async () => {
    const cluster = await settled();
    cluster.router('vrouter1').maintenance.freeze({ on: true });
    await cluster.run(100);
    await cluster.crash('vrouter1');
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.router('vrouter2').status().alarms[0]).toMatch(/^claims are frozen in the whole cluster/);
    await cluster.crash('vrouter2');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);

    cluster.router('vrouter2').maintenance.freeze({ on: false });
    // It started without ever hearing the holder, so the holder's lease has to expire first.
    await cluster.run(20_000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
  });
});

describe('mode: observe', () => {
  it('elects, says what it would claim, and claims nothing', async () => {
    const cluster = createCluster({ config: { mode: 'observe' } });
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.events.map(({ event }) => event)).toContainEqual({
      event: 'would-claim',
      group: 'isv',
      vips: ['172.20.136.132', '10.0.0.4', '10.0.0.36'],
    });
  });
});
