import { describe, expect, it } from 'vitest';
import { loadedFor, ROUTERS, referenceConfig } from '../../test/simulation/deployment.ts';
import type { Config } from '../config/index.ts';
import type { GroupReport, VipReport } from '../control/api.ts';
import type { LinkAddress } from '../linux/index.ts';
import { createAddressKeeper } from './addresses.ts';

const VIPS = ['172.20.136.132', '10.0.0.4', '10.0.0.36'];

function group(master: string | null, holder: string | null, ownership: VipReport['ownership'] = 'known'): GroupReport {
  const vip = { holder, ownership, since: null, verified: null, claiming: false };
  return {
    name: 'isv',
    virtualRouterId: 51,
    state: 'backup',
    since: '',
    master,
    hold: null,
    vips: VIPS.map((address) => ({ ...vip, address, interface: 'ens3' })),
  };
}

/** vrouter1, with a kernel that does what it is told at once. */
function createKernel(config: Partial<Config>, prefixLength = 32) {
  const addresses: LinkAddress[] = [];
  const done: string[] = [];
  const down = new Set<string>();
  let reloaded: Partial<Config> = {};
  let refusal: string | undefined;
  const keeper = createAddressKeeper({
    loaded: () => loadedFor('vrouter1', { ...referenceConfig(ROUTERS.slice(0, 2)), ...config, ...reloaded }),
    log: ({ event }) => event === 'address-failed' && done.push(event),
    table: {
      addresses: () => addresses,
      isUp: (device) => !down.has(device),
      async add(device, address) {
        if (refusal !== undefined) throw new Error(refusal);
        done.push(`+${address}`);
        addresses.push({ device, index: 1, address, prefixLength });
      },
      async remove(_, address) {
        done.push(`-${address}`);
        addresses.splice(
          addresses.findIndex((entry) => entry.address === address),
          1,
        );
      },
    },
  });
  return {
    down,
    alarms: () => keeper.alarms().map(({ text }) => text),
    reload(next: Partial<Config>) {
      reloaded = next;
    },
    refuse(reason: string | undefined) {
      refusal = reason;
    },
    addresses,
    async keep(...reports: GroupReport[]) {
      keeper.keep(reports);
      // What comes while a request is under way does not start another one.
      keeper.keep(reports);
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      return done.splice(0).join(' ');
    },
  };
}

const ADDED = VIPS.map((vip) => `+${vip}`).join(' ');
const REMOVED = VIPS.map((vip) => `-${vip}`).join(' ');

describe('addresses: static', () => {
  it('every router has every VIP, on links that are up', async () => {
    const { keep, down } = createKernel({ addresses: 'static' });
    down.add('ens5');
    expect(await keep()).toBe('+172.20.136.132 +10.0.0.36');
    down.clear();
    expect(await keep()).toBe('+10.0.0.4');
    expect(await keep(group('vrouter2', 'vrouter2'))).toBe('');
  });
});

/** The reference deployment without the VIPs of ens6. */
function withoutEns6(): Partial<Config> {
  const base = referenceConfig(ROUTERS.slice(0, 2));
  const groups = base.groups.map((entry) => ({
    ...entry,
    interfaces: entry.interfaces.map((each) => (each.name === 'ens6' ? { ...each, vips: [] } : each)),
  }));
  return { groups };
}

describe.each(['static', 'follow'] as const)('addresses: %s', (addresses) => {
  it('a VIP that a reload takes out of the file leaves its interface, and no other does', async () => {
    const { keep, reload, down } = createKernel({ addresses });
    await keep(group('vrouter1', 'vrouter1'));
    reload(withoutEns6());
    // It is the address that is in the way, link or no link.
    down.add('ens6');
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('-10.0.0.36');
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
  });

  it('one with the prefix length of its subnet stays', async () => {
    const { keep, reload } = createKernel({ addresses }, 28);
    await keep(group('vrouter1', 'vrouter1'));
    reload(withoutEns6());
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
  });

  it("nothing leaves when they become the admin's", async () => {
    const { keep, reload } = createKernel({ addresses });
    await keep(group('vrouter1', 'vrouter1'));
    reload({ addresses: 'unmanaged' });
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
    reload({ addresses: 'unmanaged', ...withoutEns6() });
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
    reload({ addresses, ...withoutEns6() });
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
  });

  it('what the kernel refuses is told once, and alarmed until it is done or no longer wanted', async () => {
    const { keep, refuse, alarms, reload } = createKernel({ addresses });
    refuse('no room');
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('address-failed address-failed address-failed');
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
    expect(alarms()).toHaveLength(3);
    expect(alarms()[2]).toBe('address 10.0.0.36 on ens6: no room');
    reload(withoutEns6());
    await keep(group('vrouter1', 'vrouter1'));
    expect(alarms()).toHaveLength(2);
    refuse(undefined);
    await keep(group('vrouter1', 'vrouter1'));
    expect(alarms()).toEqual([]);
  });

  it('what comes about without this daemon is no longer alarmed', async () => {
    const { keep, refuse, alarms, addresses: table } = createKernel({ addresses });
    refuse('no room');
    await keep(group('vrouter1', 'vrouter1'));
    table.push({ device: 'ens6', index: 4, address: '10.0.0.36', prefixLength: 32 });
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
    expect(alarms()).toEqual(['address 172.20.136.132 on ens3: no room', 'address 10.0.0.4 on ens5: no room']);
  });
});

describe('addresses: follow', () => {
  const rows: readonly (readonly [string, GroupReport, string, string])[] = [
    ['this router is master, whatever the record says', group('vrouter1', 'vrouter2'), ADDED, ''],
    ['another one is master', group('vrouter2', 'vrouter1'), '', REMOVED],
    ['nobody is, and OCI says that this router holds them', group(null, 'vrouter1'), '', ''],
    ['nobody is, and OCI says that another one holds them', group(null, 'vrouter2'), '', REMOVED],
    ['nobody is, and they are unassigned', group(null, null, 'unassigned'), '', REMOVED],
    ['nobody is, and OCI did not answer', group(null, null, 'unknown'), '', ''],
  ];
  it.each(rows)('%s', async (_, report, whenAbsent, whenPresent) => {
    const absent = createKernel({ addresses: 'follow' });
    expect(await absent.keep(report)).toBe(whenAbsent);
    const present = createKernel({ addresses: 'follow' });
    await present.keep(group('vrouter1', 'vrouter1'));
    expect(await present.keep(report)).toBe(whenPresent);
  });

  it('an address with the prefix length of its subnet is not ours to remove', async () => {
    const { keep } = createKernel({ addresses: 'follow' }, 28);
    await keep(group('vrouter1', 'vrouter1'));
    expect(await keep(group('vrouter2', 'vrouter2'))).toBe('');
  });
});

it.each([{ addresses: 'unmanaged' }, { addresses: 'follow', mode: 'observe' }, { mode: 'observe' }] as const)(
  'with %o nothing is touched',
  async (config) => {
    const { keep } = createKernel(config);
    expect(await keep(group('vrouter1', 'vrouter1'))).toBe('');
  },
);
