/**
 * The SDK's `VirtualNetworkClient` over our own connections: the SDK composes requests and reads answers; signing with
 * an immutable session, the warm connections and the deadline are ours (facts 1 to 7 say why).
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { CircuitBreaker, NoRetryConfigurationDetails, type HttpRequest as SdkRequest } from 'oci-common';
// Not the package's index: that also loads the waiters of three services.
import { VirtualNetworkClient } from 'oci-core/lib/client.js';
import { createConnections } from './connections.ts';
import { monotonic, withDeadline } from './deadline.ts';
import { clockOffsetBy, faultOfNetwork, faultOfSdkError, OciFault, withClock } from './errors.ts';
import { type HttpAnswer, headerOf } from './exchange.ts';
import type { Session } from './instance-principal.ts';
import { signRequest } from './signer.ts';
import type { Milliseconds, OciExchange } from './types.ts';

export type NetworkOperation = Exclude<OciExchange['operation'], 'Federation' | 'Metadata'>;

export interface CallOptions {
  readonly operation: NetworkOperation;
  /** Given for writes: monotonic time after which the write must not be sent any more. */
  readonly sendBy?: Milliseconds;
}

export interface NetworkClient {
  /**
   * Runs one operation of the SDK under the deadline.
   * @throws OciFault always, whatever went wrong
   */
  call<T>(options: CallOptions, run: (sdk: VirtualNetworkClient) => Promise<T>): Promise<T>;
  /** Keeps enough connections for this many VIPs, within the configured bound. */
  expectVips(count: number): void;
  /** How many reads are sent at the same time. */
  readLimit(): number;
  /** Connections that are open, and those that are kept. */
  connections(): { readonly open: number; readonly kept: number };
  /** How long the connection idle for longest has been idle; 0 if none is idle. */
  longestIdle(): Milliseconds;
  close(): void;
}

export interface NetworkClientOptions {
  readonly origin: string;
  readonly requestTimeout: Milliseconds;
  /** Upper bound of the connections. */
  readonly connections: number;
  readonly session: () => Session | undefined;
  /** Why there is no session. */
  readonly reason: () => string;
  readonly onRejected: (session: Session) => void;
  readonly onExchange: (exchange: OciExchange) => void;
}

/** What a call carries past the SDK, which has no place for it. */
interface Passage {
  readonly options: CallOptions;
  /** The SDK turns errors of an HTTP client into `{code, message}`; here the error itself is kept. */
  fault?: OciFault;
  /** The service's clock minus ours, from the answer. */
  clockOffset?: Milliseconds;
}

/** Opens the first connections at once. */
export function createNetworkClient(options: NetworkClientOptions): NetworkClient {
  const { origin, requestTimeout } = options;
  const pool = createConnections({ origin, openTimeout: requestTimeout, count: Math.min(2, options.connections) });
  const passages = new AsyncLocalStorage<Passage>();

  async function send(request: SdkRequest): Promise<Response> {
    const passage = passages.getStore();
    if (!passage) throw new OciFault('rejected', 'a request outside call()');
    try {
      return responseOf(await exchange(request, passage));
    } catch (error) {
      passage.fault = faultOfNetwork(passage.options.operation, origin, error);
      throw passage.fault;
    }
  }

  function exchange(request: SdkRequest, passage: Passage): Promise<HttpAnswer> {
    const { operation, sendBy } = passage.options;
    return withDeadline(operation, requestTimeout, async (signal) => {
      const session = options.session();
      if (!session) throw new OciFault('no-token', options.reason());
      const body = typeof request.body === 'string' ? { body: request.body } : {};
      const { method, uri, headers } = request;
      signRequest({ method, uri, headers, ...body }, session);
      const answer = await pool.send(
        { method, url: uri, headers: Object.fromEntries(headers), ...body },
        { kind: sendBy === undefined ? 'read' : 'write', signal, ...(sendBy === undefined ? {} : { sendBy }) },
      );
      if (answer.status === 401) {
        options.onRejected(session);
        passage.clockOffset = clockOffsetBy(headerOf(answer, 'date'));
      }
      return answer;
    });
  }

  const sdk = new VirtualNetworkClient(
    { httpClient: { send } },
    {
      retryConfiguration: NoRetryConfigurationDetails,
      circuitBreaker: new CircuitBreaker({ disableClientCircuitBreaker: true }),
    },
  );
  sdk.endpoint = origin;

  return {
    async call(callOptions, run) {
      const started = monotonic();
      const passage: Passage = { options: callOptions };
      let fault: OciFault | undefined;
      try {
        return await passages.run(passage, () => run(sdk));
      } catch (error) {
        fault = withClock(passage.fault ?? faultOfSdkError(callOptions.operation, error), passage.clockOffset);
        throw fault;
      } finally {
        // These two never became an exchange.
        if (fault?.code !== 'no-token' && fault?.code !== 'expired-unsent') {
          const duration = monotonic() - started;
          const { operation } = callOptions;
          options.onExchange({ operation, duration, ...(fault ? { failure: fault.code } : {}) });
        }
      }
    },
    // One more than there are VIPs, for the read that may be under way when all of them are claimed.
    expectVips: (count) => pool.grow(Math.min(options.connections, Math.max(2, 2 * count))),
    readLimit: pool.readLimit,
    connections: pool.count,
    longestIdle: pool.longestIdle,
    close() {
      sdk.close();
      pool.close();
    },
  };
}

function responseOf(answer: HttpAnswer): Response {
  const headers = Object.entries(answer.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const empty = answer.status === 204 || answer.status === 304;
  return new Response(empty ? null : answer.body, { status: answer.status, headers });
}
