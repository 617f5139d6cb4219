import type { AuthConfig, LoadedConfig } from '../../config/index.ts';
import type { DoctorCheck } from '../../control/api.ts';
import { failed, ok, unknown, warning } from './check.ts';

/** What the next start would make of the file: `failoverd --check` with the same name, user and environment. */
export interface ConfigOnDisk {
  /** As `LoadedConfig.digest`; undefined if the file cannot be read. */
  readonly digest: string | undefined;
  /** Exit code of the check; null if it did not end in time. */
  readonly code: number | null;
  /** What it complained of. */
  readonly complaints: readonly string[];
}

/** The file on disk, as the next start would read it, and what runs. */
export function checkConfig(running: LoadedConfig, onDisk: ConfigOnDisk): readonly DoctorCheck[] {
  return [...checkFile(running, onDisk), ...checkKeys(running)];
}

function checkFile({ file, digest }: LoadedConfig, onDisk: ConfigOnDisk): DoctorCheck[] {
  const { code, complaints } = onDisk;
  const advice = `failoverctl config check ${file} lists every mistake`;
  if (code === null) return [unknown('config', file, 'failoverd --check did not end in time', advice)];
  if (code !== 0) {
    const more = complaints.length > 1 ? `, and ${complaints.length - 1} more` : '';
    const finding = `a restart would fail: ${complaints[0] ?? `failoverd --check ended with ${code}`}${more}`;
    return [failed('config', file, finding, advice)];
  }
  return [
    onDisk.digest === digest
      ? ok('config', file, `valid, and what runs (digest ${digest})`)
      : warning(
          'config',
          file,
          'valid, but not what runs',
          'failoverctl reload says what changed, or why it needs a restart',
        ),
    ...complaints.map((each) => warning('config', file, each.replace(/^warning: /, ''), 'see docs/configuration.md')),
  ];
}

function checkKeys({ config }: LoadedConfig): DoctorCheck[] {
  const common = describeAuth(config.heartbeat.auth);
  const own = config.groups.filter(({ heartbeat }) => describeAuth(heartbeat.auth) !== common);
  return [
    checkAuth('heartbeat', config.heartbeat.auth),
    ...own.map(({ name, heartbeat }) => checkAuth(`heartbeat of ${name}`, heartbeat.auth)),
  ];
}

/** Equal if a check of it would say the same. */
function describeAuth({ mode, activeKey, keys }: AuthConfig): string {
  return [mode, activeKey, ...keys.map(({ id, source, secret }) => `${id} ${source ?? ''} ${secret.length}`)].join('/');
}

function checkAuth(about: string, { mode, keys, activeKey }: AuthConfig): DoctorCheck {
  switch (mode) {
    case 'enforce': {
      const active = keys.find(({ id }) => id === activeKey);
      return ok(
        'keys',
        about,
        `signed with key ${activeKey}, ${active?.secret.length ?? 0} bytes; ${keys.length} accepted`,
      );
    }
    case 'none':
    case 'password': {
      const finding = `mode ${mode}: whoever can send to the heartbeat's port can take the VIPs`;
      return warning('keys', about, finding, 'failoverctl keygen, the same key on every router, then mode: enforce');
    }
    default: {
      const finding = `mode ${mode}: datagrams without a signature are accepted`;
      return warning('keys', about, finding, 'mode: enforce, when every router signs');
    }
  }
}
