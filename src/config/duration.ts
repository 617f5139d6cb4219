import type { Milliseconds } from './model.ts';

const UNITS = { ms: 1, s: 1000, m: 60_000 } as const;
const DURATION = /^(\d{1,9})(?:\.(\d{1,3}))?(ms|s|m)$/;

/**
 * Milliseconds of `10ms`, `2s`, `40.95s` or `1m`; undefined when the text is none of these or is not a whole number of
 * milliseconds.
 */
export function parseDuration(text: string): Milliseconds | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = '', unit] = match;
  if (unit !== 'ms' && unit !== 's' && unit !== 'm') return undefined;
  // In thousandths of the unit, so that 40.95s does not become 40950.000000000007.
  const thousandths = (Number(whole) * 1000 + Number(fraction.padEnd(3, '0'))) * UNITS[unit];
  return thousandths % 1000 === 0 ? thousandths / 1000 : undefined;
}

/** The shortest text that `parseDuration` reads back as the same value: `200ms`, `2s`, `40.95s`, `1m`. */
export function formatDuration(duration: Milliseconds): string {
  if (duration !== 0 && duration % UNITS.m === 0) return `${duration / UNITS.m}m`;
  if (duration === 0 || duration % UNITS.s === 0) return `${duration / UNITS.s}s`;
  return duration > UNITS.s && duration % 10 === 0 ? `${duration / UNITS.s}s` : `${duration}ms`;
}
