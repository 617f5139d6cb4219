/**
 * VRRP in IP: protocol 112, as keepalived speaks it. Node has no raw sockets, so they are given from outside; this is
 * their life: one for each path, opened again when its address or device went and came back.
 *
 * A raw socket has no port that another process could take, but until it is bound and connected it takes what anybody
 * sends. So the source of every datagram is checked, and its destination: an advert to a multicast group is none of ours
 * (keepalived discards it as well). A copy of what this router sent is ignored.
 */

import { canonicalAddress } from './address.ts';
import type { Milliseconds } from './timing.ts';
import { type DatagramListener, type SocketTransport, sendToAll, type TransportPath } from './transport.ts';
import { needsNewSocket, TransportError, type TransportErrorCode, transportErrorCode } from './transport-errors.ts';

/** VRRP's protocol number. */
export const VRRP_PROTOCOL = 112;
/** RFC 9568 §5.1.1.3: what arrives with less was forwarded on the way. */
export const VRRP_TTL = 255;

/** What a raw socket received. */
export interface IpDatagram {
  readonly source: string;
  readonly destination: string;
  /** TTL or hop limit. */
  readonly ttl: number;
  /** Without the IP header. The transport keeps them. */
  readonly payload: Uint8Array;
}

export interface IpSocketListener {
  onDatagram(datagram: IpDatagram): void;
  /** So many were lost, for they came faster than they were read. */
  onOverrun(lost: number): void;
  /** An error that was pending on the socket; it stays open. */
  onError(cause: unknown): void;
}

export interface IpSocket {
  /** Throws an error whose `errnoName` (or `code`) is the name of the errno. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/**
 * Opens a socket for protocol 112, bound to the path's own address and device and connected to its peer, that sends with
 * TTL 255. Throws as `send` does. The listener hears nothing before this has returned, and nothing after `close`.
 */
export type OpenIpSocket = (path: TransportPath, listener: IpSocketListener) => IpSocket;

export interface IpTransportOptions {
  readonly paths: readonly TransportPath[];
  readonly openSocket: OpenIpSocket;
  readonly onDatagram: DatagramListener;
  /** Hears of every failure, also of the same one again. */
  readonly onError: (error: TransportError) => void;
  /** Monotonic; stamps what is received. */
  readonly now: () => Milliseconds;
  /** How often a path that is not open is tried. Default 1000. */
  readonly retryInterval?: Milliseconds;
}

interface Channel {
  readonly path: TransportPath;
  readonly local: string;
  readonly peer: string;
  socket: IpSocket | undefined;
  retry: ReturnType<typeof setTimeout> | undefined;
}

const DEFAULT_RETRY_INTERVAL = 1000;

/** Tries every path at once. */
export function createIpTransport(options: IpTransportOptions): SocketTransport {
  const { paths, onDatagram, onError, now, retryInterval = DEFAULT_RETRY_INTERVAL } = options;
  const channels = new Map(paths.map((path) => [path.id, channelOf(path)] as const));
  let closed = false;

  function report(channel: Channel, code: TransportErrorCode, message: string, cause?: unknown): void {
    onError(new TransportError(code, channel.path.id, `${message} ${channel.local} to ${channel.peer}`, cause));
  }

  function open(channel: Channel): void {
    clearTimeout(channel.retry);
    if (closed || channel.socket !== undefined) return;
    try {
      channel.socket = options.openSocket(channel.path, {
        onDatagram: (datagram) => receive(channel, datagram),
        onOverrun: (lost) => report(channel, 'overrun', `${lost} datagrams were lost on the path`),
        onError: (cause) => failed(channel, 'error on the path', cause),
      });
    } catch (cause) {
      report(channel, transportErrorCode(cause), 'cannot open', cause);
      retryLater(channel);
    }
  }

  function retryLater(channel: Channel): void {
    clearTimeout(channel.retry);
    channel.retry = setTimeout(() => open(channel), retryInterval);
  }

  function release(channel: Channel): void {
    clearTimeout(channel.retry);
    channel.socket?.close();
    channel.socket = undefined;
  }

  function receive(channel: Channel, { source, destination, ttl, payload }: IpDatagram): void {
    if (source === channel.local) return;
    if (source !== channel.peer || destination !== channel.local) {
      report(channel, 'stranger', `datagram from ${source} to ${destination} on the path`);
      return;
    }
    onDatagram({ pathId: channel.path.id, source, destination, ttl, bytes: payload, receivedAt: now() });
  }

  /** Not opened again at once: an address that can be bound but not sent from would have it go round with every datagram. */
  function failed(channel: Channel, what: string, cause: unknown): TransportErrorCode {
    const code = transportErrorCode(cause);
    report(channel, code, what, cause);
    if (needsNewSocket(code) && channel.socket !== undefined) {
      release(channel);
      retryLater(channel);
    }
    return code;
  }

  /** A pending ICMP error is reported by the next send, which then sends nothing (raw(7)): that one is sent again. */
  function transmit(channel: Channel, bytes: Uint8Array, isRepeat: boolean): void {
    try {
      channel.socket?.send(bytes);
    } catch (cause) {
      const code = failed(channel, 'cannot send', cause);
      if ((code === 'refused' || code === 'unreachable') && !isRepeat) transmit(channel, bytes, true);
    }
  }

  for (const channel of channels.values()) open(channel);

  const transport: SocketTransport = {
    paths,
    opened: () => Promise.resolve(),
    isOpen: (pathId) => channels.get(pathId)?.socket !== undefined,
    send(pathId, bytes) {
      const channel = channels.get(pathId);
      if (channel !== undefined) transmit(channel, bytes, false);
    },
    sendAll: (peerName, payload) => sendToAll(transport, peerName, payload),
    rebind(local) {
      const chosen = local === undefined ? undefined : (canonicalAddress(local) ?? local);
      for (const channel of channels.values()) {
        if (chosen !== undefined && channel.local !== chosen) continue;
        if (chosen !== undefined) release(channel);
        open(channel);
      }
    },
    close() {
      closed = true;
      for (const channel of channels.values()) release(channel);
      return Promise.resolve();
    },
  };
  return transport;
}

function channelOf(path: TransportPath): Channel {
  return {
    path,
    local: canonicalAddress(path.local) ?? path.local,
    peer: canonicalAddress(path.peer) ?? path.peer,
    socket: undefined,
    retry: undefined,
  };
}
