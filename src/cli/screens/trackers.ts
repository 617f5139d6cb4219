import type { StatusReport, TrackerReport } from '../../control/api.ts';
import type { ScreenOptions } from './paint.ts';
import { type Cell, table } from './table.ts';
import { formatAgo } from './time.ts';

/** The trackers of the answering router; nothing where there are none. */
export function trackerTable({ groups, router, time }: StatusReport, options: ScreenOptions): string[] {
  const rows = groups.flatMap((group) =>
    (group.trackers ?? []).map((tracker): Cell[] => [
      tracker.name,
      group.name,
      stateCell(tracker),
      tracker.weight === 'fault' ? 'fault while down' : points(tracker.weight),
      tracker.lastRun === null ? 'never' : formatAgo(tracker.lastRun, time),
      tracker.error ?? '',
    ]),
  );
  if (rows.length === 0) return [];
  return table([`TRACKER ON ${router}`, 'GROUP', 'STATE', 'EFFECT', 'LAST RUN', ''], rows, options);
}

function stateCell({ state }: TrackerReport): Cell {
  if (state === 'down') return { text: 'DOWN', tone: 'bad' };
  return { text: state, tone: state === 'up' ? 'good' : 'warn' };
}

function points(weight: number): string {
  return weight > 0 ? `priority +${weight} while up` : `priority ${weight} while down`;
}
