import { expect, it } from 'vitest';
import { TransportError } from '../dgram-vrrp/index.ts';
import { createHistory, createMetrics, type LogEvent } from '../observe/index.ts';
import { createObserver } from './observer.ts';

it('counts each datagram of a stranger, and tells of it once a minute', async () => {
  const events: LogEvent[] = [];
  const metrics = createMetrics('test', () => {
    throw new Error('no status here');
  });
  let counted = 0;
  const observer = createObserver({
    log: (event) => events.push(event),
    metrics: { ...metrics, datagramRejected: (reason) => (counted += reason === 'stranger' ? 1 : 0) },
    history: createHistory(),
    wall: () => 0,
  });
  for (let at = 0; at < 10; at += 1) {
    observer.pathFailed(new TransportError('stranger', 'vrouter2/0', 'datagram from 192.0.2.9 port 5'), at);
  }
  expect(counted).toBe(10);
  expect(events.map(({ event }) => event)).toEqual(['path-failed']);
});

it('remembers a bounded number of what it told, whatever new things are said', () => {
  const told: string[] = [];
  const observer = createObserver({
    log: (event) => event.event === 'lease-failed' && told.push(event.detail),
    metrics: createMetrics('test', () => {
      throw new Error('no status here');
    }),
    history: createHistory(),
    wall: () => 0,
  });
  for (let number = 0; number < 1001; number += 1) observer.leaseFailed(`request ${number}`, 0);
  observer.leaseFailed('request 1000', 1);
  observer.leaseFailed('request 0', 1);
  expect(told).toHaveLength(1002);
  expect(told.at(-1)).toBe('request 0');
});
