import { readFileSync, statSync } from 'node:fs';

/** Reads a whole file; throws what node:fs throws. Injected, so that checking a configuration touches no disk itself. */
export type ReadFile = (path: string) => {
  readonly bytes: Uint8Array;
  /** Permission bits, where there are any. */
  readonly mode?: number;
};

/** A configuration or a key is small; something large is a wrong path. */
const MAX_BYTES = 512 * 1024;

/** `ReadFile` on the real disk. */
export function readFromDisk(path: string): ReturnType<ReadFile> {
  const stats = statSync(path);
  const { mode, size } = stats;
  // A FIFO or a device could keep the reader waiting for ever.
  if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is not a regular file');
  if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, allowed: ${MAX_BYTES}`);
  return { bytes: readFileSync(path), mode: mode & 0o7777 };
}

/** Why a file could not be read, as an admin would say it. */
export function describeFileError(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return cause instanceof Error ? cause.message : 'unknown reason';
}
