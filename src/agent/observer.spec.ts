import { describe, expect, it } from 'vitest';
import { TransportError } from '../dgram-vrrp/index.ts';
import { createHistory, createMetrics, type LogEvent } from '../observe/index.ts';
import type { OciErrorCode, PrivateIpId, SubnetId, VnicId } from '../oci/types.ts';
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

describe('claims that go on failing, many times a second while the API is away', () => {
  const target = {
    address: '10.0.0.4',
    privateIpId: 'ip1' as PrivateIpId,
    vnicId: 'vnic1' as VnicId,
    subnetId: 'subnet1' as SubnetId,
  };
  const claim = { kind: 'claim', claim: 1, target, etag: 'e' } as const;
  const failure = (code: OciErrorCode) =>
    ({ kind: 'claim-failed', address: '10.0.0.4', code, message: 'no answer', retryIn: 0 }) as const;

  function observed() {
    const told: string[] = [];
    const metrics = createMetrics('test', () => {
      throw new Error('no status here');
    });
    let counted = 0;
    const observer = createObserver({
      log: (event) => told.push(event.event === 'claim-failed' ? event.code : event.event),
      metrics: {
        ...metrics,
        claim: () => {
          counted += 1;
        },
        claimFailed: () => {
          counted += 1;
        },
      },
      history: createHistory(),
      wall: () => 0,
    });
    const failed = (code: OciErrorCode, at: number) => observer.planned('isv', [failure(code), claim], at);
    return { observer, failed, told: () => told.splice(0), counted: () => counted };
  }

  it('are all counted, and told of once a minute for each reason', () => {
    const { observer, failed, told, counted } = observed();
    observer.planned('isv', [claim], 0);
    expect(told()).toEqual(['claiming']);
    for (let at = 500; at < 60_000; at += 500) failed('expired-unsent', at);
    expect(told()).toEqual(['expired-unsent', 'claiming']);
    failed('timeout', 60_000);
    expect(told()).toEqual(['timeout', 'claiming']);
    failed('expired-unsent', 60_500);
    expect(told()).toEqual(['expired-unsent', 'claiming']);
    expect(counted()).toBe(1 + 2 * 121);
  });

  it('are told of anew once the VIP was held, or the group has changed its state', () => {
    const { observer, failed, told } = observed();
    failed('timeout', 0);
    observer.planned('isv', [{ kind: 'held', address: '10.0.0.4', after: 1, claimed: true, isLock: false }], 1);
    told();
    failed('timeout', 2);
    expect(told()).toEqual(['timeout', 'claiming']);
    observer.transition({ group: 'isv', from: 'master', to: 'fault', reason: 'fault', vips: [], at: 3 });
    told();
    failed('timeout', 4);
    expect(told()).toEqual(['timeout', 'claiming']);
  });
});
