import type { HistoryEntry, HistoryReport } from '../../control/api.ts';
import { describeReason } from './reason.ts';

/** The screen of `failoverctl history`: a line for each transition, the newest last, where a terminal shows it. */
export function historyScreen({ entries }: HistoryReport): string {
  if (entries.length === 0) return 'no transition since the daemon started\n';
  const width = Math.max(...entries.map(({ group }) => group.length));
  return entries.map((entry) => `${entry.time}  ${entry.group.padEnd(width)}  ${describe(entry)}\n`).join('');
}

function describe({ from, to, reason, claims }: HistoryEntry): string {
  const line = `${from} → ${to}: ${describeReason(reason)}`;
  if (claims.length === 0) return line;
  const times = claims.map(({ address, heldAfter }) =>
    heldAfter === null ? `${address} NOT HELD` : `${address} after ${Math.round(heldAfter)} ms`,
  );
  return `${line}; ${times.join(', ')}`;
}
