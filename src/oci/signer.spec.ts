import { generateKeyPairSync } from 'node:crypto';
import { DefaultRequestSigner, type HttpRequest } from 'oci-common';
import { describe, expect, it } from 'vitest';
import { signRequest } from './signer.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const keyId = 'ST$eyJ0b2tlbiJ9.e30.c2ln';
const now = new Date('2026-11-20T09:48:20Z');

const sdk = new DefaultRequestSigner({
  getKeyId: () => Promise.resolve(keyId),
  getPrivateKey: () => privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
  getPassphrase: () => null,
});

describe('signRequest', () => {
  it.each([
    ['GET', 'https://iaas.us-ashburn-1.oraclecloud.com/20160918/vnics/ocid1.vnic.oc1.x', undefined],
    ['GET', 'https://127.0.0.1:8443/20160918/privateIps?subnetId=ocid1.subnet.x&ipAddress=10.0.0.4', undefined],
    ['PUT', 'https://iaas.us-ashburn-1.oraclecloud.com/20160918/privateIps/ocid1.x', '{"vnicId":"ocid1.vnic.ü"}'],
  ] as const)('%s %s is signed to the bit as the SDK signs it', async (method, uri, body) => {
    const ours = { method, uri, headers: new Headers(), ...(body === undefined ? {} : { body }) };
    signRequest(ours, { keyId, privateKey }, now);
    const theirs = {
      method,
      uri,
      headers: new Headers({ 'x-date': now.toUTCString(), date: now.toUTCString() }),
      body,
    } as HttpRequest;
    await sdk.signHttpRequest(theirs);
    expect([...ours.headers]).toEqual([...theirs.headers]);
  });

  it('signs the date header where the federation service wants it', () => {
    const request = { method: 'POST', uri: 'https://auth.x/v1/x509', headers: new Headers(), body: '{}' };
    signRequest(request, { keyId, privateKey }, now, 'date');
    expect(request.headers.get('authorization')).toContain('headers="date (request-target) host');
    expect(request.headers.get('content-length')).toBe('2');
  });
});
