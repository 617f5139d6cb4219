import { expect, it } from 'vitest';
import { parseCounters } from './keepalived.ts';

/** What keepalived 2.2.7 wrote. */
const STATS = `VRRP Instance: ISV
  Advertisements:
    Received: 7
    Sent: 12
  Became master: 1
  Released master: 0
  Packet Errors:
    Length: 0
    TTL: 3
    Invalid Type: 0
    Advertisement Interval: 0
    Address List: 0
  Authentication Errors:
    Invalid Type: 0
    Type Mismatch: 0
    Failure: 4
  Priority Zero:
    Received: 2
    Sent: 5
`;

it("keepalived's counters are read by instance and section", () => {
  const counters = parseCounters(`${STATS}${STATS.replace('ISV', 'POD').replace('Sent: 12', 'Sent: 13')}`);
  expect([...counters.keys()]).toEqual(['ISV', 'POD']);
  expect(counters.get('ISV')).toEqual({
    received: 7,
    sent: 12,
    becameMaster: 1,
    releasedMaster: 0,
    priorityZeroReceived: 2,
    priorityZeroSent: 5,
    errors: {
      'Packet Errors: Length': 0,
      'Packet Errors: TTL': 3,
      'Packet Errors: Invalid Type': 0,
      'Packet Errors: Advertisement Interval': 0,
      'Packet Errors: Address List': 0,
      'Authentication Errors: Invalid Type': 0,
      'Authentication Errors: Type Mismatch': 0,
      'Authentication Errors: Failure': 4,
    },
  });
  expect(counters.get('POD')?.sent).toBe(13);
});

it('counters of another form are an error, not zeros', () => {
  expect(() => parseCounters(STATS.replace('Became master', 'Became active'))).toThrow(/lack Became master/);
});
