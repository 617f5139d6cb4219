import type { ReadFile } from './files.ts';
import { describeFileError } from './files.ts';
import { quote } from './mistake.ts';

/** Where keys can come from. */
export interface SecretSources {
  readonly readFile: ReadFile;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What became of one secret; no message ever holds it. */
export type SecretResult<Secret> =
  | { readonly ok: true; readonly secret: Secret; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly message: string };

type Decode<Secret> = (bytes: Uint8Array, where: string) => SecretResult<Secret>;

/** The permission bit that lets everybody on the machine read a file. */
const READABLE_BY_ALL = 0o004;

/** VRRPv2 has 8 bytes for it (RFC 2338 §5.3.6.1). */
const PASSWORD_MAX = 8;

/** Reads the key that `file:/PATH`, `env:NAME` or `credential:NAME` names. */
export function readSecret(source: string, sources: SecretSources): SecretResult<Uint8Array> {
  return read(source, sources, decodeKey);
}

/** Reads the password of VRRPv2 from such a source. A newline at its end is none of it. */
export function readPassword(source: string, sources: SecretSources): SecretResult<string> {
  return read(source, sources, decodePassword);
}

function read<Secret>(source: string, { readFile, env }: SecretSources, decode: Decode<Secret>): SecretResult<Secret> {
  const separator = source.indexOf(':');
  const kind = source.slice(0, separator);
  const name = source.slice(separator + 1);
  if (kind === 'env') {
    const value = env[name];
    if (value === undefined) return { ok: false, message: `the environment variable ${name} is not set` };
    return decode(Buffer.from(value), `the environment variable ${name}`);
  }
  if (kind === 'file') return readSecretFile(name, readFile, decode);
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') {
    const message = `the credential ${quote(name)} is not there: CREDENTIALS_DIRECTORY is not set, allowed: LoadCredential=${name}:/PATH in the systemd unit`;
    return { ok: false, message };
  }
  return readSecretFile(`${directory}/${name}`, readFile, decode);
}

function readSecretFile<Secret>(path: string, readFile: ReadFile, decode: Decode<Secret>): SecretResult<Secret> {
  let file: ReturnType<ReadFile>;
  try {
    file = readFile(path);
  } catch (cause) {
    return { ok: false, message: `${path} cannot be read: ${describeFileError(cause)}` };
  }
  const result = decode(file.bytes, path);
  if (!result.ok || file.mode === undefined || (file.mode & READABLE_BY_ALL) === 0) return result;
  const warning = `${path} can be read by everybody on this machine: chmod o= ${path}`;
  return { ...result, warnings: [...result.warnings, warning] };
}

function decodeKey(bytes: Uint8Array, where: string): SecretResult<Uint8Array> {
  const digits = Buffer.from(bytes).toString('latin1').trim();
  if (!/^[0-9a-fA-F]*$/.test(digits) || digits.length < 64 || digits.length > 128 || digits.length % 2 === 1) {
    const found = /^[0-9a-fA-F]*$/.test(digits) ? `${digits.length} digits` : 'something else';
    const message = `${where} holds ${found}, allowed: 64 to 128 hexadecimal digits, two for each byte (failoverctl keygen makes a key)`;
    return { ok: false, message };
  }
  return { ok: true, secret: new Uint8Array(Buffer.from(digits, 'hex')), warnings: [] };
}

function decodePassword(bytes: Uint8Array, where: string): SecretResult<string> {
  const secret = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, '');
  const length = Buffer.byteLength(secret);
  if (length === 0)
    return { ok: false, message: `${where} is empty, allowed: a password of 1 to ${PASSWORD_MAX} bytes` };
  const warnings =
    length > PASSWORD_MAX
      ? [`${where} holds ${length} bytes: VRRPv2 sends and compares the first ${PASSWORD_MAX}, as keepalived does`]
      : [];
  return { ok: true, secret, warnings };
}
