import { z } from 'zod';
import { ControlError } from './errors.ts';
import type { ControlHandlers } from './handlers.ts';

/** A request as far as a route sees it. */
export interface RouteRequest {
  readonly query: URLSearchParams;
  /** Parsed JSON; an empty object when there was no body. */
  readonly body: unknown;
  readonly signal: AbortSignal;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `events`: the answer is a stream of them and not one report. */
  readonly handle: 'events' | ((handlers: ControlHandlers, request: RouteRequest) => Promise<unknown>);
}

const text = z.string().min(1);
const failover = z.strictObject({ group: text.optional(), to: text.optional() });
const failback = z.strictObject({ group: text.optional() });
const standby = z.strictObject({ on: z.boolean(), router: text.optional(), group: text.optional() });
const freeze = z.strictObject({ on: z.boolean() });
const nothing = z.strictObject({});
const limit = z.coerce.number().int().min(1).max(100_000);

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/status', handle: (handlers, { signal }) => handlers.status(signal) },
  {
    method: 'GET',
    path: '/v1/history',
    handle: async (handlers, { query, signal }) => {
      const given = query.get('limit');
      const expected = 'limit: a whole number from 1';
      return handlers.history(given === null ? {} : { limit: expect(limit, given, expected) }, signal);
    },
  },
  {
    method: 'POST',
    path: '/v1/failover',
    handle: async (handlers, { body, signal }) =>
      handlers.failover(defined(expect(failover, body, '{"group"?: "NAME", "to"?: "ROUTER"}')), signal),
  },
  {
    method: 'POST',
    path: '/v1/failback',
    handle: async (handlers, { body, signal }) =>
      handlers.failback(defined(expect(failback, body, '{"group"?: "NAME"}')), signal),
  },
  {
    method: 'POST',
    path: '/v1/standby',
    handle: async (handlers, { body, signal }) => {
      const request = expect(standby, body, '{"on": true or false, "router"?: "NAME", "group"?: "NAME"}');
      return handlers.standby(defined(request), signal);
    },
  },
  {
    method: 'POST',
    path: '/v1/verify',
    handle: async (handlers, { body, signal }) => {
      expect(nothing, body, 'no body');
      return handlers.verify(signal);
    },
  },
  {
    method: 'POST',
    path: '/v1/reload',
    handle: async (handlers, { body, signal }) => {
      expect(nothing, body, 'no body');
      return handlers.reload(signal);
    },
  },
  {
    method: 'POST',
    path: '/v1/doctor',
    handle: async (handlers, { body, signal }) => {
      expect(nothing, body, 'no body');
      return handlers.doctor(signal);
    },
  },
  {
    method: 'POST',
    path: '/v1/freeze',
    handle: async (handlers, { body, signal }) =>
      handlers.freeze(expect(freeze, body, '{"on": true or false}'), signal),
  },
  { method: 'GET', path: '/v1/events', handle: 'events' },
];

function expect<Output>(schema: z.ZodType<Output>, value: unknown, expected: string): Output {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw new ControlError('bad-request', `${where}${issue?.message ?? 'wrong form'}; expected ${expected}`);
}

/** Leaves out what is undefined: an absent field and a field without value are the same in JSON, not in our types. */
function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]: Exclude<T[Key], undefined> };
}
