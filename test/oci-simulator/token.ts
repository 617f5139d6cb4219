/** Session tokens: JWTs (RS256) that bind a session key to an instance, as OCI's federation issues them. */
import { createPublicKey, type KeyObject, randomUUID, sign, verify } from 'node:crypto';

export interface TokenSubject {
  readonly instanceId: string;
  readonly tenancyId: string;
  readonly compartmentId: string;
  /** SHA-1 of the instance certificate, hex with colons. */
  readonly fingerprint: string;
  readonly sessionKey: KeyObject;
}

export type TokenResult =
  | { readonly ok: true; readonly instanceId: string; readonly key: KeyObject }
  | { readonly ok: false; readonly reason: string };

export interface TokenService {
  /** `lifetime` in ms; the claim has whole seconds, rounded down. */
  issue(subject: TokenSubject, lifetime: number, now: number): string;
  check(token: string, now: number): TokenResult;
}

interface Verified {
  readonly instanceId: string;
  readonly key: KeyObject;
  /** Unix time in ms. */
  readonly expires: number;
}

const CACHE_SIZE = 1000;

export function createTokenService(signingKey: KeyObject): TokenService {
  const verificationKey = createPublicKey(signingKey);
  // A token's signature is checked once: the benches measure the daemon, not this process.
  const verified = new Map<string, Verified>();

  function parse(token: string): Verified | string {
    const known = verified.get(token);
    if (known) return known;
    const [header, payload, signature, ...rest] = token.split('.');
    if (!header || !payload || !signature || rest.length > 0) return 'the token is no JWT';
    const right = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      verificationKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!right) return 'the signature of the token is wrong';
    // Only claims made by issue() get here.
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      sub: string;
      exp: number;
      jwk: string;
    };
    const entry = {
      instanceId: claims.sub,
      key: createPublicKey({ key: JSON.parse(claims.jwk) as { kty: string }, format: 'jwk' }),
      expires: claims.exp * 1000,
    };
    if (verified.size >= CACHE_SIZE) verified.clear();
    verified.set(token, entry);
    return entry;
  }

  return {
    issue(subject, lifetime, now) {
      const { kty, n, e } = subject.sessionKey.export({ format: 'jwk' });
      const claims = {
        sub: subject.instanceId,
        'opc-certtype': 'instance',
        iss: 'authService.oracle.com',
        fprint: subject.fingerprint.toUpperCase(),
        ptype: 'instance',
        aud: 'oci',
        ttype: 'x509',
        'opc-instance': subject.instanceId,
        'opc-compartment': subject.compartmentId,
        'opc-tenant': subject.tenancyId,
        tenant: subject.tenancyId,
        // A JSON text inside the JSON, as in the real tokens.
        jwk: JSON.stringify({ kid: subject.instanceId, n, e, kty, alg: 'RS256', use: 'sig' }),
        iat: Math.floor(now / 1000),
        exp: Math.floor((now + lifetime) / 1000),
        jti: randomUUID(),
      };
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const content = `${encode({ kid: 'asw', alg: 'RS256' })}.${encode(claims)}`;
      return `${content}.${sign('sha256', Buffer.from(content), signingKey).toString('base64url')}`;
    },
    check(token, now) {
      const entry = parse(token);
      if (typeof entry === 'string') return { ok: false, reason: entry };
      if (now >= entry.expires) return { ok: false, reason: 'the token has expired' };
      return { ok: true, instanceId: entry.instanceId, key: entry.key };
    },
  };
}
