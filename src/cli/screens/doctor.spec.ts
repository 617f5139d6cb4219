import { expect, it } from 'vitest';
import type { DoctorReport } from '../../control/api.ts';
import { doctorScreen } from './doctor.ts';

const report: DoctorReport = {
  version: '0.1.0',
  cluster: 'isv-pod',
  router: 'vrouter1',
  time: '2026-01-02T03:00:00.000Z',
  checks: [
    { check: 'token', about: 'OCI', result: 'ok', finding: 'present, and valid for another 18 min' },
    { check: 'claim', about: '10.0.0.4', result: 'unknown', finding: 'not proven', advice: 'a failover proves it' },
    { check: 'path', about: 'vrouter2 10.0.0.3', result: 'warning', finding: 'silent', advice: 'the security rules' },
    {
      check: 'freeze',
      about: 'cluster',
      result: 'failed',
      finding: 'claims are frozen',
      advice: 'failoverctl freeze off',
    },
  ],
};
const footer = 'isv-pod as vrouter1 sees it at 2026-01-02T03:00:00.000Z: failoverd 0.1.0';

it('shows the worst first, with what to do', () => {
  expect(doctorScreen(report, { colour: false, quiet: false })).toBe(
    `a failover would not work as it should: 1 failed, 1 warning, 1 unknown, 1 ok

FAILED   freeze cluster          claims are frozen
                                 → failoverctl freeze off
warning  path vrouter2 10.0.0.3  silent
                                 → the security rules
unknown  claim 10.0.0.4          not proven
                                 → a failover proves it
ok       token OCI               present, and valid for another 18 min

${footer}
`,
  );
});

it('leaves out what is well', () => {
  const checks = report.checks.filter(({ result }) => result === 'ok');
  expect(doctorScreen({ ...report, checks }, { colour: false, quiet: true })).toBe(
    `nothing stands in the way of a failover: 0 failed, 1 ok

${footer}
`,
  );
});
