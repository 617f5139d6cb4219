import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { attempt, run } from './run.ts';

/** Every namespace of the lab starts with it, and nothing else on the machine may. */
export const PREFIX = 'fo-';

/** The namespace of a host of the plan. */
export function namespaceOf(host: string): string {
  return `${PREFIX}${host}`;
}

/** The VCN: bridges and gateways. */
export const VCN = namespaceOf('vcn');
/** Where the OCI simulator runs. */
export const OCI = namespaceOf('oci');

/** Files `ip netns exec` puts over those of /etc. */
function etcDirectory(namespace: string): string {
  return `/etc/netns/${namespace}`;
}

function leftovers(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

/** Runs lines of `ip` commands inside a namespace, or outside of all when none is given. */
export async function ipBatch(namespace: string | undefined, lines: readonly string[]): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await run(['ip', ...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** An `ip` command inside a namespace that waits for its next line: what it does happens at once, not after its start. */
export interface IpShell {
  do(lines: readonly string[]): void;
  stop(): void;
}

export function openIpShell(namespace: string): IpShell {
  const child = spawn('ip', ['-n', namespace, '-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  // It ends with its namespace, which may be before the last line was read.
  child.stdin.on('error', () => {});
  return {
    do: (lines) => void child.stdin.write(`${lines.join('\n')}\n`),
    stop: () => void child.stdin.end(),
  };
}

/** Makes a namespace that forwards, does not check reverse paths and has no IPv6. */
export async function createNamespace(namespace: string, hosts?: string): Promise<void> {
  if (hosts !== undefined) {
    await mkdir(etcDirectory(namespace), { recursive: true });
    await writeFile(`${etcDirectory(namespace)}/hosts`, hosts);
  }
  await run(['ip', 'netns', 'add', namespace]);
  const settings = [
    ['ipv4/ip_forward', '1'],
    ['ipv4/conf/all/rp_filter', '0'],
    ['ipv4/conf/default/rp_filter', '0'],
    ['ipv4/conf/all/send_redirects', '0'],
    ['ipv4/conf/default/send_redirects', '0'],
    ['ipv6/conf/all/disable_ipv6', '1'],
    ['ipv6/conf/default/disable_ipv6', '1'],
  ];
  const script = settings
    .map(([key, value]) => `[ ! -e /proc/sys/net/${key} ] || echo ${value} >/proc/sys/net/${key}`)
    .join('\n');
  await run(['ip', 'netns', 'exec', namespace, 'sh', '-ec', script]);
  await ipBatch(namespace, ['link set lo up']);
}

/** Processes whose network namespace is one of the lab's, whoever started them. */
async function processesIn(namespace: string): Promise<number[]> {
  const listed = await attempt(['ip', 'netns', 'pids', namespace]);
  return listed.stdout.split('\n').filter(Boolean).map(Number);
}

/** Removes every namespace of the lab with the processes in it, also those of an earlier run that crashed. */
export async function removeNamespaces(): Promise<void> {
  for (const namespace of leftovers('/run/netns')) {
    for (const pid of await processesIn(namespace)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Ended meanwhile.
      }
    }
    await attempt(['ip', 'netns', 'del', namespace]);
  }
  for (const name of leftovers('/etc/netns')) await rm(etcDirectory(name), { recursive: true, force: true });
}
