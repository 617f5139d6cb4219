import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname, join } from 'node:path';

/** Why the socket could not be put in place. */
export type SocketErrorCode =
  /** A daemon answers at this path. */
  | 'in-use'
  /** Something that is not a socket stands there. */
  | 'not-a-socket'
  /** The file system said no. */
  | 'unusable';

export class SocketError extends Error {
  override readonly name = 'SocketError';
  readonly code: SocketErrorCode;

  constructor(code: SocketErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface SocketOptions {
  readonly path: string;
  /** Members may use the socket. */
  readonly group: string;
  readonly onWarning: (message: string) => void;
  /** `/etc/group`, elsewhere in tests. */
  readonly groupFile: string;
}

/** A listener in its place; `remove` takes the file away, unless another daemon has replaced it meanwhile. */
export interface PlacedSocket {
  remove(): Promise<void>;
}

const SOCKET_MODE = 0o660;
const PROBE_TIMEOUT = 1000;

/**
 * Makes the server listen at the path, with mode 0660 and the group. The socket is made in a private directory beside
 * it and renamed when its permissions are right: nobody can connect earlier, and a stale socket is replaced atomically.
 */
export async function listenAt(server: Server, options: SocketOptions): Promise<PlacedSocket> {
  const { path } = options;
  await refuseIfInUse(path);
  let directory: string | undefined;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    directory = await mkdtemp(join(dirname(path), '.control-'));
    const hidden = join(directory, 's');
    await listen(server, hidden);
    await giveToGroup(hidden, options);
    await chmod(hidden, SOCKET_MODE);
    const { ino, dev } = await lstat(hidden);
    await rename(hidden, path);
    const remove = async (): Promise<void> => {
      const now = await lstat(path).catch(() => undefined);
      if (now?.ino === ino && now.dev === dev) await rm(path, { force: true });
    };
    return { remove };
  } catch (cause) {
    server.close();
    const reason = cause instanceof Error ? cause.message : 'unknown reason';
    throw new SocketError('unusable', `the control socket ${path} cannot be made: ${reason}`, { cause });
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
}

/** The number of a group by its line in /etc/group; undefined when there is none. */
export function findGroupId(groupFile: string, name: string): number | undefined {
  for (const line of groupFile.split('\n')) {
    const [group, , id] = line.split(':');
    if (group === name && id !== undefined && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}

async function refuseIfInUse(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there === undefined) return;
  if (!there.isSocket()) {
    throw new SocketError('not-a-socket', `${path} is in the way: it is not a socket; remove it or set control.socket`);
  }
  if (await isAnswered(path)) {
    const message = `another failoverd is running here: it answers at ${path}; stop it first (systemctl stop failoverd)`;
    throw new SocketError('in-use', message);
  }
}

/** Only a refused connection proves that nobody listens: a busy daemon must not lose its socket. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect({ path });
    const finish = (answered: boolean): void => {
      probe.destroy();
      resolve(answered);
    };
    probe.setTimeout(PROBE_TIMEOUT, () => finish(true));
    probe.once('connect', () => finish(true));
    probe.once('error', (error: NodeJS.ErrnoException) => {
      finish(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function giveToGroup(path: string, { group, groupFile, onWarning }: SocketOptions): Promise<void> {
  const id = findGroupId(await readFile(groupFile, 'utf8').catch(() => ''), group);
  if (id === undefined) {
    onWarning(`there is no group ${group}: only root can use failoverctl (groupadd --system ${group} makes it)`);
    return;
  }
  try {
    await chown(path, process.geteuid?.() ?? 0, id);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown reason';
    onWarning(`the control socket cannot be given to the group ${group}: ${reason}`);
  }
}
