/** What the doctor looks at from here: the daemon's sandbox lets it ask neither systemd nor the kernel's clock. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { version } from '../../package.json';
import type { DoctorCheck, DoctorReport } from '../control/api.ts';

const TIMEOUT = 5000;
/** Where a machine that was booted by systemd has its runtime directory, sd_booted(3). */
const SYSTEMD = '/run/systemd/system';
const UNIT = 'failoverd.service';

export async function checkHere(report: DoctorReport): Promise<readonly DoctorCheck[]> {
  return [checkRelease(report), await checkClock(), ...(existsSync(SYSTEMD) ? [await checkUnit()] : [])];
}

function checkRelease(report: DoctorReport): DoctorCheck {
  const check = { check: 'release', about: report.router };
  if (report.version === version)
    return { ...check, result: 'ok', finding: `failoverd ${version}, as this failoverctl` };
  const finding = `failoverd ${report.version} runs, and this failoverctl is ${version}: it was not restarted since`;
  return { ...check, result: 'warning', finding, advice: 'restart it, one router at a time, the backup first' };
}

async function checkClock(): Promise<DoctorCheck> {
  const check = { check: 'time', about: 'clock' };
  const advice = 'chronyc tracking, or timedatectl: OCI refuses requests from a clock that is five minutes off';
  try {
    const { isClockSynchronised } = await import('../linux/time-sync.ts');
    return (await isClockSynchronised())
      ? { ...check, result: 'ok', finding: 'the kernel says that the clock is synchronised' }
      : { ...check, result: 'warning', finding: 'the kernel says that nothing keeps the clock right', advice };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { ...check, result: 'unknown', finding: `whether the clock is synchronised: ${reason}`, advice };
  }
}

/** Would it start again after a reboot? */
async function checkUnit(): Promise<DoctorCheck> {
  const check = { check: 'unit', about: UNIT };
  const advice = `systemctl enable ${UNIT}`;
  const state = await new Promise<string>((resolve) => {
    execFile('systemctl', ['is-enabled', UNIT], { timeout: TIMEOUT }, (_error, stdout) => resolve(stdout.trim()));
  });
  if (state === 'enabled') return { ...check, result: 'ok', finding: 'it is started at boot' };
  if (state === '') {
    return { ...check, result: 'unknown', finding: 'systemctl did not say whether it is started at boot', advice };
  }
  return { ...check, result: 'warning', finding: `it is ${state}: it does not start after a reboot`, advice };
}
