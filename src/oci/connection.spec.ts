import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, createConnection } from './connection.ts';
import type { OciFault } from './errors.ts';

let server: Server;
let sockets: Socket[];
let connection: Connection;
let faults: OciFault[];
let requests: (string | undefined)[];
const never = new AbortController().signal;

beforeEach(async () => {
  sockets = [];
  faults = [];
  requests = [];
  server = createServer((request, response) => {
    requests.push(request.url);
    if (request.url === '/hang') return;
    if (request.url === '/last') response.setHeader('connection', 'close');
    response.end(request.url);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => sockets.push(socket));
  await listen(0);
  connection = open((server.address() as AddressInfo).port);
});
afterEach(async () => {
  connection.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

function open(port: number): Connection {
  return createConnection({
    origin: `http://127.0.0.1:${port}`,
    openTimeout: 1_000,
    onChange: (fault) => {
      if (fault) faults.push(fault);
    },
  });
}

async function until(fits: () => boolean): Promise<void> {
  while (!fits()) await new Promise<void>((resolve) => setTimeout(resolve, 5));
}

const idle = () => until(() => connection.state() === 'idle');
const send = (path: string, signal = never) =>
  connection.send(
    { method: 'GET', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, headers: {} },
    signal,
  );

describe('createConnection', () => {
  it('is open before there is anything to send, and stays for many requests', async () => {
    await idle();
    await until(() => sockets.length === 1);
    for (const path of ['/1', '/2', '/3']) expect(await send(path)).toMatchObject({ status: 200, body: path });
    expect(sockets).toHaveLength(1);
  });

  it('opens again when the other end closes it', async () => {
    await idle();
    await send('/1');
    await until(() => sockets.length === 1);
    sockets[0]?.destroy();
    await until(() => sockets.length === 2);
    await idle();
    expect(await send('/2')).toMatchObject({ body: '/2' });
  });

  it('opens again after an answer that ends the connection', async () => {
    await idle();
    expect(await send('/last')).toMatchObject({ body: '/last' });
    expect(connection.state()).toBe('broken');
    await idle();
    expect(await send('/2')).toMatchObject({ body: '/2' });
  });

  it('gives a connection up with the request that was aborted on it', async () => {
    await idle();
    const controller = new AbortController();
    const hanging = send('/hang', controller.signal);
    expect(connection.state()).toBe('busy');
    await until(() => requests.includes('/hang'));
    controller.abort(new Error('late'));
    await expect(hanging).rejects.toThrow('late');
    await idle();
    expect(await send('/2')).toMatchObject({ body: '/2' });
    await until(() => sockets.length === 2);
  });

  it('does not take the late close of a socket given up for the loss of its successor', async () => {
    for (let round = 1; round <= 5; round += 1) {
      await idle();
      const controller = new AbortController();
      const hanging = send('/hang', controller.signal);
      await until(() => requests.length === round);
      controller.abort(new Error('late'));
      await expect(hanging).rejects.toThrow('late');
    }
    await idle();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(connection.state()).toBe('idle');
    expect(sockets).toHaveLength(6);
  });

  it('says why it cannot be opened, and goes on trying', async () => {
    await idle();
    const { port } = server.address() as AddressInfo;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
    await until(() => faults.length > 0);
    expect(faults[0]).toMatchObject({ code: 'network' });
    expect(faults[0]?.message).toContain('ECONNREFUSED');
    await listen(port);
    connection.openNow();
    await idle();
  });
});
