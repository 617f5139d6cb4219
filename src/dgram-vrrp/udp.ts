/**
 * VRRP in UDP: the bytes of the advert as payload, one socket for each peer path.
 *
 * A socket is bound to the path's address and connected to the peer, so the kernel drops strangers. The paths of one
 * local address share its port, which needs SO_REUSEADDR on all of them, and the caller takes it back afterwards so
 * that no other process can bind the port and steal the heartbeat. Hence they are opened together: all are bound, then
 * each is connected, and only when all are bound does the hook hear of the connected ones. One that cannot connect
 * stays bound meanwhile. What must be bound again takes its siblings along, for the same reason.
 *
 * Every datagram's source is checked all the same: those queued between bind and connect come from anyone, and a
 * sibling's may be among them.
 */

import type { RemoteInfo, Socket } from 'node:dgram';
import { addressFamily, canonicalAddress } from './address.ts';
import type { Milliseconds } from './timing.ts';
import { type DatagramListener, type SocketTransport, sendToAll, type TransportPath } from './transport.ts';
import { needsNewSocket, TransportError, type TransportErrorCode, transportErrorCode } from './transport-errors.ts';
import { closeSocket, connectSocket, descriptorOf, openSocket } from './udp-socket.ts';

export interface UdpTransportOptions {
  readonly paths: readonly TransportPath[];
  /** Of both ends of every path. */
  readonly port: number;
  readonly onDatagram: DatagramListener;
  /** Hears of every failure, also of the same one again. */
  readonly onError: (error: TransportError) => void;
  /** Monotonic; stamps what is received. */
  readonly now: () => Milliseconds;
  /**
   * Sets what Node cannot. `bound`: tie the socket to its device (SO_BINDTODEVICE), set its traffic class.
   * `connected`: every socket of the address is bound, clear SO_REUSEADDR. What it throws closes the path when bound,
   * to be tried again, and is only reported when connected.
   */
  readonly configureSocket?: (descriptor: number, stage: 'bound' | 'connected', path: TransportPath) => void;
  /** How often a path that is not open is tried. Default 1000. */
  readonly retryInterval?: Milliseconds;
}

export type UdpTransport = SocketTransport;

/** One path's socket: none, bound, or bound and connected. */
interface Channel {
  readonly path: TransportPath;
  readonly peer: string;
  socket: Socket | undefined;
  connected: boolean;
  /** The hook heard that it is connected. */
  configured: boolean;
}

/** The paths of one local address. */
interface Endpoint {
  readonly local: string;
  readonly channels: Channel[];
  retry: ReturnType<typeof setTimeout> | undefined;
  /** Attempts to open run one after the other. */
  work: Promise<void>;
}

const DEFAULT_RETRY_INTERVAL = 1000;

