/** What was measured, and how it compares with the goals. */

export type Unit = 'ms' | 's' | 'MB' | '×' | '';

/** A goal is for the median, unless it is for every single run: at most `limit`, or with `min` at least. */
export interface Goal {
  readonly of: 'median' | 'max' | 'min';
  readonly limit: number;
}

/** One thing measured several times. */
export interface Figure {
  readonly section: string;
  readonly what: string;
  readonly unit: Unit;
  readonly samples: readonly number[];
  /** Where the samples are themselves made of many events, how many these were. */
  readonly events?: number;
  readonly goal?: Goal;
}

export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly p90: number;
  readonly max: number;
  /** undefined: there is no goal. */
  readonly reached?: boolean;
}

/** The value below which a share of the samples lies, between the two nearest ones; NaN when there are none. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

export function summarize({ samples, events, goal }: Figure): Summary {
  const summary = {
    n: events ?? samples.length,
    median: quantile(samples, 0.5),
    p90: quantile(samples, 0.9),
    max: quantile(samples, 1),
  };
  if (goal === undefined) return summary;
  const reached = goal.of === 'min' ? quantile(samples, 0) >= goal.limit : summary[goal.of] <= goal.limit;
  return { ...summary, reached };
}

export interface Sample {
  readonly section: string;
  readonly what: string;
  readonly unit: Unit;
  readonly goal?: Goal;
  readonly events?: number;
}

/** Collects samples; figures come out in the order in which the first sample of each came in. */
export interface Recorder {
  add(sample: Sample, value: number): void;
  /** Something the reader of the figures has to know. */
  note(text: string): void;
  figures(): readonly Figure[];
  notes(): readonly string[];
}

export function createRecorder(): Recorder {
  const figures = new Map<string, Figure>();
  const notes: string[] = [];
  return {
    add(sample, value) {
      const key = `${sample.section}\n${sample.what}`;
      const before = figures.get(key);
      figures.set(key, { ...sample, samples: [...(before?.samples ?? []), value] });
    },
    note: (text) => void notes.push(text),
    figures: () => [...figures.values()],
    notes: () => notes,
  };
}
