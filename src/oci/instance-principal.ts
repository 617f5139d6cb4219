/**
 * The token of the instance principal: the platform's certificate, read from metadata, signs the public half of a fresh
 * session key; the federation service answers with a token that speaks for that key.
 * Source: oci-common's X509FederationClient, whose request this repeats without its blocking and its races (facts 1, 2).
 */
import { createPrivateKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { monotonic, withDeadline } from './deadline.ts';
import { clockOffsetBy, faultOfAnswer, faultOfNetwork, OciFault, withClock } from './errors.ts';
import { exchange, type HttpAnswer, headerOf } from './exchange.ts';
import type { Metadata } from './metadata.ts';
import { type SigningKey, signRequest } from './signer.ts';
import type { Milliseconds, OciExchange } from './types.ts';

/** A token with the key it speaks for. Never changed, only replaced. */
export interface Session extends SigningKey {
  /** Unix time in milliseconds at which the token ends. */
  readonly expiresAt: Milliseconds;
  /** Monotonic time at which it was received. */
  readonly receivedAt: Milliseconds;
}

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** Makes a session key in libuv's thread pool: 100 to 260 ms of work that blocks no thread of ours. */
export function createKeyPair(): Promise<KeyPair> {
  return promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
}

export interface FederationOptions {
  readonly metadata: Metadata;
  /** Origin of the service, `https://auth.{region}.oraclecloud.com`. */
  readonly federation: string;
  readonly requestTimeout: Milliseconds;
  readonly onExchange: (exchange: OciExchange) => void;
}

/**
 * Gets a token for `keys`. The certificate is read anew each time, as the platform renews it.
 * @throws OciFault `metadata`, or how the federation service failed
 */
export async function requestSession(options: FederationOptions, keys: KeyPair): Promise<Session> {
  const { metadata } = options;
  const [certificate, key, intermediate] = await Promise.all([
    metadata.read('identity/cert.pem'),
    metadata.read('identity/key.pem'),
    metadata.read('identity/intermediate.pem'),
  ]);
  const instance = instanceKey(certificate, key);
  const body = JSON.stringify({
    certificate: withoutArmour(certificate),
    purpose: 'DEFAULT',
    publicKey: withoutArmour(keys.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    intermediateCertificates: intermediate
      .split(/(?=-----BEGIN)/)
      .map(withoutArmour)
      .filter((text) => text !== ''),
  });
  const token = tokenIn(await post(options, instance, body));
  return { keyId: `ST$${token}`, privateKey: keys.privateKey, expiresAt: expiryOf(token), receivedAt: monotonic() };
}

async function post(options: FederationOptions, key: SigningKey, body: string): Promise<HttpAnswer> {
  const uri = `${options.federation}/v1/x509`;
  const headers = new Headers();
  signRequest({ method: 'POST', uri, headers, body }, key, new Date(), 'date');
  const started = monotonic();
  let fault: OciFault | undefined;
  try {
    const request = { method: 'POST', url: uri, headers: Object.fromEntries(headers), body };
    const answer = await withDeadline('the federation service', options.requestTimeout, (signal) =>
      exchange(request, signal),
    );
    if (answer.status === 200) return answer;
    fault = faultOfAnswer('the token exchange', errorIn(answer));
    if (answer.status === 401) fault = withClock(fault, clockOffsetBy(headerOf(answer, 'date')));
  } catch (error) {
    fault = faultOfNetwork('the token exchange', options.federation, error);
  } finally {
    const duration = monotonic() - started;
    options.onExchange({ operation: 'Federation', duration, ...(fault ? { failure: fault.code } : {}) });
  }
  throw fault;
}

/**
 * The certificate's key with the name the federation service knows it by, `{tenancy}/fed-x509/{SHA-1, colon hex}`.
 * @throws OciFault `metadata` if the certificate cannot be read or names no tenancy
 */
export function instanceKey(certificatePem: string, keyPem: string): SigningKey {
  try {
    const certificate = new X509Certificate(certificatePem);
    const tenancy = /opc-(?:tenant|identity):([^\s,+/]+)/.exec(certificate.subject)?.[1];
    if (tenancy === undefined) throw new Error(`its subject names no tenancy: ${certificate.subject}`);
    const fingerprint = certificate.fingerprint.toLowerCase();
    return { keyId: `${tenancy}/fed-x509/${fingerprint}`, privateKey: createPrivateKey(keyPem) };
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw new OciFault('metadata', `the instance certificate from metadata cannot be used: ${words}`, { cause });
  }
}

/**
 * The end of a token, Unix time in milliseconds, from its `exp` claim.
 * @throws OciFault `server-error` if the token is not a JWT with `exp`
 */
export function expiryOf(token: string): Milliseconds {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (typeof claims === 'object' && claims !== null && 'exp' in claims && typeof claims.exp === 'number') {
      return claims.exp * 1_000;
    }
  } catch {
    // Said below.
  }
  throw new OciFault('server-error', 'the federation service answered with a token that names no end (exp)');
}

function tokenIn(answer: HttpAnswer): string {
  try {
    const body: unknown = JSON.parse(answer.body);
    if (typeof body === 'object' && body !== null && 'token' in body && typeof body.token === 'string') {
      return body.token;
    }
  } catch {
    // Said below.
  }
  throw new OciFault('server-error', 'the federation service answered without a token', { status: answer.status });
}

function errorIn(answer: HttpAnswer) {
  const requestId = headerOf(answer, 'opc-request-id');
  const said = { status: answer.status, ...(requestId === undefined ? {} : { requestId }) };
  try {
    const body: unknown = JSON.parse(answer.body);
    if (typeof body === 'object' && body !== null && 'code' in body && 'message' in body) {
      return { ...said, serviceCode: String(body.code), message: String(body.message) };
    }
  } catch {
    // HTML of something in between.
  }
  return { ...said, message: answer.body };
}

/** PEM without armour and line breaks, as the federation service wants it. */
function withoutArmour(pem: string): string {
  return pem.replace(/-----(BEGIN|END)[^-]*-----/g, '').replace(/\s+/g, '');
}
