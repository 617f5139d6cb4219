/** A stretch of time without an answer, in the lab's milliseconds. */
export interface Outage {
  /** When the first lost probe was sent. */
  readonly start: number;
  /** When the first probe after it that came back was sent; null while nothing comes back. */
  readonly end: number | null;
}

/** What became of the probes of one flow. */
export interface FlowReport {
  readonly flow: string;
  readonly sent: number;
  readonly lost: number;
  readonly longest: Outage | null;
  /** When the last probe that came back was sent; null when none did. */
  readonly lastAnswered: number | null;
}

/** Milliseconds a probe may take before it counts as lost. */
export const GRACE = 100;

/** Remembers each probe of one flow by its sequence number. */
export interface Flow {
  /** Notes that a probe leaves now and answers its sequence number. */
  send(time: number): number;
  /** Notes that a probe came back. Unknown numbers are ignored. */
  receive(sequence: number): void;
  /** Counts the probes sent between `since` and `upTo`. */
  report(since: number, upTo: number): FlowReport;
}

export function createFlow(name: string): Flow {
  const sentAt: number[] = [];
  const answered: boolean[] = [];

  return {
    send(time) {
      answered.push(false);
      return sentAt.push(time) - 1;
    },

    receive(sequence) {
      if (sequence < answered.length) answered[sequence] = true;
    },

    report(since, upTo) {
      let sent = 0;
      let lost = 0;
      let lastAnswered: number | null = null;
      let longest: Outage | null = null;
      let start: number | null = null;
      const close = (from: number, end: number | null): void => {
        const best = longest === null ? -1 : (longest.end ?? upTo) - longest.start;
        if ((end ?? upTo) - from > best) longest = { start: from, end };
      };
      sentAt.forEach((time, sequence) => {
        if (time < since || time > upTo) return;
        sent += 1;
        if (answered[sequence] === true) {
          lastAnswered = time;
          if (start !== null) close(start, time);
          start = null;
        } else {
          lost += 1;
          start ??= time;
        }
      });
      if (start !== null) close(start, null);
      return { flow: name, sent, lost, longest, lastAnswered };
    },
  };
}
