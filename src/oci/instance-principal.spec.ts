import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { failureOf } from './errors.ts';
import { createKeyPair, expiryOf, instanceKey, requestSession } from './instance-principal.ts';

/** Made with openssl: CN=instance, OU=opc-certtype, OU=opc-compartment, OU=opc-tenant:ocid1.tenancy.oc1..c */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICmjCCAj+gAwIBAgIUfztTooj9KAP3Y8f802lt6XBprMgwCgYIKoZIzj0EAwIw
gaAxITAfBgNVBAMMGG9jaWQxLmluc3RhbmNlLm9jMS5pYWQuYTEeMBwGA1UECwwV
b3BjLWNlcnR0eXBlOmluc3RhbmNlMTEwLwYDVQQLDChvcGMtY29tcGFydG1lbnQ6
b2NpZDEuY29tcGFydG1lbnQub2MxLi5iMSgwJgYDVQQLDB9vcGMtdGVuYW50Om9j
aWQxLnRlbmFuY3kub2MxLi5jMCAXDTI2MTEyMDEwMDE0MloYDzIxMjYxMDI3MTAw
MTQyWjCBoDEhMB8GA1UEAwwYb2NpZDEuaW5zdGFuY2Uub2MxLmlhZC5hMR4wHAYD
VQQLDBVvcGMtY2VydHR5cGU6aW5zdGFuY2UxMTAvBgNVBAsMKG9wYy1jb21wYXJ0
bWVudDpvY2lkMS5jb21wYXJ0bWVudC5vYzEuLmIxKDAmBgNVBAsMH29wYy10ZW5h
bnQ6b2NpZDEudGVuYW5jeS5vYzEuLmMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AARsiYEyhyNaKhJm4npHBCd6b2NmjemM928UG917ML7y3eoDeMo/ENANf5NwghfV
Ox6kX6Y13smLNh4/lvtwdCwko1MwUTAdBgNVHQ4EFgQUKZaSsNgadYoKNXHULRdh
tUVRf9QwHwYDVR0jBBgwFoAUKZaSsNgadYoKNXHULRdhtUVRf9QwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA27f2Tvek9/3NQRvAX1uWrfuLjWUg
kDLbpXZoB38W9mgCIQCNzl3EMO1960CV0/3MJGkxhZplZOMhMmygpidBzFqo3Q==
-----END CERTIFICATE-----
`;
/** Made with openssl: CN=x, OU=opc-certtype:instance + OU=opc-identity:ocid1.tenancy.oc1..d in one name part. */
const MULTI_VALUED = `-----BEGIN CERTIFICATE-----
MIICAzCCAamgAwIBAgIUVA0mCucYXDX9mFucjSLdXUmBRPQwCgYIKoZIzj0EAwIw
VjEKMAgGA1UEAwwBeDFIMBwGA1UECwwVb3BjLWNlcnR0eXBlOmluc3RhbmNlMCgG
A1UECwwhb3BjLWlkZW50aXR5Om9jaWQxLnRlbmFuY3kub2MxLi5kMCAXDTI2MTEy
MDEwMDE0MloYDzIxMjYxMDI3MTAwMTQyWjBWMQowCAYDVQQDDAF4MUgwHAYDVQQL
DBVvcGMtY2VydHR5cGU6aW5zdGFuY2UwKAYDVQQLDCFvcGMtaWRlbnRpdHk6b2Np
ZDEudGVuYW5jeS5vYzEuLmQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATtWDK1
PGllhXdxb+ex34lMhkzOnDo8dvkQQ441KuNVPi9/YBOe3qVarN+OhuYZ7msSaVY4
F5aP9TAqF19hIURdo1MwUTAdBgNVHQ4EFgQU8uweCyGpZBuNaB4M/ICI5cSmmIgw
HwYDVR0jBBgwFoAU8uweCyGpZBuNaB4M/ICI5cSmmIgwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA/rVQ4/IbIhVTq9/MGAM+E+yEfsrsrIsfoM/u
RuF9uhwCICGRPE8xtysbehIZeFfey/y/RgUzIbuqXLLj5dOA7ef7
-----END CERTIFICATE-----
`;
const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs1', format: 'pem' })
  .toString();

describe('instanceKey', () => {
  it('names tenancy and fingerprint as the federation service knows them', () => {
    expect(instanceKey(CERTIFICATE, key).keyId).toBe(
      'ocid1.tenancy.oc1..c/fed-x509/6f:d8:ad:25:75:14:af:29:2b:ac:1b:2f:e8:89:43:be:4a:d1:f0:84',
    );
  });

  it('finds the tenancy as opc-identity and in a multi-valued name', () => {
    expect(instanceKey(MULTI_VALUED, key).keyId).toMatch(/^ocid1\.tenancy\.oc1\.\.d\/fed-x509\//);
  });

  it('says when metadata gave something else', () => {
    expect(() => instanceKey('<html>', key)).toThrow('the instance certificate from metadata cannot be used');
    expect(() => instanceKey(CERTIFICATE, 'no key')).toThrow('cannot be used');
  });
});

describe('expiryOf', () => {
  const token = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

  it('is the exp claim in milliseconds', () => {
    expect(expiryOf(token({ exp: 1_795_169_300, sub: 'ü?>' }))).toBe(1_795_169_300_000);
  });

  it.each(['', 'a.b.c', token({}), token({ exp: 'soon' }), token(null)])('refuses %j', (text) => {
    expect(() => expiryOf(text)).toThrow('names no end');
  });
});

describe('requestSession', () => {
  it('blames the clock for a 401 when it is wrong', async () => {
    const server = createServer((_request, response) => {
      response.statusCode = 401;
      response.setHeader('date', new Date(Date.now() - 3_600_000).toUTCString());
      response.end('{"code":"NotAuthenticated","message":"The required information was not provided"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const texts: Record<string, string> = { 'identity/cert.pem': CERTIFICATE, 'identity/key.pem': key };
    const options = {
      metadata: { read: async (path: string) => texts[path] ?? CERTIFICATE, readJson: async () => ({}) },
      federation: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      requestTimeout: 2_000,
      onExchange: () => {},
    };
    const answer = await requestSession(options, await createKeyPair()).then(() => undefined, failureOf);
    server.close();
    expect(answer?.code).toBe('unauthenticated');
    expect(answer?.message).toMatch(/not provided; the clock of this router is 360[01] s ahead of the service's/);
  });
});
