/** One HTTP exchange over node:http(s): the whole body is read under the caller's signal. */
import { type Agent, type IncomingHttpHeaders, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

export interface HttpRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * Sends one request and reads its answer. Rejects with the errno of the socket or with the signal's reason.
 *
 * @param agent keeps the connection; without one the connection ends with the answer
 */
export function exchange(request: HttpRequest, signal: AbortSignal, agent?: Agent): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const send = request.url.startsWith('https:') ? requestHttps : requestHttp;
    const { method, headers } = request;
    let answer: HttpAnswer | undefined;
    const outgoing = send(request.url, { method, headers, signal, agent: agent ?? false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        answer = { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
      });
      incoming.on('error', reject);
    });
    outgoing.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    // Not at the answer's end: only now has the agent the connection back, or has closed it.
    outgoing.on('close', () => {
      if (answer) resolve(answer);
      else reject(Object.assign(new Error('the connection closed inside the answer'), { code: 'ECONNRESET' }));
    });
    outgoing.end(request.body);
  });
}

/** A header of an answer as one string. */
export function headerOf(answer: HttpAnswer, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
