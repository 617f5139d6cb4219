import { getSocketOption, SO_PEERCRED, SOL_SOCKET } from './libc.ts';

export interface PeerCredentials {
  /** 0 if the peer lives in a process namespace that this one cannot see. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Who called connect() on the other end of a unix stream socket, as the kernel noted it then (SO_PEERCRED, unix(7)).
 *
 * @param fd a connected unix socket
 * @throws LinuxError `no-receiver`, `bad-descriptor` if it is none
 */
export function peerCredentials(fd: number): PeerCredentials {
  const credentials = getSocketOption(fd, SOL_SOCKET, SO_PEERCRED, 12, 'SO_PEERCRED');
  return {
    pid: credentials.getInt32(0, true),
    uid: credentials.getUint32(4, true),
    gid: credentials.getUint32(8, true),
  };
}
