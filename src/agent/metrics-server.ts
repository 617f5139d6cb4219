import { createServer, type Server } from 'node:http';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { Metrics } from '../observe/index.ts';

/** Scrapers at a time; one that says nothing or does not read its answer must not use up the daemon's file descriptors. */
const MAX_CONNECTIONS = 32;
const PATIENCE: Milliseconds = 10_000;

/** Serves `GET /metrics`. An address that is taken is told by `onError` and stops nothing else. */
export function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  metrics: Metrics,
  onError: (detail: string) => void,
): Server {
  const limits = { requestTimeout: PATIENCE, headersTimeout: PATIENCE, connectionsCheckingInterval: PATIENCE / 2 };
  const server = createServer(limits, async (request, response) => {
    // A scraper may be configured with parameters, and a probe asks for the head.
    const [path] = (request.url ?? '').split('?');
    if ((request.method !== 'GET' && request.method !== 'HEAD') || path !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('metrics are at GET /metrics\n');
      return;
    }
    try {
      const body = await metrics.scrape();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(body);
    } catch (error) {
      onError(error instanceof Error ? error.message : String(error));
      response.writeHead(500).end();
    }
  });
  server.timeout = PATIENCE;
  server.maxConnections = MAX_CONNECTIONS;
  server.on('error', (error) => onError(error.message));
  server.listen(port, host);
  server.unref();
  return server;
}
