/** A client of the simulator for its own specs: signs by hand through node:crypto, so that every step can be spoilt. */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { Simulator } from './types.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

/** What goes out, before it is sent: a spec changes it to see the simulator refuse. */
export interface Draft {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  body: string;
}

/** Changes a request before (`sign`) or after (`send`) it is signed. */
export interface Spoil {
  readonly beforeSigning?: (draft: Draft) => void;
  readonly afterSigning?: (draft: Draft) => void;
  /** Headers to sign in place of the right ones. */
  readonly signed?: readonly string[];
}

export interface CallOptions extends Spoil {
  readonly ifMatch?: string;
  readonly token?: string;
  readonly key?: KeyObject;
  readonly unsigned?: boolean;
  readonly timeout?: number;
}

export interface HandClient {
  readonly sessionKey: KeyObject;
  metadata(path: string, headers?: Record<string, string>): Promise<Reply>;
  federate(
    options?: Spoil & { readonly keyId?: string; readonly body?: object; readonly key?: KeyObject },
  ): Promise<Reply>;
  /** Federates and keeps the token for `call`. */
  login(): Promise<string>;
  call(method: string, path: string, body?: object, options?: CallOptions): Promise<Reply>;
  close(): void;
}

// One pair for all specs of a process: making one takes longer than most of them.
const session = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** A client whose connections come from `source` (127.0.0.x). */
export function handClient(simulator: Simulator, source = '127.0.0.11'): HandClient {
  const agent = new Agent({ ca: simulator.ca, keepAlive: true, localAddress: source });
  const { port } = simulator.listening.api;
  const host = `localhost:${port}`;
  let token = '';

  function send(draft: Draft, timeout = 5_000): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const { method, path, headers } = draft;
      const outgoing = httpsRequest({
        host: '127.0.0.1',
        servername: 'localhost',
        port,
        agent,
        method,
        path,
        headers,
        timeout,
      });
      collect(outgoing, resolve, reject);
      outgoing.end(draft.body);
    });
  }

  function signDraft(draft: Draft, keyId: string, key: KeyObject, spoil: Spoil, dateHeader: string): void {
    const withBody = draft.method === 'POST' || draft.method === 'PUT';
    if (withBody) {
      draft.headers['content-type'] = 'application/json';
      draft.headers['content-length'] = String(Buffer.byteLength(draft.body));
      draft.headers['x-content-sha256'] = createHash('sha256').update(draft.body).digest('base64');
    }
    spoil.beforeSigning?.(draft);
    const bodyHeaders = withBody ? ['content-length', 'content-type', 'x-content-sha256'] : [];
    const names = spoil.signed ?? [dateHeader, '(request-target)', 'host', ...bodyHeaders];
    const lines = names.map((name) =>
      name === '(request-target)'
        ? `${name}: ${draft.method.toLowerCase()} ${draft.path}`
        : `${name}: ${draft.headers[name]}`,
    );
    const signature = sign('sha256', Buffer.from(lines.join('\n')), key).toString('base64');
    draft.headers['authorization'] =
      `Signature version="1",keyId="${keyId}",algorithm="rsa-sha256",headers="${names.join(' ')}",signature="${signature}"`;
    spoil.afterSigning?.(draft);
  }

  const client: HandClient = {
    sessionKey: session.privateKey,
    metadata(path, headers = { authorization: 'Bearer Oracle' }) {
      const { host: metadataHost, port: metadataPort } = simulator.listening.metadata;
      return new Promise((resolve, reject) => {
        const to = { host: metadataHost, port: metadataPort, localAddress: source };
        const options = { ...to, path, headers, agent: false, timeout: 2_000 };
        const outgoing = httpRequest(options);
        collect(outgoing, resolve, reject);
        outgoing.end();
      });
    },
    async federate(options = {}) {
      const certificate = (await client.metadata('/opc/v2/identity/cert.pem')).text;
      const intermediate = (await client.metadata('/opc/v2/identity/intermediate.pem')).text;
      const key = options.key ?? createPrivateKey((await client.metadata('/opc/v2/identity/key.pem')).text);
      const leaf = new X509Certificate(certificate);
      const tenancy = /opc-tenant:(\S+)/.exec(leaf.subject)?.[1] ?? '';
      const body = JSON.stringify({
        certificate: bare(certificate),
        purpose: 'DEFAULT',
        publicKey: session.publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
        intermediateCertificates: [bare(intermediate)],
        ...options.body,
      });
      const draft: Draft = {
        method: 'POST',
        path: '/v1/x509',
        headers: { host, date: new Date().toUTCString() },
        body,
      };
      signDraft(draft, options.keyId ?? `${tenancy}/fed-x509/${leaf.fingerprint}`, key, options, 'date');
      return send(draft);
    },
    async login() {
      const reply = await client.federate();
      if (reply.status !== 200) throw new Error(`federation answered ${reply.status} ${reply.text}`);
      token = field(reply, 'token');
      return token;
    },
    call(method, path, body, options = {}) {
      const headers: Record<string, string> = { host, 'x-date': new Date().toUTCString() };
      if (options.ifMatch !== undefined) headers['if-match'] = options.ifMatch;
      const draft: Draft = { method, path: `/20160918${path}`, headers, body: body ? JSON.stringify(body) : '' };
      if (!options.unsigned) {
        signDraft(draft, `ST$${options.token ?? token}`, options.key ?? session.privateKey, options, 'x-date');
      }
      return send(draft, options.timeout);
    },
    close: () => agent.destroy(),
  };
  return client;
}

/** A field of a JSON answer as text. */
export function field(reply: Reply, name: string): string {
  return String(Reflect.get(Object(reply.json), name));
}

/** PEM without armour and newlines. */
export function bare(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s/g, '');
}

function collect(
  outgoing: ReturnType<typeof httpRequest>,
  resolve: (reply: Reply) => void,
  reject: (cause: Error) => void,
): void {
  outgoing.on('timeout', () => outgoing.destroy(new Error('timeout')));
  outgoing.on('error', reject);
  outgoing.on('response', (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('error', reject);
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const isJson = response.headers['content-type'] === 'application/json' && text !== '';
      const json: unknown = isJson ? JSON.parse(text) : undefined;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json });
    });
  });
}
