/** `POST /v1/x509`: a session token for an instance that proves itself with its certificate. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { invalidParameter, usualError } from './api-error.ts';
import type { Authority } from './authority.ts';
import type { Answer } from './exchange.ts';
import { checkSignature, parseAuthorization, type SignedRequest } from './signature.ts';
import type { TokenService } from './token.ts';
import type { InstanceSpec, Topology } from './types.ts';

/** Who asks, and how to answer. */
export interface FederationGrant {
  readonly instance: InstanceSpec;
  readonly run: () => Answer;
}

interface FederationBody {
  readonly certificate: string;
  readonly publicKey: string;
  readonly intermediateCertificates: readonly string[];
}

/** Checks a federation request; throws ApiError. `now` is Unix time in ms. */
export function checkFederation(
  request: SignedRequest,
  topology: Topology,
  authority: Authority,
  tokens: TokenService,
  lifetime: () => number,
  now: number,
): FederationGrant {
  const parameters = parseAuthorization(request.headers.authorization);
  if (typeof parameters === 'string') throw usualError(401, parameters);
  const body = parseBody(request.body);
  const chain = authority.checkChain(body.certificate, body.intermediateCertificates, new Date(now));
  if (!chain.ok) throw usualError(401, chain.reason);
  const { leaf, tenancyId, instanceId } = chain;
  const [tenancy, kind, fingerprint, ...rest] = parameters.keyId.split('/');
  if (kind !== 'fed-x509' || fingerprint === undefined || rest.length > 0) {
    throw usualError(401, 'the keyId is not TENANCY/fed-x509/FINGERPRINT');
  }
  if (tenancy !== tenancyId || tenancyId !== topology.tenancyId) {
    throw usualError(401, 'the tenancy of the keyId is not that of the certificate');
  }
  if (fingerprint.toUpperCase() !== leaf.fingerprint) {
    throw usualError(401, 'the fingerprint of the keyId is not that of the certificate');
  }
  const wrong = checkSignature(request, parameters, leaf.publicKey, now);
  if (wrong !== undefined) throw usualError(401, wrong);
  const instance = topology.instances.find((candidate) => candidate.id === instanceId);
  if (!instance) throw usualError(401, 'the certificate names an instance that is not there');
  const sessionKey = parsePublicKey(body.publicKey);
  const { compartmentId } = topology;
  const subject = { instanceId, tenancyId, compartmentId, fingerprint: leaf.fingerprint, sessionKey };
  return {
    instance,
    run: () => ({ status: 200, headers: {}, body: { token: tokens.issue(subject, lifetime(), Date.now()) } }),
  };
}

function parseBody(body: Buffer): FederationBody {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString());
  } catch {
    throw invalidParameter('The body is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw invalidParameter('The body is not an object');
  const { certificate, publicKey, intermediateCertificates, purpose } = parsed as Record<string, unknown>;
  if (purpose !== 'DEFAULT') throw invalidParameter('purpose is not DEFAULT');
  if (typeof certificate !== 'string' || typeof publicKey !== 'string') {
    throw invalidParameter('certificate or publicKey is missing');
  }
  const list: readonly unknown[] = Array.isArray(intermediateCertificates) ? intermediateCertificates : [];
  if ([certificate, publicKey, ...list].some((text) => typeof text !== 'string' || text.includes('-----'))) {
    throw invalidParameter('Certificates and keys are sent without PEM armour');
  }
  return { certificate, publicKey, intermediateCertificates: list.map(String) };
}

function parsePublicKey(text: string): KeyObject {
  try {
    const key = createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // Answered below.
  }
  throw invalidParameter('publicKey is not an RSA public key');
}
