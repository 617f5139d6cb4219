/**
 * Checks a request's signature as OCI does: draft-cavage-http-signatures, version 1, rsa-sha256. Answers the reason of
 * a refusal; the caller makes a 401 of it.
 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface SignatureParameters {
  readonly keyId: string;
  readonly headers: readonly string[];
  readonly signature: string;
}

/** OCI refuses a date more than five minutes off. */
const MAX_SKEW = 300_000;

/** Reads the Authorization header; a string is the reason why it is not a signature OCI accepts. */
export function parseAuthorization(header: string | undefined): SignatureParameters | string {
  if (header === undefined) return 'there is no Authorization header';
  const scheme = /^Signature\s+/i.exec(header);
  if (!scheme) return 'the Authorization header is no Signature';
  const fields = new Map<string, string>();
  for (const match of header.slice(scheme[0].length).matchAll(/(\w+)="([^"]*)"/g)) {
    const [, key = '', value = ''] = match;
    fields.set(key.toLowerCase(), value);
  }
  const keyId = fields.get('keyid');
  const signature = fields.get('signature');
  if (fields.get('version') !== '1') return 'the signature version is not 1';
  if (fields.get('algorithm')?.toLowerCase() !== 'rsa-sha256') return 'the algorithm is not rsa-sha256';
  if (!keyId || !signature) return 'keyId or signature is missing';
  return { keyId, signature, headers: (fields.get('headers') ?? 'date').toLowerCase().split(' ') };
}

/** Checks which headers are signed, date, body digest and the signature; undefined: all is well. */
export function checkSignature(
  request: SignedRequest,
  parameters: SignatureParameters,
  key: KeyObject,
  now: number,
): string | undefined {
  return (
    checkHeaders(request, parameters.headers) ??
    checkDate(request, parameters.headers, now) ??
    checkDigest(request) ??
    checkValue(request, parameters, key)
  );
}

const hasBody = (method: string): boolean => method === 'POST' || method === 'PUT' || method === 'PATCH';

function checkHeaders(request: SignedRequest, signed: readonly string[]): string | undefined {
  const needed = ['(request-target)', 'host'];
  if (hasBody(request.method)) needed.push('content-length', 'content-type', 'x-content-sha256');
  for (const name of needed) if (!signed.includes(name)) return `${name} is not signed`;
  if (!signed.includes('date') && !signed.includes('x-date')) return 'neither date nor x-date is signed';
  return undefined;
}

function checkDate(request: SignedRequest, signed: readonly string[], now: number): string | undefined {
  const text = headerValue(request.headers, signed.includes('x-date') ? 'x-date' : 'date');
  const date = text === undefined ? Number.NaN : Date.parse(text);
  if (Number.isNaN(date)) return 'the date cannot be read';
  if (Math.abs(date - now) > MAX_SKEW) return 'the date is more than five minutes off';
  return undefined;
}

function checkDigest(request: SignedRequest): string | undefined {
  if (!hasBody(request.method)) return undefined;
  const digest = createHash('sha256').update(request.body).digest('base64');
  return headerValue(request.headers, 'x-content-sha256') === digest ? undefined : 'x-content-sha256 is not the body';
}

function checkValue(request: SignedRequest, parameters: SignatureParameters, key: KeyObject): string | undefined {
  const lines: string[] = [];
  for (const name of parameters.headers) {
    const value =
      name === '(request-target)'
        ? `${request.method.toLowerCase()} ${request.path}`
        : headerValue(request.headers, name);
    if (value === undefined) return `the signed header ${name} is not there`;
    lines.push(`${name}: ${value}`);
  }
  const right = verify('sha256', Buffer.from(lines.join('\n')), key, Buffer.from(parameters.signature, 'base64'));
  return right ? undefined : 'the signature is wrong';
}

function headerValue(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
