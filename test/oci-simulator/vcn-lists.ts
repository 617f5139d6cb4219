/** Listing: filters, `limit` and `page`. */
import { ApiError, invalidParameter } from './api-error.ts';
import type { Answer } from './exchange.ts';
import type { OperationContext } from './vcn-operation.ts';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** One page of `items` as a bare array, with `opc-next-page` while there is more. */
export function page(context: OperationContext, items: readonly object[]): Answer {
  const limitText = context.query.get('limit');
  const limit = limitText === null ? DEFAULT_LIMIT : Number(limitText);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw invalidParameter('limit is out of range');
  const start = pageStart(context.query.get('page'));
  const end = start + limit;
  const headers = end < items.length ? { 'opc-next-page': pageToken(end) } : undefined;
  return { status: 200, headers: headers ?? {}, body: items.slice(start, end) };
}

/** Throws what OCI answers when a list lacks the filter it needs. */
export function requireParameter(context: OperationContext, ...names: readonly string[]): void {
  if (names.some((name) => context.query.get(name))) return;
  throw new ApiError(400, 'MissingParameter', `One of ${names.join(', ')} is required`);
}

function pageToken(start: number): string {
  return Buffer.from(`offset:${start}`).toString('base64url');
}

function pageStart(token: string | null): number {
  if (token === null) return 0;
  const match = /^offset:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (!match) throw invalidParameter('page is not a token of this list');
  return Number(match[1]);
}
