import { createServer, type Server } from 'node:http';
import type { Metrics } from '../observe/index.ts';

/** Serves `GET /metrics`. An address that is taken is told by `onError` and stops nothing else. */
export function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  metrics: Metrics,
  onError: (detail: string) => void,
): Server {
  const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
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
  server.on('error', (error) => onError(error.message));
  server.listen(port, host);
  server.unref();
  return server;
}
