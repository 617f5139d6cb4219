import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { createUdpTransport, type UdpTransport } from '../dgram-vrrp/index.ts';
import { clearReuseAddress } from '../linux/index.ts';

const PORT = 18_112;
const LOCAL = '127.0.66.1';
const PATHS = [
  { id: 'a/0', local: LOCAL, peer: '127.0.66.2', peerName: 'a' },
  { id: 'b/0', local: LOCAL, peer: '127.0.66.3', peerName: 'b' },
];

let transport: UdpTransport | undefined;
const received: string[] = [];

async function open(clear: boolean): Promise<void> {
  transport = createUdpTransport({
    paths: PATHS,
    port: PORT,
    now: () => 0,
    onDatagram: ({ pathId, bytes }) => received.push(`${pathId} ${Buffer.from(bytes).toString()}`),
    onError: () => {},
    configureSocket: (fd, stage) => {
      if (clear && stage === 'connected') clearReuseAddress(fd);
    },
  });
  await transport.opened();
}

/** What another user of the machine would try: the same address and port, with SO_REUSEADDR. */
async function steal(): Promise<string> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  try {
    socket.bind(PORT, LOCAL);
    await once(socket, 'listening');
    return 'bound';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'failed';
  } finally {
    socket.close();
  }
}

/** The same as another user than root. Answers what its bind gave. */
async function stealAsNobody(): Promise<string> {
  const NOBODY = 65_534;
  const script = `
    process.setgroups([]);
    process.setgid(${NOBODY});
    process.setuid(${NOBODY});
    const socket = require('node:dgram').createSocket({ type: 'udp4', reuseAddr: true });
    const tell = (word) => { process.stdout.write(process.getuid() + ' ' + word); process.exit(); };
    socket.on('error', ({ code }) => tell(code));
    socket.bind(${PORT}, '${LOCAL}', () => tell('bound'));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
  return stdout;
}

afterEach(async () => {
  await transport?.close();
  received.length = 0;
});

describe('the heartbeat port', () => {
  it('cannot be taken by another process, as it could if SO_REUSEADDR stayed', async () => {
    await open(false);
    expect(await steal()).toBe('bound');
    await transport?.close();
    await open(true);
    expect(await steal()).toBe('EADDRINUSE');
  });

  it.runIf(process.getuid?.() === 0)('cannot be taken by another user either', async () => {
    await open(false);
    expect(await stealAsNobody()).toBe('65534 bound');
    await transport?.close();
    await open(true);
    expect(await stealAsNobody()).toBe('65534 EADDRINUSE');
  });

  it('delivers only what its peers send from the heartbeat port', async () => {
    await open(true);
    const senders = [
      { address: '127.0.66.2', port: PORT, text: 'peer' },
      { address: '127.0.66.2', port: PORT + 1, text: 'wrong port' },
      { address: '127.0.66.9', port: PORT, text: 'stranger' },
    ];
    for (const { address, port, text } of senders) {
      const socket = createSocket('udp4');
      socket.bind(port, address);
      await once(socket, 'listening');
      await new Promise((resolve) => socket.send(text, PORT, LOCAL, resolve));
      socket.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(received).toEqual(['a/0 peer']);
  });
});
