/**
 * The lab's one clock: milliseconds of CLOCK_MONOTONIC, the same in every process of the machine, so that what the
 * lab, the simulator and the traffic prober note can stand in one list.
 */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Wall clock minus monotonic clock, in milliseconds: turns the timestamps of a packet capture into `now()`'s. */
export function wallClockOffset(): number {
  // Date has whole milliseconds: wait for one to begin.
  const started = Date.now();
  let wall = Date.now();
  let monotonic = now();
  while (wall === started) {
    wall = Date.now();
    monotonic = now();
  }
  return wall - monotonic;
}

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `probe` answers something else than undefined or false; undefined after `timeout` milliseconds. */
export async function until<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeout: number,
  every = 20,
): Promise<T | undefined> {
  const deadline = now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (now() >= deadline) return undefined;
    await sleep(every);
  }
}
