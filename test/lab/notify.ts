import { rmSync } from 'node:fs';
import koffi from 'koffi';
import { now } from './clock.ts';

/** A datagram of sd_notify(3): `READY=1`, `STATUS=…`, `WATCHDOG=1`, … */
export interface Notification {
  readonly at: number;
  readonly fields: Readonly<Record<string, string>>;
}

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
/** sizeof(sockaddr_un): family and path. */
const ADDRESS_LENGTH = 110;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const recv = libc.func('long recv(int fd, _Out_ uint8_t *buffer, size_t length, int flags)');
const close = libc.func('int close(int fd)');

function parse(text: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (equals > 0) fields[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return fields;
}

/**
 * Listens as systemd does for a unit with `Type=notify`: a unix datagram socket, which Node's standard library does not
 * have. Answers a function that closes it.
 */
export function listenForNotifications(path: string, listener: (notification: Notification) => void): () => void {
  rmSync(path, { force: true });
  const address = Buffer.alloc(ADDRESS_LENGTH);
  address.writeUInt16LE(AF_UNIX, 0);
  if (Buffer.byteLength(path) > ADDRESS_LENGTH - 3) throw new Error(`too long for a unix socket: ${path}`);
  address.write(path, 2);
  const fd: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, address, address.length) !== 0) throw new Error(`cannot bind ${path}`);

  const buffer = Buffer.alloc(8192);
  const handle = koffi.node.poll(fd, () => {
    for (;;) {
      const length: number = recv(fd, buffer, buffer.length, 0);
      if (length < 0) return;
      listener({ at: now(), fields: parse(buffer.toString('utf8', 0, length)) });
    }
  });
  return () => {
    handle.close();
    close(fd);
    rmSync(path, { force: true });
  };
}
