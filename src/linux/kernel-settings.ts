import { readFileSync, writeFileSync } from 'node:fs';

/** A kernel setting that would break a virtual router. */
export interface KernelFinding {
  /** As sysctl(8) writes it; a device's own name may hold dots. */
  readonly setting: string;
  /** What the kernel says now; `unreadable` if the file could not be read. */
  readonly value: string;
  readonly wanted: string;
  /** What would correct it: a value for a file below /proc/sys/net. */
  readonly remedy: { readonly path: string; readonly value: string };
  /** A sentence for the admin. */
  readonly why: string;
}

export interface KernelSettingsOptions {
  /** The devices of the groups. One that does not exist is passed over: its absence is reported elsewhere. */
  readonly devices: readonly string[];
  /** Whether the groups have IPv6 VIPs. */
  readonly ipv6?: boolean;
  /** Reads a file as text, or throws with `code: 'ENOENT'`; the default reads /proc. */
  readonly read?: (path: string) => string;
}

const ROOT = '/proc/sys/net';

/** Reads the settings a virtual router depends on (kernel documentation, networking/ip-sysctl). Changes nothing. */
export function checkKernelSettings(options: KernelSettingsOptions): readonly KernelFinding[] {
  const { devices, ipv6 = false, read = readText } = options;
  return [
    ...forwarding(read, 'ipv4/ip_forward', 'net.ipv4.ip_forward', 'IPv4'),
    ...(ipv6 ? forwarding(read, 'ipv6/conf/all/forwarding', 'net.ipv6.conf.all.forwarding', 'IPv6') : []),
    ...reversePathFilter(read, devices),
  ];
}

/**
 * Writes the value that corrects a finding. It takes CAP_NET_ADMIN and a writable /proc/sys/net.
 * @returns why it could not be written; undefined when it was
 */
export function correctKernelSetting(
  { remedy: { path, value } }: KernelFinding,
  write: (path: string, text: string) => void = writeFileSync,
): string | undefined {
  try {
    write(`${ROOT}/${path}`, value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function forwarding(read: (path: string) => string, path: string, setting: string, family: string): KernelFinding[] {
  const value = settingAt(read, path);
  if (value === '1') return [];
  return [
    {
      setting,
      value: value ?? 'unreadable',
      wanted: '1',
      remedy: { path, value: '1' },
      why: `otherwise this router forwards no ${family} traffic`,
    },
  ];
}

/** The kernel applies the greater of the values for `all` and for the device; 1 is strict, 2 loose (RFC 3704). */
function reversePathFilter(read: (path: string) => string, devices: readonly string[]): KernelFinding[] {
  const all = settingAt(read, 'ipv4/conf/all/rp_filter') ?? '0';
  return devices.flatMap((device) => {
    const own = settingAt(read, `ipv4/conf/${device}/rp_filter`);
    if (own === undefined || Math.max(Number(all), Number(own)) !== 1) return [];
    return [
      {
        setting: own === '1' ? `net.ipv4.conf.${device}.rp_filter` : 'net.ipv4.conf.all.rp_filter',
        value: '1',
        wanted: '0 or 2',
        // Loose on the device wins over strict for all: the kernel takes the greater one.
        remedy: { path: `ipv4/conf/${device}/rp_filter`, value: '2' },
        why: `strict filtering drops what arrives on ${device} and would be answered through another interface`,
      },
    ];
  });
}

function settingAt(read: (path: string) => string, path: string): string | undefined {
  try {
    return read(`${ROOT}/${path}`).trim();
  } catch {
    // Missing (no such device, IPv6 off) and forbidden (a sandbox's /proc) are the same to the caller.
    return undefined;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}
