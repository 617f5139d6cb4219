import type { ReadFile } from './files.ts';
import { describeFileError } from './files.ts';
import { quote } from './mistake.ts';

/** Where keys can come from. */
export interface SecretSources {
  readonly readFile: ReadFile;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What became of one key; neither message ever holds the key. */
export type SecretResult =
  | { readonly ok: true; readonly secret: Uint8Array; readonly warning?: string }
  | { readonly ok: false; readonly message: string };

/** The permission bit that lets everybody on the machine read a file. */
const READABLE_BY_ALL = 0o004;

/** Reads the key that `file:/PATH`, `env:NAME` or `credential:NAME` names. */
export function readSecret(source: string, { readFile, env }: SecretSources): SecretResult {
  const separator = source.indexOf(':');
  const kind = source.slice(0, separator);
  const name = source.slice(separator + 1);
  if (kind === 'env') {
    const value = env[name];
    if (value === undefined) return { ok: false, message: `the environment variable ${name} is not set` };
    return decode(value, `the environment variable ${name}`);
  }
  if (kind === 'file') return readSecretFile(name, readFile);
  const directory = env['CREDENTIALS_DIRECTORY'];
  if (directory === undefined || directory === '') {
    const message = `the credential ${quote(name)} is not there: CREDENTIALS_DIRECTORY is not set, allowed: LoadCredential=${name}:/PATH in the systemd unit`;
    return { ok: false, message };
  }
  return readSecretFile(`${directory}/${name}`, readFile);
}

function readSecretFile(path: string, readFile: ReadFile): SecretResult {
  let file: ReturnType<ReadFile>;
  try {
    file = readFile(path);
  } catch (cause) {
    return { ok: false, message: `${path} cannot be read: ${describeFileError(cause)}` };
  }
  const result = decode(Buffer.from(file.bytes).toString('latin1'), path);
  if (!result.ok || file.mode === undefined || (file.mode & READABLE_BY_ALL) === 0) return result;
  return { ...result, warning: `${path} can be read by everybody on this machine: chmod o= ${path}` };
}

function decode(text: string, where: string): SecretResult {
  const digits = text.trim();
  if (!/^[0-9a-fA-F]*$/.test(digits) || digits.length < 64 || digits.length > 128 || digits.length % 2 === 1) {
    const found = /^[0-9a-fA-F]*$/.test(digits) ? `${digits.length} digits` : 'something else';
    const message = `${where} holds ${found}, allowed: 64 to 128 hexadecimal digits, two for each byte (failoverctl keygen makes a key)`;
    return { ok: false, message };
  }
  return { ok: true, secret: new Uint8Array(Buffer.from(digits, 'hex')) };
}
