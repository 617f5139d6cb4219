/** Issues X.509 version 3 certificates (RFC 5280) for the simulator's own authorities. */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  nil,
  objectIdentifier,
  octetString,
  sequence,
  set,
  time,
  utf8String,
} from './der.ts';

const ATTRIBUTES = { CN: '2.5.4.3', O: '2.5.4.10', OU: '2.5.4.11' } as const;

/** A distinguished name, one attribute per relative name. */
export type Name = readonly (readonly [keyof typeof ATTRIBUTES, string])[];

export interface CertificateRequest {
  readonly subject: Name;
  readonly publicKey: KeyObject;
  readonly issuer: { readonly name: Name; readonly key: KeyObject };
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** May sign certificates. */
  readonly authority: boolean;
  /** Subject alternative names of a TLS server: DNS names and IP addresses. */
  readonly serverNames?: readonly string[];
}

/** Signs a certificate and returns it as PEM. */
export function issueCertificate(request: CertificateRequest): string {
  const algorithm = signatureAlgorithm(request.issuer.key);
  const spki = request.publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(request.issuer.name),
    sequence(time(request.notBefore), time(request.notAfter)),
    name(request.subject),
    spki,
    explicit(3, sequence(...extensions(request, spki))),
  );
  const signature = sign('sha256', body, request.issuer.key);
  return pem('CERTIFICATE', sequence(body, algorithm, bitString(signature)));
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function signatureAlgorithm(key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') return sequence(objectIdentifier('1.2.840.113549.1.1.11'), nil());
  return sequence(objectIdentifier('1.2.840.10045.4.3.2'));
}

function name(parts: Name): Buffer {
  return sequence(
    ...parts.map(([type, value]) => set(sequence(objectIdentifier(ATTRIBUTES[type]), utf8String(value)))),
  );
}

function extensions(request: CertificateRequest, spki: Uint8Array): Buffer[] {
  const list = [
    extension('2.5.29.19', true, request.authority ? sequence(boolean(true)) : sequence()),
    // keyCertSign and cRLSign for an authority, digitalSignature for everybody else.
    extension(
      '2.5.29.15',
      true,
      request.authority ? bitString(Buffer.from([0x06]), 1) : bitString(Buffer.from([0x80]), 7),
    ),
    extension('2.5.29.14', false, octetString(createHash('sha1').update(spki).digest())),
  ];
  if (request.serverNames) {
    list.push(extension('2.5.29.37', false, sequence(objectIdentifier('1.3.6.1.5.5.7.3.1'))));
    list.push(extension('2.5.29.17', false, sequence(...request.serverNames.map(alternativeName))));
  }
  return list;
}

function extension(oid: string, critical: boolean, value: Uint8Array): Buffer {
  return sequence(objectIdentifier(oid), ...(critical ? [boolean(true)] : []), octetString(value));
}

function alternativeName(value: string): Buffer {
  if (isIP(value) === 4) return implicit(7, Buffer.from(value.split('.').map(Number)));
  // The only IPv6 name asked for is the loopback one.
  if (value === '::1') return implicit(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])]));
  return implicit(2, Buffer.from(value));
}
