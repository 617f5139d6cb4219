import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlClient } from './client.ts';
import { type Fixture, makeFixture, STATUS } from './control.test-support.ts';
import { ControlError } from './errors.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(() => fixture.close());

const client = (timeout = 5000) => createControlClient({ socketPath: fixture.socketPath, timeout });

test('every method asks its endpoint', async () => {
  const entry = {
    time: STATUS.time,
    group: 'isv',
    from: 'backup',
    to: 'master',
    reason: 'silence',
    claims: [],
  } as const;
  const examination = {
    version: '0.1.0',
    cluster: 'isv-pod',
    router: 'vrouter1',
    time: STATUS.time,
    checks: [{ check: 'token', about: 'OCI', result: 'ok' as const, finding: 'present' }],
  };
  await fixture.serve({
    history: async ({ limit }) => ({ entries: limit === 2 ? [entry] : [] }),
    failover: async ({ group = '', to = '' }) => ({ groups: [{ group, from: 'vrouter1', to }] }),
    failback: async ({ group = '' }) => ({ groups: [{ group, from: null, to: null }] }),
    standby: async ({ on, router = '' }) => ({ router, on: on ? ['isv'] : [], off: [] }),
    verify: async () => ({ vips: [] }),
    reload: async () => ({ changes: ['the log level is debug'], warnings: [] }),
    doctor: async () => examination,
  });
  expect(await client().status()).toEqual(STATUS);
  expect(await client().history()).toEqual({ entries: [] });
  expect(await client().history({ limit: 2 })).toEqual({ entries: [entry] });
  expect(await client().failover({ group: 'isv', to: 'vrouter2' })).toEqual({
    groups: [{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }],
  });
  expect(await client().failback({ group: 'isv' })).toEqual({ groups: [{ group: 'isv', from: null, to: null }] });
  expect(await client().standby({ on: true, router: 'vrouter2' })).toEqual({
    router: 'vrouter2',
    on: ['isv'],
    off: [],
  });
  expect(await client().verify()).toEqual({ vips: [] });
  expect(await client().doctor()).toEqual(examination);
  expect(await client().reload()).toEqual({ changes: ['the log level is debug'], warnings: [] });
});

test("the daemon's refusal comes through with its code", async () => {
  await fixture.serve({
    failover: async () => {
      throw new ControlError('refused', 'vrouter2 is not ready: no token');
    },
  });
  await expect(client().failover({})).rejects.toMatchObject({
    name: 'ControlError',
    code: 'refused',
    message: 'vrouter2 is not ready: no token',
  });
});

const hint = 'is failoverd running? systemctl status failoverd';

test('no socket', async () => {
  await expect(client().status()).rejects.toMatchObject({
    code: 'unreachable',
    message: `failoverd is not reachable at ${fixture.socketPath} (there is no such socket): ${hint}`,
  });
});

test('a file that nobody listens at', async () => {
  await mkdir(dirname(fixture.socketPath));
  await writeFile(fixture.socketPath, '');
  await expect(client().status()).rejects.toMatchObject({
    code: 'unreachable',
    message: `failoverd is not reachable at ${fixture.socketPath} (connect ECONNREFUSED ${fixture.socketPath}): ${hint}`,
  });
});

test.skipIf(process.geteuid?.() === 0)('a socket of somebody else', async () => {
  await fixture.serve();
  await chmod(fixture.socketPath, 0);
  await expect(client().status()).rejects.toMatchObject({
    code: 'permission',
    message: `no permission to use ${fixture.socketPath}: join group failoverd (usermod -aG failoverd USER, then log in again) or use sudo`,
  });
});

test('a daemon that does not answer in time', async () => {
  await fixture.serve({ status: () => new Promise(() => {}) });
  await expect(client(50).status()).rejects.toMatchObject({
    code: 'timeout',
    message: 'failoverd did not answer within 0.05 s; what was asked for may still happen: failoverctl status shows it',
  });
});

test.each([
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n', 'unreachable'],
  ['another service', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi', 'protocol'],
  ['an error of another form', 'HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n{}', 'protocol'],
  ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{}', 'unreachable'],
])('%s at the socket', async (_, answer, code) => {
  await mkdir(dirname(fixture.socketPath));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(fixture.socketPath, resolve));
  try {
    await expect(client().status()).rejects.toMatchObject({ name: 'ControlError', code });
  } finally {
    server.close();
  }
});