export function createUdpTransport(options: UdpTransportOptions): UdpTransport {
  const { paths, port, onDatagram, onError, now, configureSocket, retryInterval = DEFAULT_RETRY_INTERVAL } = options;
  const endpoints = new Map<string, Endpoint>();
  const channels = new Map<string, Channel>();
  const endpointOf = new Map<Channel, Endpoint>();
  let closing: Promise<void> | undefined;

  function report(channel: Channel, code: TransportErrorCode, message: string, cause?: unknown): void {
    onError(new TransportError(code, channel.path.id, `${message} ${channel.path.local} to ${channel.peer}`, cause));
  }

  async function open(endpoint: Endpoint): Promise<void> {
    await Promise.all(endpoint.channels.map((channel) => bind(endpoint, channel)));
    await Promise.all(endpoint.channels.map(connect));
    if (closing !== undefined) return;
    if (endpoint.channels.every(({ socket }) => socket !== undefined)) {
      for (const channel of endpoint.channels) {
        if (!channel.connected || channel.configured) continue;
        channel.configured = true;
        configure(channel, 'connected');
      }
    }
    if (endpoint.channels.some(({ connected }) => !connected)) retryLater(endpoint);
  }

  function attempt(endpoint: Endpoint): Promise<void> {
    clearTimeout(endpoint.retry);
    endpoint.work = endpoint.work.then(() => open(endpoint));
    return endpoint.work;
  }

  function retryLater(endpoint: Endpoint): void {
    clearTimeout(endpoint.retry);
    endpoint.retry = setTimeout(() => attempt(endpoint), retryInterval);
  }

  async function bind(endpoint: Endpoint, channel: Channel): Promise<void> {
    if (channel.socket !== undefined || closing !== undefined) return;
    try {
      const socket = await openSocket(addressFamily(endpoint.local) ?? 'ipv4', endpoint.local, port, {
        onMessage: (bytes, from) => receive(endpoint, channel, bytes, from),
        onError: (cause) => receiveFailed(endpoint, channel, cause),
      });
      channel.socket = socket;
    } catch (cause) {
      report(channel, transportErrorCode(cause), 'cannot bind', cause);
      return;
    }
    if (closing !== undefined || !configure(channel, 'bound')) release(channel);
  }

  async function connect(channel: Channel): Promise<void> {
    const { socket, connected } = channel;
    if (socket === undefined || connected || closing !== undefined) return;
    try {
      await connectSocket(socket, channel.peer, port);
      // It may have been released meanwhile.
      channel.connected = channel.socket === socket;
    } catch (cause) {
      report(channel, transportErrorCode(cause), 'cannot connect', cause);
    }
  }

  function configure(channel: Channel, stage: 'bound' | 'connected'): boolean {
    if (configureSocket === undefined || channel.socket === undefined) return true;
    const descriptor = descriptorOf(channel.socket);
    try {
      if (descriptor === undefined) throw new Error('the socket has no descriptor');
      configureSocket(descriptor, stage, channel.path);
      return true;
    } catch (cause) {
      const code = transportErrorCode(cause);
      report(
        channel,
        code === 'device-missing' ? code : 'configuration',
        `cannot configure the ${stage} socket`,
        cause,
      );
      return false;
    }
  }

  function release(channel: Channel): Promise<void> {
    const { socket } = channel;
    channel.socket = undefined;
    channel.connected = false;
    channel.configured = false;
    return socket === undefined ? Promise.resolve() : closeSocket(socket);
  }

  function receive(endpoint: Endpoint, channel: Channel, bytes: Uint8Array, from: RemoteInfo): void {
    const source = from.address === channel.peer ? channel.peer : canonicalAddress(from.address);
    const owner = source === channel.peer ? channel : endpoint.channels.find(({ peer }) => peer === source);
    if (owner === undefined || source === undefined || from.port !== port) {
      report(channel, 'stranger', `datagram from ${from.address} port ${from.port} on the path`);
      return;
    }
    onDatagram({ pathId: owner.path.id, source, destination: endpoint.local, bytes, receivedAt: now() });
  }

  // An error that recvmsg reports was taken off the socket by it, so it costs no datagram of ours.
  function receiveFailed(endpoint: Endpoint, channel: Channel, cause: Error): void {
    const code = transportErrorCode(cause);
    report(channel, code, 'error on the path', cause);
    if (needsNewSocket(code)) restart(endpoint);
  }

  function transmit(channel: Channel, bytes: Uint8Array, isRepeat: boolean): void {
    const { socket } = channel;
    if (socket === undefined || !channel.connected) return;
    socket.send(bytes, (cause) => {
      if (cause !== null && socket === channel.socket) sendFailed(channel, bytes, isRepeat, cause);
    });
  }

  /** A pending ICMP error is reported by the next send, which then sends nothing (udp(7)): that one is sent again. */
  function sendFailed(channel: Channel, bytes: Uint8Array, isRepeat: boolean, cause: Error): void {
    const code = transportErrorCode(cause);
    report(channel, code, 'cannot send', cause);
    const endpoint = endpointOf.get(channel);
    if (needsNewSocket(code) && endpoint !== undefined) restart(endpoint);
    else if ((code === 'refused' || code === 'unreachable') && !isRepeat) transmit(channel, bytes, true);
  }

  /** Not at once: an address that can be bound but not sent from would have it go round with every datagram. */
  function restart(endpoint: Endpoint): void {
    for (const channel of endpoint.channels) release(channel);
    if (closing === undefined) retryLater(endpoint);
  }

  for (const path of paths) {
    const local = canonicalAddress(path.local) ?? path.local;
    const channel: Channel = {
      path,
      peer: canonicalAddress(path.peer) ?? path.peer,
      socket: undefined,
      connected: false,
      configured: false,
    };
    const endpoint = endpoints.get(local) ?? { local, channels: [], retry: undefined, work: Promise.resolve() };
    endpoint.channels.push(channel);
    endpoints.set(local, endpoint);
    endpointOf.set(channel, endpoint);
    channels.set(path.id, channel);
  }
  const firstAttempts = Promise.all([...endpoints.values()].map(attempt));

  const transport: UdpTransport = {
    paths,
    opened: async () => {
      await firstAttempts;
    },
    isOpen: (pathId) => channels.get(pathId)?.connected === true,
    send(pathId, bytes) {
      const channel = channels.get(pathId);
      if (channel !== undefined) transmit(channel, bytes, false);
    },
    sendAll: (peerName, payload) => sendToAll(transport, peerName, payload),
    rebind(local) {
      if (closing !== undefined) return;
      const chosen = local === undefined ? undefined : canonicalAddress(local);
      for (const endpoint of endpoints.values()) {
        if (local !== undefined && endpoint.local !== chosen) continue;
        if (local !== undefined) for (const channel of endpoint.channels) release(channel);
        if (endpoint.channels.some(({ connected }) => !connected)) attempt(endpoint);
      }
    },
    close() {
      closing ??= closeAll();
      return closing;
    },
  };

  async function closeAll(): Promise<void> {
    for (const endpoint of endpoints.values()) clearTimeout(endpoint.retry);
    await Promise.all([...channels.values()].map(release));
    await Promise.all([...endpoints.values()].map(({ work }) => work));
  }

  return transport;
}
