/**
 * The simulator's two authorities: one signs the API's server certificate, the other the instance certificates that
 * federation accepts. Also keeps the key that signs session tokens.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { InstanceSpec, Topology } from './types.ts';
import { issueCertificate, type Name } from './x509.ts';

const generate = promisify(generateKeyPair);
const HOUR = 3_600_000;
const SERVER_CA: Name = [['CN', 'OCI simulator server authority']];
const INSTANCE_CA: Name = [['CN', 'OCI simulator instance authority']];
const INTERMEDIATE: Name = [
  ['O', 'Oracle Corporation'],
  ['CN', 'PKISVC Identity Intermediate (simulated)'],
];

/** What metadata hands to an instance. */
export interface InstanceIdentity {
  readonly certificate: string;
  readonly key: string;
  readonly intermediate: string;
}

/** The outcome of checking a certificate chain: whom it names, or why it is not believed. */
export type ChainResult =
  | { readonly ok: true; readonly leaf: X509Certificate; readonly tenancyId: string; readonly instanceId: string }
  | { readonly ok: false; readonly reason: string };

export interface Authority {
  /** PEM a client of the API has to trust. */
  readonly ca: string;
  readonly caFile: string | null;
  readonly server: { readonly key: string; readonly cert: string };
  readonly tokenKey: KeyObject;
  /** undefined: no such instance. */
  identity(instanceName: string): InstanceIdentity | undefined;
  rotate(instanceName: string | undefined, retireOld: boolean): Promise<void>;
  /** Checks leaf and intermediates (base64 DER without armour, as federation is sent them) up to the instance authority. */
  checkChain(leaf: string, intermediates: readonly string[], now: Date): ChainResult;
}

interface Root {
  readonly name: Name;
  readonly key: KeyObject;
  readonly certificate: string;
}

export async function createAuthority(
  topology: Topology,
  serverNames: readonly string[],
  directory: string | undefined,
): Promise<Authority> {
  if (directory !== undefined) await mkdir(directory, { recursive: true });
  const [serverRoot, instanceRoot, tokenKey, intermediateKeys] = await Promise.all([
    root(SERVER_CA, directory, 'ca'),
    root(INSTANCE_CA, directory, 'instance-ca'),
    storedKey(directory, 'token.key', rsaKey),
    generate('rsa', { modulusLength: 2048 }),
  ]);
  const intermediate = issueCertificate({
    ...validity(30 * 24 * HOUR),
    subject: INTERMEDIATE,
    publicKey: intermediateKeys.publicKey,
    issuer: instanceRoot,
    authority: true,
  });
  const identities = new Map<string, InstanceIdentity>();
  const retired = new Set<string>();

  async function issue(instance: InstanceSpec): Promise<void> {
    const keys = await generate('rsa', { modulusLength: 2048 });
    const certificate = issueCertificate({
      ...validity(3 * HOUR),
      subject: [
        ['OU', 'opc-certtype:instance'],
        ['OU', `opc-compartment:${topology.compartmentId}`],
        ['OU', `opc-instance:${instance.id}`],
        ['OU', `opc-tenant:${topology.tenancyId}`],
        ['CN', instance.id],
      ],
      publicKey: keys.publicKey,
      issuer: { name: INTERMEDIATE, key: intermediateKeys.privateKey },
      authority: false,
    });
    // PKCS #1, as the platform hands it out.
    const key = keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    identities.set(instance.name, { certificate, key, intermediate });
  }

  await Promise.all(topology.instances.map(issue));

  return {
    ca: serverRoot.certificate,
    caFile: directory === undefined ? null : join(directory, 'ca.pem'),
    server: await serverCertificate(serverRoot, serverNames),
    tokenKey,
    identity: (instanceName) => identities.get(instanceName),
    async rotate(instanceName, retireOld) {
      const chosen = topology.instances.filter((spec) => instanceName === undefined || spec.name === instanceName);
      if (chosen.length === 0) throw new Error(`no instance ${instanceName}`);
      const before = chosen.map((spec) => identities.get(spec.name));
      await Promise.all(chosen.map(issue));
      if (!retireOld) return;
      for (const old of before) if (old) retired.add(new X509Certificate(old.certificate).fingerprint);
    },
    checkChain(leafText, intermediateTexts, now) {
      try {
        const leaf = fromBase64(leafText);
        if (retired.has(leaf.fingerprint)) return { ok: false, reason: 'the certificate was retired' };
        const trusted = new X509Certificate(instanceRoot.certificate);
        const issuer = intermediateTexts
          .map(fromBase64)
          .find((candidate) => issuedBy(leaf, candidate, now) && candidate.ca && issuedBy(candidate, trusted, now));
        if (!issuer) return { ok: false, reason: 'the certificate chain does not lead to the instance authority' };
        return names(leaf);
      } catch (cause) {
        return { ok: false, reason: `a certificate cannot be read: ${String(cause)}` };
      }
    },
  };
}

