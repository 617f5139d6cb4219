import { expect, it } from 'vitest';
import { TransportError, transportErrorCode } from './transport-errors.ts';

it.each([
  ['EADDRNOTAVAIL', 'address-missing'],
  ['ENODEV', 'device-missing'],
  ['EADDRINUSE', 'port-taken'],
  ['EPERM', 'permission'],
  ['ECONNREFUSED', 'refused'],
  // What a firewall's icmp-host-prohibited becomes, the default of Oracle Linux images in OCI.
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOBUFS', 'no-buffer'],
  ['EMSGSIZE', 'too-large'],
  ['EBADF', 'other'],
])('%s is %s', (errno, code) => {
  expect(transportErrorCode(Object.assign(new Error('failed'), { code: errno }))).toBe(code);
});

it('takes anything for a cause', () => {
  for (const cause of [undefined, null, 'EPERM', {}, new Error('no errno')])
    expect(transportErrorCode(cause)).toBe('other');
});

it('keeps the cause', () => {
  const cause = new Error('bind EADDRINUSE');
  expect(new TransportError('port-taken', 'b', 'cannot bind', cause)).toMatchObject({
    name: 'TransportError',
    code: 'port-taken',
    pathId: 'b',
    message: 'cannot bind',
    cause,
  });
});
