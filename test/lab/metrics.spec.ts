import { expect, test } from 'vitest';
import { rejectedBetween, transitionsIn } from './metrics.ts';

const rejected = (reason: string): string => `failoverd_adverts_rejected_total{reason="${reason}"}`;

test('only the reasons that grew are told, by how much', () => {
  const before = new Map([
    [rejected('vrid'), 2],
    [rejected('missing'), 1],
  ]);
  const after = new Map([
    [rejected('vrid'), 2],
    [rejected('missing'), 4],
    [rejected('bad-hmac'), 1],
    ['failoverd_adverts_received_total', 9],
  ]);
  expect([...rejectedBetween(before, after)]).toEqual([
    ['missing', 3],
    ['bad-hmac', 1],
  ]);
});

test('transitions of all groups into all states count', () => {
  const samples = new Map([
    ['failoverd_group_transitions_total{group="isv",to="master"}', 2],
    ['failoverd_group_transitions_total{group="isv",to="backup"}', 3],
    ['failoverd_oci_ready', 1],
  ]);
  expect(transitionsIn(samples)).toBe(5);
});
