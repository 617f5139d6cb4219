/** Reading what a write brings along: its body's fields and its if-match. */
import { invalidParameter, usualError } from './api-error.ts';
import type { OperationContext } from './vcn-operation.ts';

/** 412 when there is an if-match and it is not the etag. */
export function checkIfMatch(context: OperationContext, etag: string): void {
  if (context.ifMatch === undefined || context.ifMatch === '*' || context.ifMatch === etag) return;
  throw usualError(412, `the etag is ${etag}`);
}

/** A string of the body; 400 when it is there and of another type. */
export function text(body: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw invalidParameter(`${key} is not a string`);
}

/** freeformTags of the body: they replace those of the object, as in the API. */
export function tags(body: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> | undefined {
  const value = body['freeformTags'];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'object') throw invalidParameter('freeformTags is not an object');
  const result: Record<string, string> = {};
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry !== 'string' || entry.length > 256) throw invalidParameter(`freeformTags.${key} is not valid`);
    result[key] = entry;
  }
  return result;
}
