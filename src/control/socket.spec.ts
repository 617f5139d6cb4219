import { spawnSync } from 'node:child_process';
import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createControlClient } from './client.ts';
import { type Fixture, makeFixture } from './control.test-support.ts';
import { findGroupId } from './socket.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await makeFixture();
});
afterEach(() => fixture.close());

const ROOT = process.geteuid?.() === 0;

test('the socket has mode 0660, its directory is made, and nothing else is left in it', async () => {
  const server = await fixture.serve();
  const { mode } = await lstat(fixture.socketPath);
  expect((mode & 0o7777).toString(8)).toBe('660');
  expect(await readdir(dirname(fixture.socketPath))).toEqual(['control.sock']);
  await server.close();
  expect(await readdir(dirname(fixture.socketPath))).toEqual([]);
});

test.runIf(ROOT)('it belongs to the group, found by its name', async () => {
  const groupFile = join(fixture.directory, 'group');
  await writeFile(groupFile, 'root:x:0:\nfailoverd-old:x:4241:\nfailoverd:x:4242:alice\n');
  await fixture.serve({}, { groupFile });
  const { uid, gid } = await lstat(fixture.socketPath);
  expect({ uid, gid }).toEqual({ uid: 0, gid: 4242 });
  expect(fixture.warnings).toEqual([]);
});

test('without the group it stays as it is, with a warning', async () => {
  const groupFile = join(fixture.directory, 'group');
  await writeFile(groupFile, 'root:x:0:\n');
  await fixture.serve({}, { groupFile });
  expect(fixture.warnings).toEqual([
    'there is no group failoverd: only root can use failoverctl (groupadd --system failoverd makes it)',
  ]);
});

test('lines of /etc/group that are none are passed over', () => {
  expect(findGroupId('failoverd\nfailoverd:x:\nfailoverd:x:12:a,b\n', 'failoverd')).toBe(12);
  expect(findGroupId('', 'failoverd')).toBeUndefined();
});

test('the socket of a daemon that died is replaced', async () => {
  await mkdir(dirname(fixture.socketPath));
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script, fixture.socketPath]);
  expect((await lstat(fixture.socketPath)).isSocket()).toBe(true);
  await fixture.serve();
  expect((await createControlClient({ socketPath: fixture.socketPath }).status()).router).toBe('vrouter1');
});

test('the socket of a daemon that lives is not', async () => {
  await fixture.serve();
  await expect(fixture.serve()).rejects.toMatchObject({
    name: 'SocketError',
    code: 'in-use',
    message: `another failoverd is running here: it answers at ${fixture.socketPath}; stop it first (systemctl stop failoverd)`,
  });
  expect((await createControlClient({ socketPath: fixture.socketPath }).status()).router).toBe('vrouter1');
});

test('a file that is not a socket is left alone', async () => {
  await mkdir(dirname(fixture.socketPath));
  await writeFile(fixture.socketPath, 'precious');
  await expect(fixture.serve()).rejects.toMatchObject({
    code: 'not-a-socket',
    message: `${fixture.socketPath} is in the way: it is not a socket; remove it or set control.socket`,
  });
});

test('a directory that cannot be made', async () => {
  await writeFile(join(fixture.directory, 'run'), '');
  await expect(fixture.serve()).rejects.toMatchObject({ name: 'SocketError', code: 'unusable' });
});

test('a socket that another daemon took over is not taken away', async () => {
  const first = await fixture.serve();
  await rm(fixture.socketPath);
  await fixture.serve();
  await first.close();
  expect((await lstat(fixture.socketPath)).isSocket()).toBe(true);
});
