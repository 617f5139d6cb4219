import { createHash } from 'node:crypto';
import type { Config, LoadedConfig } from '../../src/config/index.ts';
import type { RunCommand } from '../../src/linux/command-result.ts';

/** The reference deployment: vRouters, their heartbeat addresses and priorities, and one VIP in each of three subnets. */
export interface Member {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly priority: number;
}

export const ROUTERS: readonly Member[] = [
  { name: 'vrouter1', addresses: ['172.20.136.130', '10.0.0.2'], priority: 200 },
  { name: 'vrouter2', addresses: ['172.20.136.131', '10.0.0.3'], priority: 100 },
  { name: 'vrouter3', addresses: ['172.20.136.133', '10.0.0.5'], priority: 50 },
];
export interface DeployedVip {
  readonly interface: string;
  readonly address: string;
}
export const VIPS: readonly DeployedVip[] = [
  { interface: 'ens3', address: '172.20.136.132' },
  { interface: 'ens5', address: '10.0.0.4' },
  { interface: 'ens6', address: '10.0.0.36' },
];
/** Address of every VIP, and the device it belongs to. */
export interface DeployedVip {
  readonly interface: string;
  readonly address: string;
}

export interface DeployedGroup {
  readonly name: string;
  readonly virtualRouterId: number;
  /** The first one is the lock. */
  readonly vips: readonly DeployedVip[];
}

/**
 * The reference deployment is the first group. The others share its interfaces, but not all of them: a link may be down
 * for one group and nothing to another, and the lock of the last one is where no heartbeat path is.
 */
export const GROUPS: readonly DeployedGroup[] = [
  { name: 'isv', virtualRouterId: 51, vips: VIPS },
  {
    name: 'dmz',
    virtualRouterId: 52,
    vips: [
      { interface: 'ens5', address: '10.0.0.7' },
      { interface: 'ens6', address: '10.0.0.37' },
    ],
  },
  { name: 'vpn', virtualRouterId: 53, vips: [{ interface: 'ens6', address: '10.0.0.38' }] },
];

/** So many VIPs in each of the three subnets; the first of each is the reference deployment's. */
export function vipsPerSubnet(count: number): readonly DeployedVip[] {
  return VIPS.flatMap((vip) => {
    const [network = '', host = ''] = [vip.address.replace(/\d+$/, ''), vip.address.replace(/^.*\./, '')];
    const addresses = Array.from({ length: count }, (_, index) => `${network}${Number(host) + index * 40}`);
    return addresses.map((address) => ({ interface: vip.interface, address }));
  });
}
/** Device that carries the heartbeat path of this index. */
export const PATH_DEVICES = ['ens3', 'ens5'];
export const GROUP = 'isv';

export function referenceConfig(members: readonly Member[], vips: readonly DeployedVip[] = VIPS): Config {
  const auth = {
    keys: [{ id: 1, secret: new Uint8Array(32).fill(7) }],
    activeKey: 1,
    mode: 'enforce',
    timeWindow: 5000,
  } as const;
  const heartbeat = { version: 3, interval: 200, advertise: 'vips', auth } as const;
  return {
    cluster: 'isv-pod',
    routers: members.map(({ name, addresses }) => ({ name, addresses, interfaces: {} })),
    heartbeat: { ...heartbeat, transport: 'udp', port: 8112, minTtl: 255 },
    groups: [
      {
        name: GROUP,
        virtualRouterId: 51,
        priority: Object.fromEntries(members.map(({ name, priority }) => [name, priority])),
        preempt: true,
        preemptDelay: 0,
        interfaces: [...new Set(vips.map((vip) => vip.interface))].map((name) => ({
          name,
          vips: vips.filter((vip) => vip.interface === name).map(({ address }) => ({ address })),
        })),
        trackers: [],
        hooks: { master: [], backup: [], fault: [] },
        sync: [],
        heartbeat,
      },
    ],
    mode: 'active',
    oci: { region: 'auto', requestTimeout: 2000, connections: 24, leaseInterval: 3000, verifyInterval: 10_000 },
    addresses: 'static',
    kernel: 'report',
    startupDelay: 2000,
    drainTimeout: 10_000,
    metrics: { host: '127.0.0.1', port: 9112 },
    control: { socket: '/run/failoverd/control.sock' },
    log: { level: 'info', format: 'json' },
  };
}

/** For deployments without trackers and hooks. */
export const noCommands: RunCommand = ({ argv }) => {
  throw new Error(`no command was to run: ${argv.join(' ')}`);
};

/** What a router makes of the file: its own entry and the digest that peers compare. */
export function loadedFor(name: string, config: Config): LoadedConfig {
  const self = config.routers.find((router) => router.name === name);
  if (self === undefined) throw new Error(`no router ${name}`);
  const digest = digests.get(config) ?? createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16);
  digests.set(config, digest);
  return { config, self, file: 'test', digest };
}

/** Every start of a router reads the same file again. */
const digests = new WeakMap<Config, string>();
