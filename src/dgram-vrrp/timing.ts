/** A duration in milliseconds. Fractions are allowed: the skew time of VRRPv3 is rarely a whole number. */
export type Milliseconds = number;

/** The two protocol versions: 2 is RFC 3768, 3 is RFC 9568. */
export type VrrpVersion = 2 | 3;

/** What the derived timers of one virtual router depend on. */
export type TimerParameters = {
  readonly version: VrrpVersion;
  /** The effective priority, 0 to 255. */
  readonly priority: number;
  /** v3: Active_Adver_Interval, as learned from the master (the own one before that). v2: Advertisement_Interval. */
  readonly interval: Milliseconds;
};

/**
 * Skew_Time: how much longer a router of lower priority waits, so that the best backup is the first to take over.
 *
 * v3 (RFC 9568 §6.1) scales it with the interval: ((256 - priority) * Active_Adver_Interval) / 256. It is not rounded
 * to centiseconds: two routers whose priorities differ by one must not come out at the same instant.
 * v2 (RFC 3768 §6.1) is independent of the interval: ((256 - priority) / 256) seconds.
 */
export function skewTime({ version, priority, interval }: TimerParameters): Milliseconds {
  const scale = version === 2 ? 1000 : interval;
  return ((256 - priority) * scale) / 256;
}

/** Master_Down_Interval (v3: Active_Down_Interval): three missed adverts and the skew time (RFC 9568 §6.1, RFC 3768 §6.1). */
export function masterDownInterval(parameters: TimerParameters): Milliseconds {
  return 3 * parameters.interval + skewTime(parameters);
}
