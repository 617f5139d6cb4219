import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import type { AddressFamily } from './address.ts';

/** What an open socket reports. Errors before it is open reject `openSocket` instead. */
export interface SocketListener {
  onMessage(bytes: Uint8Array, from: RemoteInfo): void;
  onError(cause: Error): void;
}

/**
 * A socket bound to a local address. SO_REUSEADDR is set, for several sockets of ours share one local port.
 * Addresses are literal, so nothing here waits for a name server, and neither this nor `connectSocket` needs a deadline.
 */
export function openSocket(
  family: AddressFamily,
  address: string,
  port: number,
  listener: SocketListener,
): Promise<Socket> {
  const socket = createSocket({ type: family === 'ipv6' ? 'udp6' : 'udp4', reuseAddr: true });
  socket.on('message', (bytes, from) => listener.onMessage(bytes, from));
  return new Promise((resolve, reject) => {
    const onBindError = (cause: Error): void => {
      socket.close();
      reject(cause);
    };
    socket.once('error', onBindError);
    socket.bind({ address, port, exclusive: true }, () => {
      socket.off('error', onBindError);
      socket.on('error', (cause) => listener.onError(cause));
      resolve(socket);
    });
  });
}

/** From then on the kernel drops what is not from the peer and its port; what is queued already stays queued. */
export function connectSocket(socket: Socket, peer: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node does not call back if the socket is closed first.
    socket.once('close', resolve);
    // It calls back with the error here, against its types.
    socket.connect(port, peer, (cause?: Error) => {
      socket.off('close', resolve);
      if (cause === undefined) resolve();
      else reject(cause);
    });
  });
}

export function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.close(() => resolve());
  });
}

/**
 * The socket's descriptor, for options that Node has no call for. Node documents no way to it. Reading `_handle`, the
 * old way, prints a deprecation warning (DEP0112), so the state that it reads is looked at first. Either may be gone
 * one day and is not taken for granted; binding a ready-made descriptor is documented, but needs libc to make one.
 */
export function descriptorOf(socket: Socket): number | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol');
  const state: unknown = symbol === undefined ? undefined : Reflect.get(socket, symbol);
  const descriptor = property(property(state, 'handle') ?? property(socket, '_handle'), 'fd');
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}

function property(object: unknown, name: string): unknown {
  return typeof object === 'object' && object !== null ? Reflect.get(object, name) : undefined;
}
