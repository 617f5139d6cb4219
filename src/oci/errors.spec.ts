import { describe, expect, it } from 'vitest';
import { codeOfStatus, failureOf, faultOfAnswer, faultOfNetwork, faultOfSdkError, OciFault } from './errors.ts';

describe('codeOfStatus', () => {
  it.each([
    [400, 'InvalidParameter', 'rejected'],
    [401, 'NotAuthenticated', 'unauthenticated'],
    [401, undefined, 'unauthenticated'],
    [403, 'NotAllowed', 'rejected'],
    [404, 'NotAuthorizedOrNotFound', 'not-found'],
    [404, undefined, 'server-error'],
    [408, undefined, 'server-error'],
    [409, 'IncorrectState', 'conflict'],
    [412, 'NoEtagMatch', 'precondition-failed'],
    [429, 'TooManyRequests', 'throttled'],
    [429, undefined, 'throttled'],
    [500, 'InternalServerError', 'server-error'],
    [503, undefined, 'server-error'],
    [302, undefined, 'rejected'],
  ] as const)('%i %s is %s', (status, serviceCode, code) => {
    expect(codeOfStatus(status, serviceCode)).toBe(code);
  });
});

describe('faults', () => {
  it('keeps the words and the request id of the service', () => {
    const error = { statusCode: 409, serviceCode: 'IncorrectState', message: 'VNIC is busy', opcRequestId: 'A/B' };
    expect(failureOf(faultOfSdkError('UpdatePrivateIp', error))).toEqual({
      ok: false,
      code: 'conflict',
      message: 'UpdatePrivateIp was answered with 409 IncorrectState: VNIC is busy',
      status: 409,
      requestId: 'A/B',
    });
  });

  it('takes what the SDK calls None for an answer without a body of OCI', () => {
    const error = {
      statusCode: 404,
      serviceCode: 'None',
      message: '<html><h1>Not Found</h1></html>',
      opcRequestId: null,
    };
    expect(failureOf(faultOfSdkError('GetVnic', error))).toEqual({
      ok: false,
      code: 'server-error',
      message: 'GetVnic was answered with 404 Not Found',
      status: 404,
    });
  });

  it('shortens pages of gateways', () => {
    const page = `<html><style>b{}</style><body>${'busy '.repeat(100)}</body></html>`;
    expect(faultOfAnswer('the token exchange', { status: 503, message: page }).message.length).toBeLessThan(170);
  });

  it.each([
    ['ENOTFOUND', 'does not resolve'],
    ['ECONNREFUSED', 'cannot be reached'],
    ['ECONNRESET', 'closed the connection before it answered'],
    ['CERT_HAS_EXPIRED', 'failed (CERT_HAS_EXPIRED)'],
  ])('%s is network', (code, words) => {
    const cause = Object.assign(new Error('x'), { code });
    const fault = faultOfNetwork('GetVnic', 'https://iaas.x', cause);
    expect(fault).toMatchObject({ code: 'network', cause });
    expect(fault.message).toContain(words);
  });

  it('lets a fault pass that already is one', () => {
    const fault = new OciFault('timeout', 'late');
    expect(faultOfNetwork('GetVnic', 'x', fault)).toBe(fault);
    expect(faultOfSdkError('GetVnic', fault)).toBe(fault);
  });

  it('calls an answer that is not JSON a server error', () => {
    expect(faultOfSdkError('GetVnic', new SyntaxError('Unexpected token <')).code).toBe('server-error');
  });
});
