/** The admin interface over its unix socket, for the lab, benches and end-to-end tests. */
import { request } from 'node:http';
import type {
  Admin,
  AssignRequest,
  ExtendRequest,
  HandshakeReport,
  JournalEntry,
  Parameters,
  ParametersPatch,
  RequestRecord,
  SimulatorState,
  VipState,
} from './types.ts';

/** The simulator refused an admin request, or could not be asked. */
export class AdminError extends Error {
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdminError';
    this.status = status;
  }
}

/** Talks to the simulator behind `socketPath`. Every call opens its own connection, so nothing needs closing. */
export function connectAdmin(socketPath: string, timeout = 10_000): Admin {
  function call<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
    return new Promise((resolve, reject) => {
      const exchange = request(
        { socketPath, method, path, agent: false, timeout, headers: { 'content-type': 'application/json' } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const status = response.statusCode ?? 0;
            if (status === 200) resolve(JSON.parse(text) as T);
            else reject(new AdminError(`${method} ${path}: ${status} ${text}`, status));
          });
        },
      );
      exchange.on('timeout', () => exchange.destroy(new Error(`no answer within ${timeout} ms`)));
      exchange.on('error', (cause) => reject(new AdminError(`${method} ${path}: ${cause.message}`, null, { cause })));
      exchange.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  return {
    state: () => call<SimulatorState>('GET', '/state'),
    requests: (since = 0) => call<readonly RequestRecord[]>('GET', `/requests?since=${since}`),
    journal: (since = 0) => call<readonly JournalEntry[]>('GET', `/journal?since=${since}`),
    handshakes: () => call<HandshakeReport>('GET', '/handshakes'),
    faults: (patch: ParametersPatch) => call<Parameters>('POST', '/faults', patch),
    resetParameters: () => call<Parameters>('POST', '/reset-parameters', {}),
    resetRecords: async () => void (await call<unknown>('POST', '/reset-records', {})),
    release: (id?: number) => call<readonly number[]>('POST', '/release', id === undefined ? {} : { id }),
    rotateCertificates: async (options = {}) => void (await call<unknown>('POST', '/rotate-certificates', options)),
    assign: (change: AssignRequest) => call<VipState>('POST', '/assign', change),
    extend: async (addition: ExtendRequest) => void (await call<unknown>('POST', '/extend', addition)),
    delete: async (vip: string) => void (await call<unknown>('POST', '/delete', { vip })),
  };
}
