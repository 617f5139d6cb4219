import type { Milliseconds } from './timing.ts';

/** One way to one peer: a pair of addresses. Routers have several, over different networks. */
export interface TransportPath {
  /** Unique within a transport. */
  readonly id: string;
  /** This router's address on the path. */
  readonly local: string;
  /** The peer's address on the path. */
  readonly peer: string;
  readonly peerName: string;
}

export interface ReceivedDatagram {
  readonly pathId: string;
  /** In canonical text; already checked to be the path's peer. */
  readonly source: string;
  readonly destination: string;
  /** The TTL or hop limit it arrived with, where the transport can know it. */
  readonly ttl?: number;
  /** The receiver may keep them. */
  readonly bytes: Uint8Array;
  /** Monotonic; when this process read it, which may be later than when it arrived. */
  readonly receivedAt: Milliseconds;
}

export type DatagramListener = (datagram: ReceivedDatagram) => void;

/**
 * The datagram itself, or how to make it for one path: a checksum and a signature cover the path's addresses, so a
 * signed datagram differs from path to path.
 */
export type Payload = Uint8Array | ((path: TransportPath) => Uint8Array);

/** Carries datagrams between routers, unreliably. What is received goes to the listener given at creation. */
export interface Transport {
  readonly paths: readonly TransportPath[];
  /** Fire and forget: never throws. A path that is not open, or not there, drops the datagram. */
  send(pathId: string, bytes: Uint8Array): void;
  /** On every path to that peer, or to everybody. Only a payload function of the caller's can throw. */
  sendAll(peerName: string | undefined, payload: Payload): void;
  /** Resolves when nothing is received any more. May be called twice. */
  close(): Promise<void>;
}

/** A transport over sockets of this machine, which open one by one and again when its addresses change. */
export interface SocketTransport extends Transport {
  /** Resolves when every path was tried once, whether it is open or not. */
  opened(): Promise<void>;
  isOpen(pathId: string): boolean;
  /**
   * Try again at once. Without an argument: what is not open. With a local address: every path of it, for its device
   * may be another one of the same name now.
   */
  rebind(local?: string): void;
}

/** `sendAll` in terms of `send`, the same for every transport. */
export function sendToAll(
  transport: Pick<Transport, 'paths' | 'send'>,
  peerName: string | undefined,
  payload: Payload,
) {
  for (const path of transport.paths) {
    if (peerName !== undefined && path.peerName !== peerName) continue;
    transport.send(path.id, typeof payload === 'function' ? payload(path) : payload);
  }
}
