import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetadata } from './metadata.ts';
import type { OciExchange } from './types.ts';

let server: Server;
afterEach(() => new Promise((resolve) => server.close(resolve)));

async function serve(answer: RequestListener) {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const exchanges: OciExchange[] = [];
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const onExchange = (exchange: OciExchange) => exchanges.push(exchange);
  return { metadata: createMetadata({ origin, requestTimeout: 1_000, onExchange }), exchanges };
}

describe('createMetadata', () => {
  it('reads below /opc/v2/ with the header that proves it is no forwarded request', async () => {
    const { metadata } = await serve((request, response) => {
      response.end(JSON.stringify({ url: request.url, authorization: request.headers.authorization }));
    });
    expect(await metadata.readJson('vnics/')).toEqual({ url: '/opc/v2/vnics/', authorization: 'Bearer Oracle' });
  });

  it('tries again after 429 and 404, and counts each exchange', async () => {
    const statuses = [429, 404, 200];
    const { metadata, exchanges } = await serve((_request, response) => {
      response.statusCode = statuses.shift() ?? 500;
      response.end('<html>slow down</html>');
    });
    await metadata.read('identity/cert.pem');
    expect(exchanges.map(({ operation, failure }) => [operation, failure])).toEqual([
      ['Metadata', 'throttled'],
      ['Metadata', 'server-error'],
      ['Metadata', undefined],
    ]);
  });

  it('gives up after four attempts with the last answer', async () => {
    const { metadata, exchanges } = await serve((_request, response) => {
      response.statusCode = 404;
      response.end();
    });
    await expect(metadata.read('vnics/')).rejects.toMatchObject({
      code: 'metadata',
      status: 404,
      message: expect.stringContaining('answered 404 for vnics/'),
    });
    expect(exchanges).toHaveLength(4);
  });

  it('gives up when the deadline is over', async () => {
    const { metadata } = await serve(() => undefined);
    const started = performance.now();
    await expect(metadata.read('vnics/')).rejects.toMatchObject({ code: 'metadata' });
    expect(performance.now() - started).toBeLessThan(1_500);
    server.closeAllConnections();
  });

  it('does not take text for JSON', async () => {
    const { metadata } = await serve((_request, response) => response.end('<html>'));
    await expect(metadata.readJson('instance/')).rejects.toMatchObject({ code: 'metadata' });
  });
});
