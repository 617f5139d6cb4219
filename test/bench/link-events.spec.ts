import { expect, test } from 'vitest';
import { readLinkEvent } from './link-events.ts';

test('reads the time and the interface of a line of ip -ts monitor', () => {
  const line =
    '[2026-11-20T10:00:00.123456] 3: ens5@if7: <BROADCAST,MULTICAST> mtu 9000 qdisc noqueue state DOWN group default ';
  const event = readLinkEvent(line);
  expect(event?.nic).toBe('ens5');
  expect(event?.wall).toBeCloseTo(new Date(2026, 10, 20, 10, 0, 0).getTime() + 123.456, 3);
});

test('the lines that belong to an event are none', () => {
  expect(readLinkEvent('    link/ether 02:00:17:aa:bb:01 brd ff:ff:ff:ff:ff:ff link-netnsid 0')).toBeUndefined();
});
