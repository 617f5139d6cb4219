import { describe, expect, it } from 'vitest';
import { createVirtualTime } from '../../../test/simulation/virtual-time.ts';
import type { TrackerConfig } from '../../config/index.ts';
import type { CommandResult } from '../../linux/command-result.ts';
import { createTracker } from './tracker.ts';

const CONFIG: TrackerConfig = {
  name: 'uplink',
  command: ['/usr/local/bin/check-uplink'],
  interval: 2000,
  timeout: 1000,
  fall: 2,
  rise: 2,
  weight: 'fault',
};
const OK: CommandResult = { kind: 'exited', code: 0, output: '' };

/** A tracker whose runs the test ends by hand. */
function track(lenient = false) {
  const time = createVirtualTime(async () => {
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  });
  const runs: { at: number; end: (result: CommandResult) => void; die: () => void; stopped: boolean }[] = [];
  const told: string[] = [];
  const tracker = createTracker({
    config: CONFIG,
    env: {},
    clock: time,
    lenient,
    runCommand() {
      let end = (_: CommandResult): void => {};
      let die = (): void => {};
      const result = new Promise<CommandResult>((resolve) => {
        end = resolve;
      });
      const gone = new Promise<void>((resolve) => {
        die = resolve;
      });
      const run = { at: time.now(), end, die, stopped: false };
      runs.push(run);
      const stop = () => {
        run.stopped = true;
      };
      return { result, gone, stop };
    },
    onState: (state) => told.push(state),
    onFailure: (error) => told.push(error),
  });
  async function finish(result: CommandResult): Promise<void> {
    runs.at(-1)?.end(result);
    runs.at(-1)?.die();
    await time.advanceTo(time.now());
  }
  const start = time.now();
  const begun = () => runs.map(({ at }) => at - start);
  return { tracker, time, runs, told, finish, begun, run: (ms: number) => time.advanceTo(time.now() + ms) };
}

describe('a tracker', () => {
  it('runs at once and then each interval, from start to start', async () => {
    const { finish, run, begun } = track();
    await run(700);
    await finish(OK);
    await run(1300);
    await finish(OK);
    await run(2000);
    expect(begun()).toEqual([0, 2000, 4000]);
  });

  it('never runs twice at once: a long run delays the next one', async () => {
    const { finish, run, begun } = track();
    await run(2900);
    expect(begun()).toEqual([0]);
    await finish(OK);
    await run(1);
    expect(begun()).toEqual([0, 2900]);
  });

  it('a run that was cut off has failed once, and the next one waits until it is gone', async () => {
    const { runs, told, run, begun } = track();
    await run(1000);
    runs[0]?.end({ kind: 'timed-out', after: 1000, output: '' });
    await run(1900);
    expect(begun()).toEqual([0]);
    expect(told).toEqual(['no answer within 1000 ms', 'down']);
    runs[0]?.die();
    await run(1);
    expect(begun()).toEqual([0, 2900]);
  });

  it('a process that nothing ends is a failure each interval, and stays the only one', async () => {
    const { tracker, runs, told, finish, run, begun } = track();
    await finish(OK);
    await run(2000);
    runs[1]?.end({ kind: 'timed-out', after: 1000, output: '' });
    await run(3900);
    expect(tracker.state()).toBe('up');
    await run(200);
    expect(told).toEqual(['up', 'no answer within 1000 ms', 'its last run, started 4 s ago, does not end', 'down']);
    await run(20_000);
    expect(begun()).toEqual([0, 2000]);
    runs[1]?.die();
    await run(1);
    expect(begun()).toHaveLength(3);
  });

  it('takes over another interval and other limits, and keeps its state', async () => {
    const { tracker, finish, run, begun, told } = track();
    await finish(OK);
    tracker.reconfigure({ ...CONFIG, interval: 500, fall: 1 });
    await run(500);
    expect(begun()).toEqual([0, 500]);
    expect(told).toEqual(['up']);
    await finish({ kind: 'exited', code: 1, output: 'no route\n' });
    expect(tracker.state()).toBe('down');
    expect(tracker.error()).toBe('exit code 1: no route');
  });

  it('closed, stops what runs and tells nothing any more', async () => {
    const { tracker, runs, told, finish, run, begun } = track();
    tracker.close();
    expect(runs[0]?.stopped).toBe(true);
    await finish({ kind: 'signalled', signal: 'SIGTERM', output: '' });
    await run(10_000);
    expect(told).toEqual([]);
    expect(begun()).toEqual([0]);
  });
});
