import { describe, expect, test } from 'vitest';
import { advertIn, createCaptureReader } from './capture.ts';

/** What tcpdump 4.99 writes: little-endian, microseconds, LINUX_SLL2. */
const HEADER = Buffer.from('d4c3b2a1020004000000000000000000000004001401000000'.slice(0, 48), 'hex');
const SLL2 = '0800000000000009000100060200170001030000';
/** 10.0.0.2 to 10.0.0.3, port 8112: VRRPv3, VRID 51, priority 0, no trailer shown. */
const IP_UDP = '4500002400004000ff1166c70a0000020a0000031fb01fb000100000';
const ADVERT = '3133000100140000';

function record(seconds: number, microseconds: number, hex: string): Buffer {
  const body = Buffer.from(hex, 'hex');
  const header = Buffer.alloc(16);
  header.writeUInt32LE(seconds, 0);
  header.writeUInt32LE(microseconds, 4);
  header.writeUInt32LE(body.length, 8);
  header.writeUInt32LE(body.length, 12);
  return Buffer.concat([header, body]);
}

describe('advertIn', () => {
  test('reads who says what with which priority', () => {
    expect(advertIn(Buffer.from(IP_UDP + ADVERT, 'hex'))).toEqual({
      source: '10.0.0.2',
      destination: '10.0.0.3',
      virtualRouterId: 51,
      priority: 0,
    });
  });

  test.each([
    ['another type', '3233640100140000'],
    ['another version', '4133640100140000'],
    ['nothing', ''],
  ])('ignores %s', (_, payload) => {
    expect(advertIn(Buffer.from(IP_UDP + payload, 'hex'))).toBeUndefined();
  });
});

describe('createCaptureReader', () => {
  const packet = IP_UDP + ADVERT;
  const capture = Buffer.concat([HEADER, record(2, 500_000, SLL2 + packet), record(3, 250, SLL2 + packet)]);

  test.each([1, 7, 1000])('reads a capture that comes in pieces of %i bytes', (size) => {
    const seen: [number, string][] = [];
    const read = createCaptureReader((time, bytes) => seen.push([time, bytes.toString('hex')]));
    for (let start = 0; start < capture.length; start += size) read(capture.subarray(start, start + size));
    expect(seen).toEqual([
      [2500, packet],
      [3000.25, packet],
    ]);
  });

  test('refuses what is no capture', () => {
    expect(() => createCaptureReader(() => {})(Buffer.alloc(24))).toThrow('not a packet capture');
  });
});
