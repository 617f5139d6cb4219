import type { LogEvent } from '../../src/observe/index.ts';
import { GROUP } from './deployment.ts';

/** What happened, a line each, for the reader of a failing seed. */
export interface Trace {
  /** The text is made only when somebody reads it. */
  add(router: string, text: () => string): void;
  lines(): readonly string[];
}

/** The same line is not said again for as many others. */
const REPETITION = 8;

export function createTrace(now: () => number, enabled: boolean): Trace {
  const lines: string[] = [];
  let recent: readonly string[] = [];
  return {
    add(router, text) {
      if (!enabled) return;
      const line = `${router.padEnd(8)}  ${text()}`;
      if (recent.includes(line)) return;
      recent = [...recent, line].slice(-REPETITION);
      lines.push(`${(now() / 1000).toFixed(3).padStart(9)}  ${line}`);
    },
    lines: () => lines,
  };
}

/** Log events that repeat what the trace says by itself. */
const SILENT: ReadonlySet<LogEvent['event']> = new Set(['claiming', 'link', 'inventory-complete', 'config-differs']);

export function describeLog(event: LogEvent): string | undefined {
  if (SILENT.has(event.event)) return undefined;
  const details = Object.entries(event)
    .filter(([key, value]) => key !== 'event' && key !== 'at' && !(key === 'group' && value === GROUP))
    .map(([key, value]) => `${key}=${textOf(value)}`);
  return [event.event, ...details].join(' ');
}

function textOf(value: unknown): string {
  if (typeof value === 'number') return String(Math.round(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
