/** The two servers: metadata over HTTP, federation and VCN API over TLS. */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { ApiError, usualError } from './api-error.ts';
import type { Authority } from './authority.ts';
import { monotonicNow } from './clock.ts';
import { type Connection, createConnections } from './connections.ts';
import { type Exchange, type Job, type Pipeline, sendError } from './exchange.ts';
import { checkFederation } from './federation.ts';
import { readMetadata } from './metadata.ts';
import type { ParameterStore } from './parameters.ts';
import type { OpenRecord, Records } from './records.ts';
import type { SignedRequest } from './signature.ts';
import type { TokenService } from './token.ts';
import type { InstanceSpec, RequestRecord, Topology } from './types.ts';
import { authenticate, describe, matchOperation, prepare } from './vcn-api.ts';
import type { VcnState } from './vcn-state.ts';

export interface ServiceParts {
  readonly topology: Topology;
  readonly authority: Authority;
  readonly tokens: TokenService;
  readonly state: VcnState;
  readonly parameters: ParameterStore;
  readonly records: Records;
  readonly pipeline: Pipeline;
}

/** Servers that do not listen: a listener delivers their sockets. */
export interface Services {
  readonly deliverMetadata: (socket: Socket) => void;
  readonly deliverApi: (socket: Socket) => void;
  /** The instance behind a source address. */
  readonly instanceAt: (source: string) => InstanceSpec | undefined;
}

export function createServices(parts: ServiceParts): Services {
  const { topology, authority, tokens, state, parameters, records, pipeline } = parts;

  const instanceAt = (source: string): InstanceSpec | undefined =>
    state.instanceBySource(source) ?? topology.instances.find(({ name }) => name === topology.defaultInstance);
  const connections = createConnections(
    records,
    (source) => state.instanceBySource(source)?.name ?? null,
    () => parameters.current().idleTimeout,
  );

  function begin(service: RequestRecord['service'], request: IncomingMessage, response: ServerResponse) {
    const connection = connections.of(request, response);
    const ifMatch = request.headers['if-match'];
    const record = records.addRequest({
      service,
      operation: null,
      method: request.method ?? '',
      path: request.url ?? '',
      instance: instanceAt(connection.source)?.name ?? null,
      source: connection.source,
      at: monotonicNow(),
      answeredAt: null,
      status: null,
      errorCode: null,
      detail: null,
      target: null,
      address: null,
      vnicId: null,
      ifMatch: ifMatch ?? null,
      appliedAt: null,
      fault: null,
      connection: connection.id,
      fresh: connection.requests === 1,
    });
    return { exchange: { request, response, record }, connection };
  }

  function metadata(request: IncomingMessage, response: ServerResponse): void {
    const { exchange, connection } = begin('metadata', request, response);
    const { record } = exchange;
    record.operation = 'Metadata';
    if (parameters.reachability('metadata', record.instance) === 'hanging') return;
    const instance = instanceAt(connection.source);
    const run = () =>
      readMetadata(
        record.path.split('?')[0] ?? '',
        request.headers.authorization,
        topology,
        instance,
        instance ? state.vnicsOf(instance.name) : [],
        instance && authority.identity(instance.name),
      );
    finish(exchange, () => ({ operation: 'Metadata', write: false, run }), pipeline);
  }

  async function api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const federation = path === '/v1/x509';
    const { exchange, connection } = begin(federation ? 'federation' : 'vcn', request, response);
    if (parameters.reachability('api', instanceAt(connection.source)?.name ?? null) === 'hanging') return;
    const body = await readBody(request);
    if (body === undefined) return;
    const signed: SignedRequest = { method: request.method ?? '', path, headers: request.headers, body };
    finish(
      exchange,
      () => (federation ? federationJob(exchange, signed, connection) : vcnJob(exchange, signed, connection)),
      pipeline,
    );
  }

  function federationJob({ record, request }: Exchange, signed: SignedRequest, connection: Connection): Job {
    if (request.method !== 'POST') throw usualError(405);
    if (isNamed(request, 'iaas')) throw usualError(404, 'federation is not served under this name');
    record.operation = 'Federation';
    const lifetime = () => parameters.current().tokenLifetime;
    const { instance, run } = checkFederation(signed, topology, authority, tokens, lifetime, Date.now());
    identify(connection, record, instance);
    return { operation: 'Federation', write: false, run };
  }

  function vcnJob({ record, request }: Exchange, signed: SignedRequest, connection: Connection): Job {
    if (isNamed(request, 'auth')) throw usualError(404, 'the VCN API is not served under this name');
    const [path = '', queryText = ''] = signed.path.split('?');
    const query = new URLSearchParams(queryText);
    const match = matchOperation(signed.method, path);
    if (match) describe(record, match, state, query);
    const instance = authenticate(signed, state, tokens, Date.now());
    identify(connection, record, instance);
    if (!match) throw new ApiError(404, 'NotFound', 'No such resource');
    return prepare(match, signed, record, query, topology, state, parameters);
  }

  const options = { key: authority.server.key, cert: authority.server.cert };
  const metadataServer = patient(createHttpServer(metadata));
  const apiServer = patient(createHttpsServer(options, (request, response) => void api(request, response)));
  metadataServer.on('connection', (socket: Socket) => connections.plain(socket));
  apiServer.on('secureConnection', (socket: TLSSocket) => connections.secure(socket));
  return {
    deliverMetadata: (socket) => metadataServer.emit('connection', socket),
    deliverApi: (socket) => apiServer.emit('connection', socket),
    instanceAt,
  };
}

/** What a request proved about its sender counts more than the address it came from. */
function identify(connection: Connection, record: OpenRecord, instance: InstanceSpec): void {
  record.instance = instance.name;
  if (connection.handshake) connection.handshake.instance ??= instance.name;
}

/** No timeout and no Keep-Alive header of Node's own: idle connections end as the parameters say. */
function patient<S extends Server>(server: S): S {
  server.keepAliveTimeout = 0;
  server.headersTimeout = 0;
  server.requestTimeout = 0;
  return server;
}

function finish(exchange: Exchange, job: () => Job, pipeline: Pipeline): void {
  try {
    void pipeline.execute(exchange, job());
  } catch (cause) {
    if (!(cause instanceof ApiError)) throw cause;
    sendError(exchange, cause);
  }
}

/** Is the request sent to `auth.…` or `iaas.…`? On loopback, under an address or localhost, it is sent to neither. */
function isNamed(request: IncomingMessage, service: 'auth' | 'iaas'): boolean {
  return (request.headers.host ?? '').startsWith(`${service}.`);
}

/** undefined: the client went away in the middle. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}
