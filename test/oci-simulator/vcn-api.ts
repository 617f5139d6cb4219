/** The VCN API: finds the operation, checks who asks and whether the policy lets it. */
import { ApiError, invalidParameter, usualError } from './api-error.ts';
import { monotonicNow } from './clock.ts';
import type { Job } from './exchange.ts';
import type { ParameterStore } from './parameters.ts';
import type { OpenRecord } from './records.ts';
import { checkSignature, parseAuthorization, type SignedRequest } from './signature.ts';
import type { TokenService } from './token.ts';
import type { InstanceSpec, Policy, Topology } from './types.ts';
import { addressOperations } from './vcn-addresses.ts';
import type { VcnOperation } from './vcn-operation.ts';
import { otherOperations } from './vcn-others.ts';
import type { VcnState } from './vcn-state.ts';

const BASE = '/20160918';
const operations: readonly VcnOperation[] = [...addressOperations, ...otherOperations];

/** Who signed a request; throws the 401. `now` is Unix time in ms. */
export function authenticate(request: SignedRequest, state: VcnState, tokens: TokenService, now: number): InstanceSpec {
  const parameters = parseAuthorization(request.headers.authorization);
  if (typeof parameters === 'string') throw usualError(401, parameters);
  if (!parameters.keyId.startsWith('ST$')) throw usualError(401, 'the keyId is no session token');
  const token = tokens.check(parameters.keyId.slice(3), now);
  if (!token.ok) throw usualError(401, token.reason);
  const wrong = checkSignature(request, parameters, token.key, now);
  if (wrong !== undefined) throw usualError(401, wrong);
  const instance = state.instanceById(token.instanceId);
  if (!instance) throw usualError(401, 'the token names an instance that is not there');
  return instance;
}

export interface VcnMatch {
  readonly operation: VcnOperation;
  readonly id: string;
}

/** The operation behind method and path (without query); undefined when there is none. */
export function matchOperation(method: string, path: string): VcnMatch | undefined {
  if (!path.startsWith(`${BASE}/`)) return undefined;
  const parts = path.slice(BASE.length).split('/');
  for (const operation of operations) {
    if (operation.method !== method) continue;
    const wanted = operation.path.split('/');
    if (wanted.length !== parts.length) continue;
    if (!wanted.every((part, index) => part === '{id}' || part === parts[index])) continue;
    const index = wanted.indexOf('{id}');
    return { operation, id: index < 0 ? '' : (parts[index] ?? '') };
  }
  return undefined;
}

/** Writes down what a request is about, for records and faults. */
export function describe(record: OpenRecord, match: VcnMatch, state: VcnState, query: URLSearchParams): void {
  record.operation = match.operation.operation;
  const asked = query.get('ipAddress');
  const searched = asked === null ? undefined : state.findVip(asked)?.value.id;
  record.target = match.id === '' ? (searched ?? query.get('vnicId') ?? query.get('subnetId')) : match.id;
  record.address = asked ?? state.addresses.get(match.id)?.newest()?.value.address ?? null;
  record.vnicId = query.get('vnicId');
}

/** Makes the job of an authenticated request; throws ApiError. */
export function prepare(
  match: VcnMatch,
  request: SignedRequest,
  record: OpenRecord,
  query: URLSearchParams,
  topology: Topology,
  state: VcnState,
  parameters: ParameterStore,
): Job {
  const { operation, id } = match;
  const body = operation.method === 'PUT' || operation.method === 'POST' ? parseBody(request.body) : {};
  const vnicId = body['vnicId'];
  if (typeof vnicId === 'string') {
    record.vnicId = vnicId;
    record.address ??= typeof body['ipAddress'] === 'string' ? body['ipAddress'] : null;
  }
  return {
    operation: operation.operation,
    write: operation.write,
    ...busyVnic(operation, id, record.vnicId),
    run: () => {
      const policy = parameters.current().policy;
      if (!operation.needs.every((need) => allowed(policy, need)))
        throw usualError(404, 'the policy does not allow it');
      const now = monotonicNow();
      return operation.run({
        topology,
        state,
        query,
        id,
        body,
        ifMatch: record.ifMatch ?? undefined,
        author: { instance: record.instance, request: record.id },
        now,
        readTime: now - parameters.current().readLag,
      });
    },
  };
}

/** A write keeps the VNIC it assigns to busy, or the one it changes. */
function busyVnic(operation: VcnOperation, id: string, vnicId: string | null): { busyVnic?: string } {
  if (!operation.write) return {};
  if (operation.operation === 'UpdateVnic') return { busyVnic: id };
  return vnicId === null ? {} : { busyVnic: vnicId };
}

function allowed(policy: Policy, need: keyof Policy): boolean {
  switch (need) {
    case 'inspectPrivateIps':
      return policy.inspectPrivateIps || policy.usePrivateIps;
    case 'inspectIpv6s':
      return policy.inspectIpv6s || policy.useIpv6s;
    case 'inspectVnics':
      return policy.inspectVnics || policy.useVnics;
    default:
      return policy[need];
  }
}

function parseBody(body: Buffer): Readonly<Record<string, unknown>> {
  if (body.length === 0) return {};
  try {
    const parsed: unknown = JSON.parse(body.toString());
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch (cause) {
    throw new ApiError(400, 'CannotParseRequest', 'Incorrectly formatted request', String(cause));
  }
  throw invalidParameter('The body is not an object');
}
