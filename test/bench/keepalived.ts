/**
 * Debian's keepalived on the lab's routers, beside failoverd: the same namespaces, links and tracked interfaces, as in
 * the deployment it is compared with. Protocol 112 and the heartbeat's UDP port do not meet.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { until, wallClockOffset } from '../lab/clock.ts';
import { namespaceOf } from '../lab/namespaces.ts';
import { WORK } from '../lab/paths.ts';
import { type LabPlan, type LabRouter, TRANSIT } from '../lab/plan.ts';
import { attempt } from '../lab/run.ts';
import { familyOf } from './proc.ts';

const DIRECTORY = `${WORK}/keepalived`;
const MASTERS = `${DIRECTORY}/masters`;
const BACKUPS = `${DIRECTORY}/backups`;
/** keepalived 2.2 wants an address in a VRRPv3 instance: one that nobody else in the lab uses. */
export const VERSION_3_VIP = '172.20.136.250/32';

export interface KeepalivedOptions {
  /** 2: as the reference deployment has it, without addresses, with a password. */
  readonly version: 2 | 3;
  /** Milliseconds between adverts. */
  readonly interval: number;
}

export interface Keepalived {
  /** For the figures: `keepalived, VRRPv2`. */
  readonly name: string;
  start(router: string): void;
  /** To keepalived itself; SIGKILL to all its processes. */
  kill(router: string, signal: 'SIGTERM' | 'SIGKILL'): void;
  pid(router: string): number;
  /** Waits until notify_master has run on a router after `since`; answers when it did, on the lab's clock. */
  master(router: string, since: number): Promise<number>;
  /** How often a router became master or left that since then. */
  transitions(since: number): Promise<number>;
}

/** First line of `keepalived --version`; undefined when there is none. */
export async function keepalivedVersion(): Promise<string | undefined> {
  const answer = await attempt(['keepalived', '--version']);
  return answer.code === 0 ? `${answer.stdout}${answer.stderr}`.split('\n')[0] : undefined;
}

function configText(plan: LabPlan, router: LabRouter, { version, interval }: KeepalivedOptions): string {
  const addressOf = ({ nics }: LabRouter) => nics[TRANSIT]?.address ?? '';
  const peers = plan.routers.filter(({ name }) => name !== router.name);
  const best = plan.routers.every(({ priority }) => priority <= router.priority);
  const special =
    version === 2
      ? 'authentication {\n    auth_type PASS\n    auth_pass ISV-test\n  }'
      : `virtual_ipaddress {\n    ${VERSION_3_VIP} dev ${TRANSIT}\n  }`;
  return `global_defs {
  enable_script_security
  script_user root
  vrrp_version ${version}
}
vrrp_instance ISV {
  state ${best ? 'MASTER' : 'BACKUP'}
  interface ${TRANSIT}
  track_interface {
    ${plan.segments.map((segment) => segment.interface).join('\n    ')}
  }
  virtual_router_id 51
  priority ${router.priority}
  advert_int ${interval / 1000}
  unicast_src_ip ${addressOf(router)}
  unicast_peer {
    ${peers.map(addressOf).join('\n    ')}
  }
  ${special}
  notify_master ${DIRECTORY}/${router.name}-master.sh
  notify_backup ${DIRECTORY}/${router.name}-backup.sh
}
`;
}

/** bash knows the time to the microsecond without another process. */
function scriptText(router: LabRouter, file: string): string {
  return `#!/bin/bash\necho "${router.name} $EPOCHREALTIME" >>${file}\n`;
}

/** Writes the files of both routers. It ends with the lab, whose namespaces its processes are in. */
export async function prepareKeepalived(plan: LabPlan, options: KeepalivedOptions): Promise<Keepalived> {
  const children = new Map<string, ChildProcess>();
  const offset = wallClockOffset();
  await mkdir(DIRECTORY, { recursive: true });
  for (const file of [MASTERS, BACKUPS]) await writeFile(file, '');
  for (const router of plan.routers) {
    await writeFile(`${DIRECTORY}/${router.name}.conf`, configText(plan, router, options));
    await writeFile(`${DIRECTORY}/${router.name}-master.sh`, scriptText(router, MASTERS), { mode: 0o755 });
    await writeFile(`${DIRECTORY}/${router.name}-backup.sh`, scriptText(router, BACKUPS), { mode: 0o755 });
  }

  /** When the script that writes this file has run on a router, or on any. */
  async function timesIn(file: string, router?: string): Promise<number[]> {
    const lines = (await readFile(file, 'utf8')).split('\n').filter(Boolean);
    const runs = lines.map((line) => line.split(' '));
    const wanted = runs.filter(([name]) => router === undefined || name === router);
    return wanted.map(([, seconds]) => Number(seconds) * 1000 - offset);
  }

  function pid(router: string): number {
    const found = children.get(router)?.pid;
    if (found === undefined) throw new Error(`keepalived was not started on ${router}`);
    return found;
  }

  return {
    name: `keepalived, VRRPv${options.version}`,
    pid,
    start(router) {
      const own = `${DIRECTORY}/${router}`;
      const files = ['-f', `${own}.conf`, '-p', `${own}.pid`, '-r', `${own}-vrrp.pid`];
      // -n: in the foreground, -P: only VRRP, -l: log to the console, which nobody reads.
      const args = ['netns', 'exec', namespaceOf(router), 'keepalived', '-n', '-P', '-l', ...files];
      children.set(router, spawn('ip', args, { stdio: 'ignore' }));
    },
    kill(router, signal) {
      const targets = signal === 'SIGKILL' ? familyOf(pid(router)) : [pid(router)];
      for (const target of targets) process.kill(target, signal);
    },
    async master(router, since) {
      const at = await until(async () => (await timesIn(MASTERS, router)).find((time) => time >= since), 30_000, 50);
      if (at === undefined) throw new Error(`keepalived on ${router} did not become master`);
      return at;
    },
    async transitions(since) {
      const times = [...(await timesIn(MASTERS)), ...(await timesIn(BACKUPS))];
      return times.filter((time) => time >= since).length;
    },
  };
}
