import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { errorFromErrno } from './linux-error.ts';

const { EPERM, ENODEV, EEXIST, ENOBUFS, EADDRNOTAVAIL, EAGAIN, EXDEV } = constants.errno;

describe('errorFromErrno', () => {
  it.each([
    [EPERM, 'permission-denied'],
    [ENODEV, 'no-such-device'],
    [EEXIST, 'already-exists'],
    [ENOBUFS, 'overrun'],
    [EADDRNOTAVAIL, 'address-not-available'],
    [EAGAIN, 'busy'],
    [EXDEV, 'unknown'],
  ])('%i is %s', (errno, code) => {
    expect(errorFromErrno(errno, 'call')).toMatchObject({ name: 'LinuxError', code, errno, call: 'call' });
  });

  it('says what failed, why, and the errno an admin can look up', () => {
    expect(errorFromErrno(ENODEV, 'RTM_NEWADDR 10.0.0.4 on ens5').message).toBe(
      'RTM_NEWADDR 10.0.0.4 on ens5: no such device (ENODEV)',
    );
    expect(errorFromErrno(EEXIST, 'RTM_NEWADDR', 'ipv4: Address already assigned').message).toBe(
      'RTM_NEWADDR: ipv4: Address already assigned (EEXIST)',
    );
    expect(errorFromErrno(0, 'call').message).toBe('call: failed (errno 0)');
    expect(errorFromErrno(99999, 'call').code).toBe('unknown');
  });
});
