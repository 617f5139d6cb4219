/** Protocol 112: peers without presence, be they keepalived or failoverd. */
import { describe, expect, it } from 'vitest';
import { createCluster } from '../../test/simulation/cluster.ts';
import { GROUP, ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import type { Config } from '../config/index.ts';

const ALL_ON_1 = ['vrouter1', 'vrouter1', 'vrouter1'];
const ALL_ON_2 = ['vrouter2', 'vrouter2', 'vrouter2'];
const VIP_ADDRESSES = ['172.20.136.132', '10.0.0.4', '10.0.0.36'];

function overIp(config: Config): Config {
  return { ...config, heartbeat: { ...config.heartbeat, transport: 'ip' } };
}

/**
 * A cluster over protocol 112. A keepalived is one that elects and has neither claims nor a lease: `mode: observe`. Its
 * claim script is the test's own hand.
 */
function create(options: { keepalived?: string; routers?: number } = {}) {
  const { routers = 2 } = options;
  const common = overIp(referenceConfig(ROUTERS.slice(0, routers)));
  const cluster = createCluster({
    routers,
    primaryAddresses: true,
    configOf: (name) => (name === options.keepalived ? { ...common, mode: 'observe' } : common),
  });
  const claimScript = (name: string) => {
    for (const address of VIP_ADDRESSES) cluster.cloud.assign(address, name);
  };
  const status = (name: string) => cluster.router(name).status();
  const stateOf = (name: string) => status(name).groups[0]?.state;
  return { ...cluster, claimScript, status, stateOf };
}

async function started(options: Parameters<typeof create>[0] = {}) {
  const cluster = create(options);
  for (let index = 1; index <= (options?.routers ?? 2); index += 1) cluster.start(`vrouter${index}`);
  await cluster.run(20_000);
  expect(cluster.masters()).toEqual(['vrouter1']);
  expect(cluster.holders()).toEqual(ALL_ON_1);
  expect(cluster.cloud.moves).toEqual([]);
  return cluster;
}

describe('failoverd among themselves', () => {
  it('without a fault move nothing and alarm about nothing', async () => {
    const cluster = await started();
    await cluster.run(120_000);
    expect(cluster.cloud.moves).toEqual([]);
    expect(cluster.status('vrouter1').alarms).toEqual([]);
    expect(cluster.status('vrouter2').alarms).toEqual([]);
  });

  it('a crash is followed, and the better router takes back', async () => {
    const cluster = await started();
    await cluster.crash('vrouter1');
    await cluster.run(1000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    cluster.start('vrouter1');
    await cluster.run(20_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('a resignation is followed at once by the only other router', async () => {
    const cluster = await started();
    cluster.router('vrouter1').resign();
    await cluster.run(20);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });

  it('a resignation among three names nobody: the best follows after its skew time, alone', async () => {
    const cluster = await started({ routers: 3 });
    cluster.setLink('vrouter1', 'ens6', false);
    // Skew times of priority 100 and 50: 122 and 161 ms.
    await cluster.run(115);
    expect(cluster.masters()).toEqual([]);
    await cluster.run(30);
    expect(cluster.masters()).toEqual(['vrouter2']);
    await cluster.run(5000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('a partition costs one move and its healing one more: the leases need no presence', async () => {
    const cluster = await started();
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(30_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves).toHaveLength(6);
  });
});

describe('a keepalived as the backup', () => {
  it('its late claim script is undone, and the mastership stays where it is', async () => {
    const cluster = await started({ keepalived: 'vrouter2' });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(2000);
    expect(cluster.stateOf('vrouter2')).toBe('master');
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(500);
    expect(cluster.masters()).toEqual(['vrouter1']);
    cluster.claimScript('vrouter2');
    const transitions = () => cluster.events.filter(({ event }) => event.event === 'transition').length;
    const before = transitions();
    await cluster.run(15_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(transitions()).toBe(before);
    expect(cluster.status('vrouter1').groups[0]?.superseded).toBe(false);
  });

  it('what it claims behind a partition is claimed back once: nobody who is heard holds it', async () => {
    const cluster = await started({ keepalived: 'vrouter2' });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(2000);
    cluster.claimScript('vrouter2');
    await cluster.run(60_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves.filter(({ to }) => to === 'vrouter1')).toHaveLength(3);
  });

  it('takes over when the master stops; the daemon waits for the VIPs to leave', async () => {
    const cluster = await started({ keepalived: 'vrouter2' });
    expect(cluster.router('vrouter1').whyVipsStay()).toBeUndefined();
    cluster.router('vrouter1').resign();
    await cluster.run(20);
    expect(cluster.stateOf('vrouter2')).toBe('master');
    cluster.claimScript('vrouter2');
    void cluster.router('vrouter1').verify();
    await cluster.run(100);
    expect(cluster.router('vrouter1').holdsAnything()).toBe(false);
  });
});

describe('a keepalived as the master', () => {
  it('is followed when it dies', async () => {
    const cluster = await started({ keepalived: 'vrouter1' });
    await cluster.crash('vrouter1');
    await cluster.run(1000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
  });

  it('takes back by its script, and the backup leaves the VIPs alone', async () => {
    const cluster = await started({ keepalived: 'vrouter1' });
    await cluster.crash('vrouter1');
    await cluster.run(1000);
    cluster.start('vrouter1');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    cluster.claimScript('vrouter1');
    await cluster.run(60_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    expect(cluster.cloud.moves.filter(({ to }) => to === 'vrouter2')).toHaveLength(3);
  });

  it.each(['dies', 'resigns'])(
    'that %s before anybody read what its script took back is followed at once',
    async (how) => {
      const roles: { keepalived?: string } = {};
      const cluster = await started(roles);
      await cluster.crash('vrouter1');
      await cluster.run(1000);
      expect(cluster.holders()).toEqual(ALL_ON_2);
      // It was failoverd until now: what it stamped stays on its VNICs.
      roles.keepalived = 'vrouter1';
      cluster.start('vrouter1');
      await cluster.run(10_000);
      expect(cluster.masters()).toEqual(['vrouter1']);
      void cluster.router('vrouter2').verify();
      await cluster.run(100);
      cluster.claimScript('vrouter1');
      await cluster.run(500);
      if (how === 'dies') await cluster.crash('vrouter1');
      else cluster.router('vrouter1').resign();
      await cluster.run(1000);
      expect(cluster.stateOf('vrouter2')).toBe('master');
      expect(cluster.holders()).toEqual(ALL_ON_2);
    },
  );

  it('that is the better one and never left does not get the VIPs back by itself, and an alarm says where they are', async () => {
    const cluster = await started({ keepalived: 'vrouter1' });
    cluster.cut('vrouter1', 'vrouter2');
    await cluster.run(3000);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    cluster.heal('vrouter1', 'vrouter2');
    await cluster.run(60_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    expect(cluster.cloud.moves).toHaveLength(3);
    expect(cluster.status('vrouter2').alarms).toEqual(
      VIP_ADDRESSES.map((vip) => `isv: VIP ${vip} is held by vrouter2, not by the master vrouter1`),
    );
  });

  it('that holds the VIPs and is not heard at the start is taken for dead after three lease intervals', async () => {
    const cluster = create({ keepalived: 'vrouter1' });
    cluster.start('vrouter2');
    await cluster.run(8_000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    await cluster.run(12_000);
    expect(cluster.masters()).toEqual(['vrouter2']);
    expect(cluster.holders()).toEqual(ALL_ON_2);
  });
});

describe('what is told', () => {
  it('a master is seen by its adverts; nothing else of it is known, and a silent one is not alarmed about', async () => {
    const cluster = await started({ keepalived: 'vrouter1' });
    const [master] = cluster.status('vrouter2').routers;
    expect(master).toMatchObject({
      name: 'vrouter1',
      alive: true,
      vrrpOnly: true,
      ready: null,
      configMatches: null,
      clockOffset: null,
      links: [],
      groups: [{ group: GROUP, state: 'master', priority: 200, effectivePriority: 200 }],
    });
    expect(cluster.status('vrouter2').groups[0]?.master).toBe('vrouter1');
    const [, backup] = cluster.status('vrouter1').routers;
    expect(backup).toMatchObject({ alive: false, vrrpOnly: true, groups: [{ state: null, effectivePriority: null }] });
    expect(cluster.status('vrouter2').alarms).toEqual([]);
  });

  it('a master that falls silent is none any more', async () => {
    const cluster = await started({ keepalived: 'vrouter1', routers: 3 });
    await cluster.crash('vrouter1');
    await cluster.run(810);
    expect(cluster.status('vrouter3').routers[0]?.groups[0]?.state).toBe(null);
    expect(cluster.status('vrouter3').groups[0]?.master).toBe('vrouter2');
    await cluster.run(10_000);
    expect(cluster.status('vrouter3').routers[0]?.alive).toBe(false);
    expect(cluster.events.filter(({ event }) => event.event === 'peer-silent')).toEqual([]);
  });

  it('other addresses in its adverts are counted and told, and the election goes on', async () => {
    const common = overIp(referenceConfig(ROUTERS.slice(0, 2)));
    const [group] = common.groups;
    if (group === undefined) throw new Error('no group');
    const other = { ...common, groups: [{ ...group, heartbeat: { ...group.heartbeat, advertise: ['10.9.9.9'] } }] };
    const cluster = createCluster({
      primaryAddresses: true,
      configOf: (name) => (name === 'vrouter1' ? other : common),
    });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.masters()).toEqual(['vrouter1']);
    const status = cluster.router('vrouter2').status();
    expect(status.routers[0]?.groups[0]?.otherAddresses).toEqual(['10.9.9.9']);
    expect(status.alarms).toEqual([
      "isv: the adverts of vrouter1 list 10.9.9.9, this router's do not: a keepalived there discards them; heartbeat.advertise has to name what its virtual_ipaddress has",
    ]);
    const logged = cluster.events.filter(
      ({ router, event }) => router === 'vrouter2' && event.event === 'address-list',
    );
    expect(logged).toHaveLength(1);
  });

  it('adverts that are rejected are told with what to do, for both may be master', async () => {
    const common = overIp(referenceConfig(ROUTERS.slice(0, 2)));
    const other = {
      ...common,
      groups: common.groups.map((group) => ({
        ...group,
        heartbeat: { ...group.heartbeat, version: 2 as const, interval: 1000 },
      })),
    };
    const cluster = createCluster({
      primaryAddresses: true,
      configOf: (name) => (name === 'vrouter1' ? other : common),
    });
    cluster.start('vrouter1');
    cluster.start('vrouter2');
    await cluster.run(10_000);
    expect(cluster.router('vrouter2').status().alarms).toContain(
      'the adverts of vrouter1 are rejected (version, VRID 51): both may be master; heartbeat.version has to be the version of its vrrp_instance',
    );
  });
});

describe('commands', () => {
  it('a planned failover is refused, and says what to do', async () => {
    const cluster = await started();
    expect(() => cluster.router('vrouter1').switchover.failover({})).toThrow(/VRRP only.*failoverctl standby on/);
    expect(() => cluster.router('vrouter2').switchover.failover({ to: 'vrouter2' })).toThrow(/VRRP only/);
    cluster.router('vrouter1').maintenance.standby({ on: true });
    await cluster.run(50);
    expect(cluster.holders()).toEqual(ALL_ON_2);
    cluster.router('vrouter1').maintenance.standby({ on: false });
    // Its record is from before vrouter2's claims, which nobody told of: it is not believed.
    await cluster.run(1000);
    expect(cluster.holders()).toEqual(ALL_ON_1);
    await cluster.run(20_000);
    expect(cluster.cloud.moves).toHaveLength(6);
  });

  it('standby of another router, and freeze, cannot be told to it', async () => {
    const cluster = await started();
    const { maintenance } = cluster.router('vrouter1');
    expect(() => maintenance.standby({ on: true, router: 'vrouter2' })).toThrow(/give the command on vrouter2 itself/);
    // Nobody is known to be ready, and nobody is known not to be.
    expect(maintenance.standby({ on: true })).toEqual({ router: 'vrouter1', on: [GROUP], off: [] });
    expect(maintenance.freeze({ on: true })).toEqual({ on: true, onlyHere: true });
    expect(cluster.status('vrouter1').alarms).toContainEqual(
      expect.stringContaining('on this router, and on no other'),
    );
  });
});
