import type { EventReport } from '../../control/api.ts';
import { headline } from '../screens/headline.ts';
import type { WatchView } from './follow.ts';

/** `failoverctl watch` where nobody redraws: a line for each change, for a file or a pipe. */
export function createLineView(write: (line: string) => void, wall = Date.now): WatchView {
  let headlines: readonly string[] = [];
  let alarms: readonly string[] = [];
  let isLost = false;

  return {
    report(report) {
      if (isLost) write(`${report.time} failoverd answers again`);
      isLost = false;
      const now = report.groups.map((group) => headline(group, report).text);
      for (const text of news(now, headlines)) write(`${report.time} ${text}`);
      for (const text of news(report.alarms, alarms)) write(`${report.time} ALARM: ${text}`);
      for (const text of news(alarms, report.alarms)) write(`${report.time} over: ${text}`);
      headlines = now;
      alarms = report.alarms;
    },
    event(event: EventReport) {
      write(`${event.time} ${event.msg}`);
    },
    lost({ message }) {
      if (!isLost) write(`${new Date(wall()).toISOString()} ${message}; asked again until it answers`);
      isLost = true;
    },
  };
}

/** What is in the first and not in the second, but for the seconds that pass. */
function news(now: readonly string[], before: readonly string[]): readonly string[] {
  const known = new Set(before.map(withoutSeconds));
  return now.filter((text) => !known.has(withoutSeconds(text)));
}

function withoutSeconds(text: string): string {
  return text.replaceAll(/\d+(\.\d+)? s\b/g, '… s');
}