function fromBase64(text: string): X509Certificate {
  return new X509Certificate(Buffer.from(text, 'base64'));
}

function issuedBy(certificate: X509Certificate, issuer: X509Certificate, now: Date): boolean {
  return (
    certificate.checkIssued(issuer) &&
    certificate.verify(issuer.publicKey) &&
    new Date(certificate.validFrom) <= now &&
    now <= new Date(certificate.validTo)
  );
}

function names(leaf: X509Certificate): ChainResult {
  const units = leaf.subject.split('\n').filter((line) => line.startsWith('OU='));
  const value = (kind: string) => units.find((line) => line.startsWith(`OU=${kind}:`))?.slice(kind.length + 4);
  const tenancyId = value('opc-tenant');
  const instanceId = value('opc-instance');
  if (!tenancyId || !instanceId) return { ok: false, reason: 'the subject names no tenancy or no instance' };
  return { ok: true, leaf, tenancyId, instanceId };
}

function validity(lifetime: number): { notBefore: Date; notAfter: Date } {
  // An hour back, for clocks that the lab sets wrong on purpose.
  return { notBefore: new Date(Date.now() - HOUR), notAfter: new Date(Date.now() + lifetime) };
}

async function serverCertificate(issuer: Root, serverNames: readonly string[]): Promise<{ key: string; cert: string }> {
  // P-256, so that a handshake costs the simulator little and benches measure the client.
  const keys = await generate('ec', { namedCurve: 'prime256v1' });
  const cert = issueCertificate({
    ...validity(365 * 24 * HOUR),
    subject: [['CN', serverNames[0] ?? 'localhost']],
    publicKey: keys.publicKey,
    issuer,
    authority: false,
    serverNames,
  });
  return { key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert };
}

async function root(subject: Name, directory: string | undefined, stem: string): Promise<Root> {
  const key = await storedKey(directory, `${stem}.key`, ecKey);
  const file = directory === undefined ? undefined : join(directory, `${stem}.pem`);
  const stored = file === undefined ? undefined : await readIfThere(file);
  if (stored !== undefined) return { name: subject, key, certificate: stored };
  const certificate = issueCertificate({
    ...validity(3650 * 24 * HOUR),
    subject,
    publicKey: createPublicKey(key),
    issuer: { name: subject, key },
    authority: true,
  });
  if (file !== undefined) await writeFile(file, certificate);
  return { name: subject, key, certificate };
}

async function storedKey(
  directory: string | undefined,
  name: string,
  make: () => Promise<KeyObject>,
): Promise<KeyObject> {
  if (directory === undefined) return make();
  const stored = await readIfThere(join(directory, name));
  if (stored !== undefined) return createPrivateKey(stored);
  const key = await make();
  await writeFile(join(directory, name), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  return key;
}

const rsaKey = async (): Promise<KeyObject> => (await generate('rsa', { modulusLength: 2048 })).privateKey;
const ecKey = async (): Promise<KeyObject> => (await generate('ec', { namedCurve: 'prime256v1' })).privateKey;

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw cause;
  }
}
