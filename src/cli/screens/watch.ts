import type { EventReport, StatusReport } from '../../control/api.ts';
import type { Size } from '../terminal.ts';
import { clip } from './clip.ts';
import { paint, type ScreenOptions } from './paint.ts';
import { statusScreen } from './status.ts';

export interface WatchState {
  readonly report: StatusReport;
  /** The latest last. */
  readonly events: readonly EventReport[];
  /** Set while the daemon does not answer. */
  readonly lost?: { readonly message: string; readonly retryIn: number } | undefined;
}

/** The whole screen of `failoverctl watch`: the status, then the latest events where there is room; never more than fits. */
export function watchScreen({ report, events, lost }: WatchState, size: Size, options: ScreenOptions): string[] {
  const head =
    lost === undefined
      ? paint('live; Ctrl-C ends', 'dim', options)
      : paint(`NOT LIVE: ${lost.message}; asked again in ${(lost.retryIn / 1000).toFixed(1)} s`, 'bad', options);
  const status = statusScreen(report, options).trimEnd().split('\n');
  const room = size.rows - 1;
  const body = status.length <= room ? status : shortened(status, room, options);
  const left = room - body.length - 1;
  const latest = left > 0 ? events.slice(-left).map((event) => lineOf(event, options)) : [];
  return [head, ...body, ...(latest.length > 0 ? ['', ...latest] : [])].map((line) => clip(line, size.columns));
}

function shortened(lines: readonly string[], room: number, options: ScreenOptions): string[] {
  const shown = Math.max(0, room - 1);
  const note = `… ${lines.length - shown} more lines: enlarge the terminal, or failoverctl status`;
  return [...lines.slice(0, shown), ...(room > 0 ? [paint(note, 'warn', options)] : [])];
}

function lineOf({ time, level, msg }: EventReport, options: ScreenOptions): string {
  return paint(`${time.slice(11, 23)} ${msg}`, level === 'info' ? undefined : 'warn', options);
}
