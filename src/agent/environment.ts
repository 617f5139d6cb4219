/** What commands see of the daemon's own environment: no key that it was given in a variable, and no socket of systemd's. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ'];
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The environment of a tracker or hook, with what it is told. */
export function commandEnvironment(told: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const own = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { PATH: DEFAULT_PATH, ...Object.fromEntries(own), ...told };
}
