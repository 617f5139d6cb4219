import type { AlarmsEvent, EventReport } from '../control/api.ts';
import { describeEvent, type LogEvent } from './log-events.ts';

/** Milliseconds between two looks at the alarms, while somebody follows. */
const ALARMS_INTERVAL = 1000;

export interface EventFeedOptions {
  /** Unix time in milliseconds. */
  readonly wall: () => number;
  /** What is wrong now, a sentence each. */
  readonly alarms: () => readonly string[];
}

/** What happens, for those who follow it (`GET /v1/events`). Costs nothing while nobody does. */
export interface EventFeed {
  /** An event of the log that happened at this time, Unix time in milliseconds. */
  publish(event: LogEvent, time: number): void;
  /** Tells every event from now on until the signal aborts, the current alarms at once. */
  follow(tell: (event: EventReport) => void, signal: AbortSignal): void;
}

export function createEventFeed({ wall, alarms }: EventFeedOptions): EventFeed {
  const followers = new Set<(event: EventReport) => void>();
  let looking: NodeJS.Timeout | undefined;
  let known = '';

  const iso = (time: number) => new Date(time).toISOString();

  function tellAll(event: EventReport): void {
    for (const tell of [...followers]) tell(event);
  }

  function alarmsEvent(now: readonly string[]): AlarmsEvent {
    const msg = now.length === 0 ? 'nothing is wrong: a failover would work' : now.join('; ');
    return { level: now.length === 0 ? 'info' : 'warn', time: iso(wall()), event: 'alarms', alarms: now, msg };
  }

  function look(): void {
    const now = alarms();
    const text = withoutSeconds(now);
    if (text === known) return;
    known = text;
    tellAll(alarmsEvent(now));
  }

  return {
    publish(event, time) {
      if (followers.size === 0) return;
      const { level, message } = describeEvent(event);
      if (level !== 'debug') tellAll({ level, time: iso(time), ...event, msg: message });
    },
    follow(tell, signal) {
      if (signal.aborted) return;
      // Whoever follows already hears of a change first, and both then know the same.
      if (followers.size > 0) look();
      const now = alarms();
      known = withoutSeconds(now);
      looking ??= setInterval(look, ALARMS_INTERVAL);
      followers.add(tell);
      signal.addEventListener('abort', () => {
        followers.delete(tell);
        if (followers.size > 0) return;
        clearInterval(looking);
        looking = undefined;
      });
      tell(alarmsEvent(now));
    },
  };
}

/** A peer that has been silent a second longer is no other alarm. */
function withoutSeconds(alarms: readonly string[]): string {
  return alarms.join('\n').replace(/\b\d+ s\b/g, '# s');
}
