import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { Metrics } from '../observe/index.ts';
import { serveMetrics } from './metrics-server.ts';

const metrics = { scrape: async () => 'a 1\n', contentType: 'text/plain' } as Metrics;

let close = () => {};
afterEach(() => close());

async function serve() {
  const server = serveMetrics({ host: '127.0.0.1', port: 0 }, metrics, () => {});
  await once(server, 'listening');
  const sockets: Socket[] = [];
  close = () => {
    for (const socket of sockets) socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  const { port } = server.address() as AddressInfo;
  return { sockets, port, ask: (path: string, method = 'GET') => fetch(`http://127.0.0.1:${port}${path}`, { method }) };
}

describe('the metrics server', () => {
  it('answers at /metrics, with parameters too, and a probe with the head', async () => {
    const { ask } = await serve();
    expect(await (await ask('/metrics')).text()).toBe('a 1\n');
    expect(await (await ask('/metrics?module=x')).text()).toBe('a 1\n');
    const head = await ask('/metrics', 'HEAD');
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await ask('/metrics', 'POST')).status).toBe(404);
    expect((await ask('/')).status).toBe(404);
  });

  it('keeps no more than a few clients that say nothing', async () => {
    const { port, sockets } = await serve();
    let closed = 0;
    for (let count = 0; count < 100; count += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.once('close', () => {
        closed += 1;
      });
      socket.resume();
      sockets.push(socket);
    }
    await expect.poll(() => closed).toBe(68);
    await delay(50);
    expect(closed).toBe(68);
  });
});
