/** Seconds as an admin says them: `0.4 s`, `12 s`, `5 min`, `3 h 20 min`, `2 d 4 h`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 86_400) return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return join(Math.floor(whole / 86_400), 'd', Math.floor((whole % 86_400) / 3600), 'h');
}

/** From one ISO 8601 time to another, `4.0 s ago`; `unknown` for null. */
export function formatAgo(then: string | null, now: string): string {
  const span = then === null ? Number.NaN : (Date.parse(now) - Date.parse(then)) / 1000;
  return Number.isNaN(span) ? 'unknown' : `${formatSpan(span)} ago`;
}

function join(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}
