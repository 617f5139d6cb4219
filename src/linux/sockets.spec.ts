import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AF_INET,
  AF_INET6,
  closeDescriptor,
  getSocketOption,
  openSocket,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOL_SOCKET,
  setSocketOption,
} from './libc.ts';
import { bindToDevice, clearReuseAddress, setReceiveBuffer, setTypeOfService } from './sockets.ts';

const intOption = (fd: number, level: number, option: number): number =>
  getSocketOption(fd, level, option, 4, 'option').getInt32(0, true);

describe('socket options', () => {
  let fd: number;
  beforeEach(() => {
    fd = openSocket(AF_INET, SOCK_DGRAM, 0);
  });
  afterEach(() => closeDescriptor(fd));

  it('binds to a device', () => {
    bindToDevice(fd, 'lo');
    const device = getSocketOption(fd, SOL_SOCKET, 25, 16, 'SO_BINDTODEVICE');
    expect(Buffer.from(device.buffer, 0, device.byteLength).toString()).toBe('lo\0');
  });

  it.each(['no-such-dev', '', 'a-name-longer-than-15'])('refuses device "%s"', (device) => {
    expect(() => bindToDevice(fd, device)).toThrow(expect.objectContaining({ code: 'no-such-device' }));
  });

  it('clears SO_REUSEADDR', () => {
    setSocketOption(fd, SOL_SOCKET, SO_REUSEADDR, 1, 'SO_REUSEADDR');
    expect(intOption(fd, SOL_SOCKET, SO_REUSEADDR)).toBe(1);
    clearReuseAddress(fd);
    expect(intOption(fd, SOL_SOCKET, SO_REUSEADDR)).toBe(0);
  });

  it('sets the type of service of either family', () => {
    setTypeOfService(fd, 0xc0);
    expect(intOption(fd, 0, 1)).toBe(0xc0);
    const v6 = openSocket(AF_INET6, SOCK_DGRAM, 0);
    try {
      setTypeOfService(v6, 0xc0);
      expect(intOption(v6, 41, 67)).toBe(0xc0);
    } finally {
      closeDescriptor(v6);
    }
  });

  it('sets the receive buffer and says what the kernel granted', () => {
    expect(setReceiveBuffer(fd, 65_536)).toBe(131_072);
  });

  it('says that a descriptor is none', () => {
    expect(() => clearReuseAddress(-1)).toThrow(expect.objectContaining({ code: 'bad-descriptor' }));
  });
});
