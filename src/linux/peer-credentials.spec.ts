import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { peerCredentials } from './peer-credentials.ts';

/** Node keeps a socket's descriptor on a handle its typings do not show. */
function descriptorOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number') throw new Error('no descriptor');
  return fd;
}

it('tells who is on the other end of a unix socket', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'peer-'));
  const path = join(directory, 'socket');
  const server = createServer();
  try {
    const accepted = new Promise<Socket>((resolve) => {
      server.once('connection', resolve);
    });
    await new Promise<void>((resolve) => {
      server.listen(path, resolve);
    });
    const client = connect(path);
    const socket = await accepted;
    expect(peerCredentials(descriptorOf(socket))).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
    client.destroy();
    socket.destroy();
  } finally {
    server.close();
    rmSync(directory, { recursive: true });
  }
});

it('says that a descriptor is no socket', () => {
  expect(() => peerCredentials(-1)).toThrow(expect.objectContaining({ code: 'bad-descriptor' }));
});
