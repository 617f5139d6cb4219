import { describe, expect, test } from 'vitest';
import type { HandshakeRecord, RequestRecord } from '../oci-simulator/types.ts';
import { handshakeChecks, moveChecks, trafficChecks, wholeChecks, writerChecks } from './checks.ts';
import type { Check, Expectation, VipRow } from './scenario.ts';

const EXPECT: Expectation = { master: 'vrouter2', moves: 1 };

const REQUEST: RequestRecord = {
  id: 1,
  service: 'vcn',
  operation: 'UpdatePrivateIp',
  method: 'PUT',
  path: '/20160918/privateIps/x',
  instance: 'vrouter2',
  source: '172.20.136.131',
  at: 0,
  answeredAt: 1,
  status: 200,
  errorCode: null,
  detail: null,
  target: 'x',
  address: '10.0.0.4',
  vnicId: 'v',
  ifMatch: 'e',
  appliedAt: 1,
  fault: null,
  connection: 1,
  fresh: false,
};

const ROW: VipRow = { address: '10.0.0.4', from: 'vrouter1', holder: 'vrouter2', moves: 1, heldAt: 5 };

const failed = (checks: readonly Check[]) => checks.filter(({ ok }) => !ok).map(({ detail }) => detail);

test('a VIP that moved back and forth is told', () => {
  expect(failed(moveChecks([ROW, { ...ROW, address: '10.0.0.36', moves: 3 }], EXPECT))).toEqual([
    '10.0.0.36 moved 3 times',
  ]);
});

test('another number of moves can be allowed, for all or for one VIP', () => {
  const back = { ...ROW, address: '10.0.0.36', moves: 3 };
  expect(failed(moveChecks([ROW, back], { ...EXPECT, moves: { atMost: 2 } }))).toEqual(['10.0.0.36 moved 3 times']);
  expect(failed(moveChecks([ROW, back], { ...EXPECT, movesOf: { '10.0.0.36': 3 } }))).toEqual([]);
});

test('a claim by a router that is not to be master is told', () => {
  expect(failed(writerChecks([REQUEST, { ...REQUEST, instance: 'vrouter1' }], EXPECT))).toEqual([
    'vrouter1 claimed 10.0.0.4',
  ]);
  expect(
    failed(writerChecks([REQUEST, { ...REQUEST, instance: 'vrouter1' }], { ...EXPECT, claimants: ['vrouter1'] })),
  ).toEqual([]);
});

describe('handshakes', () => {
  const handshake: HandshakeRecord = {
    connection: 1,
    at: 10,
    source: '172.20.136.131',
    instance: 'vrouter2',
    resumed: false,
    serverName: null,
    requests: 1,
    closedAt: null,
  };
  const report = (connections: readonly HandshakeRecord[]) => ({
    total: connections.length,
    byInstance: {},
    connections,
  });

  test('of the new master count between the fault and the last claim', () => {
    const connections = [handshake, { ...handshake, at: 4 }, { ...handshake, at: 21 }];
    expect(failed(handshakeChecks(report(connections), 5, 20, EXPECT))).toEqual(['1']);
  });

  test('of another router do not', () => {
    expect(failed(handshakeChecks(report([{ ...handshake, instance: 'vrouter1' }]), 5, 20, EXPECT))).toEqual([]);
  });

  test('are not asked about where connections may have died', () => {
    expect(handshakeChecks(report([handshake]), 5, 20, { ...EXPECT, warm: false })).toEqual([]);
  });
});

describe('traffic', () => {
  const flow = { flow: 'mgmt to cust1', sent: 100, lost: 0, longest: null, lastAnswered: 990 };
  const sent = (one: number, two: number) =>
    new Map([
      ['vrouter1', new Map(['ens3', 'ens5', 'ens6'].map((nic) => [nic, one]))],
      ['vrouter2', new Map(['ens3', 'ens5', 'ens6'].map((nic) => [nic, two]))],
    ]);

  test('that comes back through the master is fine', () => {
    expect(failed(trafficChecks([flow], 1000, sent(3, 150), EXPECT))).toEqual([]);
  });

  test('whose prober a busy machine kept waiting is fine', () => {
    expect(failed(trafficChecks([{ ...flow, lastAnswered: 600 }], 1000, sent(3, 150), EXPECT))).toEqual([]);
  });

  test('that stopped coming back is told', () => {
    expect(failed(trafficChecks([{ ...flow, lastAnswered: 400 }], 1000, sent(3, 150), EXPECT))).toEqual([
      'nothing comes back on mgmt to cust1',
    ]);
  });

  test('through the other router is told', () => {
    expect(failed(trafficChecks([flow], 1000, sent(150, 3), EXPECT))).toHaveLength(1);
  });
});

test('what must never happen is told', () => {
  const requests: RequestRecord[] = [
    { ...REQUEST, operation: 'DeletePrivateIp' },
    { ...REQUEST, status: 401 },
    { ...REQUEST, operation: null, method: 'GET', path: '/20160918/subnets' },
  ];
  expect(failed(wholeChecks(requests, []))).toEqual(['DeletePrivateIp', 'UpdatePrivateIp', 'GET /20160918/subnets']);
  expect(failed(wholeChecks([REQUEST], []))).toEqual([]);
});
