import type { Config, RouterConfig } from '../../config/index.ts';
import { deviceOf } from '../../config/index.ts';
import type { DoctorCheck } from '../../control/api.ts';
import type { KernelFinding, Link, LinkAddress } from '../../linux/index.ts';
import { failed, ok, warning } from './check.ts';

/** What the machine itself is like. */
export interface SystemFindings {
  readonly config: Config;
  readonly self: RouterConfig;
  /** Is this router master, by group? */
  readonly masterOf: (group: string) => boolean;
  readonly kernel: readonly KernelFinding[];
  readonly links: ReadonlyMap<string, Link>;
  readonly addresses: readonly LinkAddress[];
  /** systemd listens, and how often it wants a sign of life, milliseconds. */
  readonly notified: boolean;
  readonly watchdogInterval: number | undefined;
  /** Permission bits of the control socket, and whether it belongs to a group other than root's; undefined: not there. */
  readonly socket: { readonly mode: number; readonly forGroup: boolean } | undefined;
  readonly metricsListen: boolean;
  readonly stateWritable: boolean;
}

/** A presence datagram with its headers: the smallest MTU that every network has to carry (RFC 8200 §5). */
const LEAST_MTU = 1280;

export function checkSystem(findings: SystemFindings): readonly DoctorCheck[] {
  return [...checkKernel(findings), ...checkMtu(findings), ...checkAddresses(findings), ...checkService(findings)];
}

function checkKernel({ kernel }: SystemFindings): DoctorCheck[] {
  if (kernel.length === 0) return [ok('kernel', 'sysctl', 'the kernel forwards, and no reverse path filter is strict')];
  return kernel.map(({ setting, value, wanted, why }) =>
    failed(
      'kernel',
      setting,
      `it is ${value}, wanted: ${wanted}; ${why}`,
      `sysctl -w ${setting}=${wanted.slice(0, 1)}`,
    ),
  );
}

function devicesOf({ config, self }: SystemFindings): readonly { readonly name: string; readonly device: string }[] {
  const names = new Set(config.groups.flatMap(({ interfaces }) => interfaces.map(({ name }) => name)));
  return [...names].map((name) => ({ name, device: deviceOf(self, name) }));
}

function checkMtu(findings: SystemFindings): DoctorCheck[] {
  return devicesOf(findings).flatMap(({ name, device }) => {
    const mtu = findings.links.get(device)?.mtu;
    if (mtu === undefined) return [];
    if (mtu >= LEAST_MTU) return [ok('mtu', name, `its MTU is ${mtu}`)];
    const finding = `its MTU is ${mtu}: the heartbeat needs ${LEAST_MTU}`;
    return [failed('mtu', name, finding, `ip link set ${device} mtu 1500, or what its network carries`)];
  });
}

/** `addresses: static`: every router has every VIP; `follow`: the master alone. */
function checkAddresses(findings: SystemFindings): DoctorCheck[] {
  const { config, self, addresses, masterOf } = findings;
  if (config.addresses === 'unmanaged' || config.mode === 'observe') return [];
  return config.groups.flatMap((group) =>
    group.interfaces.flatMap(({ name, vips }) =>
      vips.flatMap(({ address }) => {
        const device = deviceOf(self, name);
        const there = addresses.some((entry) => entry.address === address && entry.device === device);
        const wanted = config.addresses === 'static' || masterOf(group.name);
        if (there === wanted)
          return [ok('address', address, there ? `it is on ${name}` : 'it is not here, as it should')];
        const finding = wanted ? `it is not on ${name}` : `it is on ${name}, and this router is not master`;
        return [failed('address', address, finding, 'the log says why (address-failed): journalctl -u failoverd')];
      }),
    ),
  );
}

function checkService(findings: SystemFindings): DoctorCheck[] {
  const { config, notified, watchdogInterval, socket, metricsListen, stateWritable } = findings;
  const listen = `${config.metrics.host}:${config.metrics.port}`;
  return [
    notified
      ? ok('service', 'systemd', 'systemd started it, and is told how it is')
      : warning(
          'service',
          'systemd',
          'it was not started by systemd: nobody starts it again',
          'systemctl enable --now failoverd',
        ),
    watchdogInterval === undefined
      ? warning('watchdog', 'systemd', 'nobody notices if it hangs', 'WatchdogSec=10s in the unit')
      : ok('watchdog', 'systemd', `it gives a sign of life each ${watchdogInterval / 1000} s`),
    ...checkSocket(config.control.socket, socket),
    metricsListen
      ? ok('metrics', listen, 'Prometheus is answered')
      : failed(
          'metrics',
          listen,
          'nobody listens there',
          'the log says why (metrics-failed); is another daemon there?',
        ),
    stateWritable
      ? ok('state', 'file', 'holds, standby and freeze outlast a restart')
      : failed(
          'state',
          'file',
          'the state cannot be written',
          'StateDirectory=failoverd in the unit, or its permissions',
        ),
  ];
}

function checkSocket(path: string, socket: SystemFindings['socket']): DoctorCheck[] {
  if (socket === undefined) {
    return [failed('control', path, 'the control socket is gone', 'systemctl restart failoverd, the backup first')];
  }
  const mode = socket.mode.toString(8).padStart(4, '0');
  if ((socket.mode & 0o007) !== 0) {
    return [
      failed('control', path, `everybody on this machine may steer the cluster (mode ${mode})`, `chmod 0660 ${path}`),
    ];
  }
  if (!socket.forGroup) {
    return [warning('control', path, 'root alone may use failoverctl', 'groupadd --system failoverd, then restart')];
  }
  return [ok('control', path, `mode ${mode}, for root and a group`)];
}
