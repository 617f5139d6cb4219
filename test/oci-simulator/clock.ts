/** CLOCK_MONOTONIC in milliseconds with a fraction: one scale for all processes of this machine. */
export function monotonicNow(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
