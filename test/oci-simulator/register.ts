/** One object of the API with its etag and its past, so that reads can lag behind writes. */
import { randomBytes } from 'node:crypto';

interface Version<T> {
  readonly since: number;
  readonly etag: string;
  /** undefined: deleted. */
  readonly value: T | undefined;
}

/** A value and the etag that guards it. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string;
}

export interface Register<T> {
  /** What a write meets. undefined: deleted. */
  newest(): Tagged<T> | undefined;
  /** What a read sees when reads show the state of `time`; before the first version, nothing. */
  seenAt(time: number): Tagged<T> | undefined;
  /** Makes a new version with a new etag; undefined deletes. */
  replace(value: T | undefined, now: number): void;
}

/** Enough for any lag a test would set; older versions are forgotten. */
const KEPT_VERSIONS = 64;

export function createRegister<T>(initial: T, now: number): Register<T> {
  let versions: readonly Version<T>[] = [{ since: now, etag: newEtag(), value: initial }];
  const tagged = (version: Version<T> | undefined): Tagged<T> | undefined =>
    version?.value === undefined ? undefined : { value: version.value, etag: version.etag };
  return {
    newest: () => tagged(versions.at(-1)),
    seenAt: (time) => tagged(versions.findLast((version) => version.since <= time)),
    replace(value, at) {
      versions = [...versions.slice(1 - KEPT_VERSIONS), { since: at, etag: newEtag(), value }];
    },
  };
}

function newEtag(): string {
  return randomBytes(4).toString('hex');
}
