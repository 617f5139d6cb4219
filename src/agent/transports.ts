import type { HeartbeatConfig } from '../config/index.ts';
import {
  createIpTransport,
  createUdpTransport,
  type DatagramListener,
  type Milliseconds,
  type TransportError,
  VRRP_PROTOCOL,
  VRRP_TTL,
} from '../dgram-vrrp/index.ts';
import { bindToDevice, clearReuseAddress, openRawIp, setTypeOfService } from '../linux/index.ts';
import type { Path } from './paths.ts';
import type { PathTransport } from './router-types.ts';

/** TOS of VRRP adverts: CS6, network control, as keepalived sends them. */
const TOS_NETWORK_CONTROL = 0xc0;

export interface TransportOptions {
  readonly heartbeat: Pick<HeartbeatConfig, 'transport' | 'port'>;
  readonly paths: readonly Path[];
  readonly onDatagram: DatagramListener;
  readonly onError: (error: TransportError) => void;
  readonly now: () => Milliseconds;
  /** The device that carries an address of this machine now. */
  readonly deviceOfAddress: (address: string) => string | undefined;
}

/**
 * The heartbeat's transport over this machine's sockets. This is where VRRP and the kernel meet: dgram-vrrp imports
 * nothing else of src/ and src/linux knows nothing of VRRP, so either is given the other's part here.
 */
export function openTransport({ heartbeat, deviceOfAddress, ...common }: TransportOptions): PathTransport {
  if (heartbeat.transport === 'ip') {
    return createIpTransport({
      ...common,
      openSocket: ({ local, peer }, { onDatagram, onOverrun, onError }) =>
        openRawIp({
          protocol: VRRP_PROTOCOL,
          local,
          peer,
          device: deviceOfAddress(local),
          ttl: VRRP_TTL,
          typeOfService: TOS_NETWORK_CONTROL,
          onPacket: onDatagram,
          onOverrun,
          onError,
        }),
    });
  }
  return createUdpTransport({
    ...common,
    port: heartbeat.port,
    configureSocket(fd, stage, path) {
      if (stage === 'bound') {
        const device = deviceOfAddress(path.local);
        if (device !== undefined) bindToDevice(fd, device);
        setTypeOfService(fd, TOS_NETWORK_CONTROL);
      } else clearReuseAddress(fd);
    },
  });
}
