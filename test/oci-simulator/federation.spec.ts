import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bare, field, type HandClient, handClient } from './hand-client.ts';
import { startSimulator } from './index.ts';
import { loopbackSource, referenceTopology } from './reference-topology.ts';
import type { RequestRecord, Simulator } from './types.ts';
import { issueCertificate } from './x509.ts';

const loopback = { host: '127.0.0.1', port: 0 };
let simulator: Simulator;
let client: HandClient;
let stranger: HandClient;

beforeAll(async () => {
  simulator = await startSimulator({ topology: referenceTopology(), listen: { metadata: loopback, api: loopback } });
  client = handClient(simulator);
  stranger = handClient(simulator, loopbackSource(2));
});

afterAll(async () => {
  client.close();
  stranger.close();
  await simulator.close();
});

async function last(): Promise<RequestRecord | undefined> {
  return (await simulator.admin.requests()).at(-1);
}

describe('federation', () => {
  test('a right request gets a token with the claims of OCI', async () => {
    const before = Date.now();
    const reply = await client.federate();
    expect(reply.status).toBe(200);
    const claims: unknown = JSON.parse(Buffer.from(field(reply, 'token').split('.')[1] ?? '', 'base64url').toString());
    const { tenancyId, instances } = simulator.topology;
    expect(claims).toMatchObject({ sub: instances[0]?.id, tenant: tenancyId, ttype: 'x509', aud: 'oci' });
    const exp = Number(Reflect.get(Object(claims), 'exp')) * 1000;
    expect(Math.abs(exp - before - 20 * 60_000)).toBeLessThan(2_000);
    expect(await last()).toMatchObject({ operation: 'Federation', status: 200, instance: 'vrouter1' });
  });

  test('the source address decides which instance the metadata is of', async () => {
    await stranger.federate();
    expect(await last()).toMatchObject({ operation: 'Federation', status: 200, instance: 'vrouter2' });
  });

  const refusals: readonly [what: string, detail: string, options: Parameters<HandClient['federate']>[0]][] = [
    [
      'a body changed on its way',
      'x-content-sha256 is not the body',
      {
        afterSigning: (draft) => {
          draft.body = draft.body.replace('"DEFAULT"', ' "DEFAULT"');
          draft.headers['content-length'] = String(draft.body.length);
        },
      },
    ],
    [
      'a body with its digest changed',
      'the signature is wrong',
      {
        afterSigning: (draft) => {
          draft.body = draft.body.replace('"DEFAULT"', ' "DEFAULT"');
          draft.headers['content-length'] = String(draft.body.length);
          draft.headers['x-content-sha256'] = createHash('sha256').update(draft.body).digest('base64');
        },
      },
    ],
    ['another key', 'the signature is wrong', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }],
    [
      'an old date',
      'the date is more than five minutes off',
      {
        beforeSigning: (draft) => {
          draft.headers['date'] = new Date(Date.now() - 360_000).toUTCString();
        },
      },
    ],
    [
      'a header left unsigned',
      'x-content-sha256 is not signed',
      { signed: ['date', '(request-target)', 'host', 'content-length', 'content-type'] },
    ],
    [
      'no date signed',
      'neither date nor x-date is signed',
      { signed: ['(request-target)', 'host', 'content-length', 'content-type', 'x-content-sha256'] },
    ],
    [
      'a signed header that is not there',
      'the signed header x-more is not there',
      { signed: ['date', '(request-target)', 'host', 'content-length', 'content-type', 'x-content-sha256', 'x-more'] },
    ],
    [
      'no signature',
      'there is no Authorization header',
      {
        afterSigning: (draft) => {
          delete draft.headers['authorization'];
        },
      },
    ],
    [
      'an unknown algorithm',
      'the algorithm is not rsa-sha256',
      {
        afterSigning: (draft) => {
          draft.headers['authorization'] = draft.headers['authorization']?.replace('rsa-sha256', 'hmac-sha256') ?? '';
        },
      },
    ],
    [
      'no version',
      'the signature version is not 1',
      {
        afterSigning: (draft) => {
          draft.headers['authorization'] = draft.headers['authorization']?.replace('version="1",', '') ?? '';
        },
      },
    ],
    [
      'no intermediate',
      'the certificate chain does not lead to the instance authority',
      { body: { intermediateCertificates: [] } },
    ],
  ];
  test.each(refusals)('refuses %s', async (_what, detail, options) => {
    const reply = await client.federate(options);
    expect([reply.status, field(reply, 'code')]).toEqual([401, 'NotAuthenticated']);
    expect((await last())?.detail).toBe(detail);
  });

  test('refuses the fingerprint of another certificate and another tenancy', async () => {
    const own = new X509Certificate((await client.metadata('/opc/v2/identity/cert.pem')).text).fingerprint;
    const other = new X509Certificate((await stranger.metadata('/opc/v2/identity/cert.pem')).text).fingerprint;
    const { tenancyId } = simulator.topology;
    for (const keyId of [`${tenancyId}/fed-x509/${other}`, `${tenancyId}x/fed-x509/${own}`, `${tenancyId}/${own}`]) {
      expect((await client.federate({ keyId })).status).toBe(401);
      expect((await last())?.detail).toContain('keyId');
    }
    expect((await client.federate({ keyId: `${tenancyId}/fed-x509/${own.toLowerCase()}` })).status).toBe(200);
  });

  test("refuses another instance's certificate in the body", async () => {
    const certificate = bare((await stranger.metadata('/opc/v2/identity/cert.pem')).text);
    expect((await client.federate({ body: { certificate } })).status).toBe(401);
  });

  test('refuses a certificate that only looks as if the authority had signed it', async () => {
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const issuer = new X509Certificate((await client.metadata('/opc/v2/identity/intermediate.pem')).text);
    const forged = issueCertificate({
      subject: [
        ['OU', `opc-tenant:${simulator.topology.tenancyId}`],
        ['OU', `opc-instance:${simulator.topology.instances[0]?.id}`],
      ],
      publicKey: keys.publicKey,
      issuer: {
        name: [
          ['O', 'Oracle Corporation'],
          ['CN', 'PKISVC Identity Intermediate (simulated)'],
        ],
        key: keys.privateKey,
      },
      notBefore: new Date(Date.now() - 1000),
      notAfter: new Date(Date.now() + 60_000),
      authority: false,
    });
    const certificate = new X509Certificate(forged);
    expect(certificate.checkIssued(issuer)).toBe(true);
    const keyId = `${simulator.topology.tenancyId}/fed-x509/${certificate.fingerprint}`;
    const reply = await client.federate({ key: keys.privateKey, keyId, body: { certificate: bare(forged) } });
    expect(reply.status).toBe(401);
    expect((await last())?.detail).toBe('the certificate chain does not lead to the instance authority');
  });

  test.each([
    ['no purpose', { purpose: undefined }],
    ['no key', { publicKey: undefined }],
    ['a broken key', { publicKey: 'AAAA' }],
    ['an armoured key', { publicKey: '-----BEGIN PUBLIC KEY-----' }],
  ])('answers 400 to %s', async (_what, body) => {
    expect((await client.federate({ body })).status).toBe(400);
  });

  test('rotated certificates work, retired ones no longer do', async () => {
    const old = (await client.metadata('/opc/v2/identity/cert.pem')).text;
    const other = (await stranger.metadata('/opc/v2/identity/cert.pem')).text;
    await simulator.admin.rotateCertificates({ instance: 'vrouter1', retireOld: true });
    expect((await client.metadata('/opc/v2/identity/cert.pem')).text).not.toBe(old);
    expect((await stranger.metadata('/opc/v2/identity/cert.pem')).text).toBe(other);
    expect((await client.federate()).status).toBe(200);
    expect((await client.federate({ body: { certificate: bare(old) } })).status).toBe(401);
    expect((await last())?.detail).toBe('the certificate was retired');
  });
});
