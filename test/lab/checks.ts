/** What has to hold after each step, and over a whole scenario. Never a tight time: the benches measure those. */
import type { HandshakeReport, JournalEntry, RequestRecord } from '../oci-simulator/types.ts';
import type { FlowReport } from './flow.ts';
import type { Check, Expectation, Scenario, VipRow } from './scenario.ts';

/**
 * Milliseconds before the end of a step within which a probe has to have come back: more than a busy machine keeps the
 * prober waiting, and less than has passed since everything settled.
 */
const FRESH = 500;
/** Packets out of each interface that show which way the traffic goes. */
export const ENOUGH_PACKETS = 50;

export function moveChecks(rows: readonly VipRow[], expect: Expectation): Check[] {
  const { moves, movesOf = {} } = expect;
  const wrong = rows.filter((row) => {
    const wanted = movesOf[row.address] ?? moves;
    return typeof wanted === 'number' ? row.moves !== wanted : row.moves > wanted.atMost;
  });
  const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);
  const others = Object.entries(movesOf).map(([address, count]) => `, ${address} ${times(count)}`);
  return [
    {
      what: `each VIP moved ${typeof moves === 'number' ? times(moves) : `at most ${times(moves.atMost)}`}${others.join('')}`,
      ok: wrong.length === 0,
      detail: wrong.map((row) => `${row.address} moved ${row.moves} times`).join(', ') || `${rows.length} VIPs`,
    },
  ];
}

export function writerChecks(requests: readonly RequestRecord[], expect: Expectation): Check[] {
  const claimants: (string | null)[] = [expect.master, ...(expect.claimants ?? [])];
  const strangers = requests.filter(
    (request) => request.operation === 'UpdatePrivateIp' && !claimants.includes(request.instance),
  );
  return [
    {
      what: `only ${claimants.join(' and ')} claimed`,
      ok: strangers.length === 0,
      detail: strangers.map((request) => `${request.instance ?? '?'} claimed ${request.address}`).join(', ') || 'yes',
    },
  ];
}

/** New TLS connections of the master between the fault and its last claim: each costs round trips when they hurt most. */
export function handshakeChecks(report: HandshakeReport, from: number, to: number, expect: Expectation): Check[] {
  if (expect.moves === 0 || expect.warm === false) return [];
  const fresh = report.connections.filter(({ at, instance }) => instance === expect.master && at >= from && at <= to);
  return [
    {
      what: 'claims went over open connections (TLS handshakes on the failover path)',
      ok: fresh.length === 0,
      detail: String(fresh.length),
    },
  ];
}

export function trafficChecks(
  flows: readonly FlowReport[],
  upTo: number,
  sent: ReadonlyMap<string, ReadonlyMap<string, number>>,
  expect: Expectation,
): Check[] {
  const silent = flows.filter((flow) => flow.lastAnswered === null || flow.lastAnswered < upTo - FRESH);
  const others = [...sent].filter(([router]) => router !== expect.master);
  const nics = ['ens3', 'ens5', 'ens6'];
  const through = nics.map((nic) => sent.get(expect.master)?.get(nic) ?? 0);
  const past = others.map(([router, counts]) => `${router} ${nics.map((nic) => counts.get(nic) ?? 0).join('/')}`);
  return [
    {
      what: 'packets flow between the management host and every customer',
      ok: silent.length === 0,
      detail: silent.map(({ flow }) => `nothing comes back on ${flow}`).join(', ') || `${flows.length} flows`,
    },
    {
      what: `they pass through ${expect.master} and no other router`,
      ok:
        Math.min(...through) >= ENOUGH_PACKETS &&
        others.every(([, counts]) => nics.every((nic) => (counts.get(nic) ?? 0) < Math.min(...through) / 2)),
      detail: `sent out of ${nics.join('/')}: ${[`${expect.master} ${through.join('/')}`, ...past].join(', ')}`,
    },
  ];
}

/** What must not happen in any scenario. */
export function wholeChecks(
  requests: readonly RequestRecord[],
  journal: readonly JournalEntry[],
  { unauthenticated = [] }: Pick<Scenario, 'unauthenticated'> = {},
): Check[] {
  const forbidden = requests.filter(({ operation }) => /^(Create|Delete)/.test(operation ?? ''));
  const changed = journal.filter(({ kind, instance }) => kind !== 'move' && instance !== null);
  const unauthorized = requests.filter(
    ({ status, instance }) => status === 401 && !unauthenticated.includes(instance ?? '?'),
  );
  const unknown = requests.filter(({ operation, fault }) => operation === null && fault === null);
  return [
    {
      what: 'no router created or deleted a private IP object',
      ok: forbidden.length === 0 && changed.length === 0,
      detail: forbidden.map(({ operation }) => operation).join(', ') || 'none',
    },
    {
      what: 'no request was refused as unauthenticated (401)',
      ok: unauthorized.length === 0,
      detail: unauthorized.map(({ operation }) => operation).join(', ') || 'none',
    },
    {
      what: 'every request is one that OCI knows',
      ok: unknown.length === 0,
      detail: unknown.map(({ method, path }) => `${method} ${path}`).join(', ') || `${requests.length} requests`,
    },
  ];
}
