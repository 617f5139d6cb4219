import type { Log, WriteEvent } from './log.ts';
import type { LogEvent } from './log-events.ts';

export interface DeferredLog {
  /** Notes the event and its time; it is written when what is under way is done. */
  readonly log: Log;
  /** Writes what waits: before the process ends. */
  flush(): void;
}

/**
 * To make a line takes longer than an election: what an event leads to, a resignation or claims, does not wait for the words
 * about it.
 *
 * @param wall Unix time in milliseconds
 */
export function createDeferredLog(write: WriteEvent, wall: () => number): DeferredLog {
  let waiting: { readonly event: LogEvent; readonly time: number }[] = [];

  function flush(): void {
    const due = waiting;
    waiting = [];
    for (const { event, time } of due) write(event, time);
  }

  return {
    log(event) {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({ event, time: wall() });
    },
    flush,
  };
}
