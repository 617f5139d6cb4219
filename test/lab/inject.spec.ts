import { expect, test } from 'vitest';
import { packetOf } from './inject.ts';

test('a forged datagram is an IPv4 packet with UDP in it', () => {
  const packet = packetOf({
    source: '10.0.0.2',
    sourcePort: 8112,
    destination: '10.0.0.3',
    port: 8112,
    payload: Buffer.from('3133', 'hex').toString('base64'),
  });
  // Version 4, 20 bytes of header, 30 bytes in all, TTL 64, protocol 17; ports, UDP length 10, no checksum.
  expect(packet.toString('hex')).toBe('4500001e00000000401100000a0000020a0000031fb01fb0000a00003133');
});
