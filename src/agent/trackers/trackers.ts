import type { LoadedConfig, TrackerConfig } from '../../config/index.ts';
import type { TrackerReport } from '../../control/api.ts';
import type { RunCommand } from '../../linux/command-result.ts';
import { type Clock, wallTimeOf } from '../clock.ts';
import { commandEnvironment } from '../environment.ts';
import type { Observer } from '../observer.ts';
import { clampPriority, meansFault, pointsOf, type TrackerState } from './count.ts';
import { createTracker, type Tracker } from './tracker.ts';

/** The trackers of all groups on this router. */
export interface Trackers {
  /** Begins with a first run of each. */
  start(): void;
  /** The configuration is another one: trackers come, go and change without a group changing its state. */
  reconfigured(): void;
  /** True while one that means fault is down. */
  inFault(group: string): boolean;
  /** The priority with the weights of the trackers of these groups. */
  weigh(groups: readonly string[], priority: number): number;
  report(group: string): readonly TrackerReport[];
  close(): void;
}

export function createTrackers(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly runCommand: RunCommand;
  /** A tracker of the group changed its state. */
  readonly onChange: (group: string) => void;
}): Trackers {
  const { loaded, clock, observer } = options;
  /** Group → its trackers, in the file's order. */
  const groups = new Map<string, readonly Tracker[]>();
  let started = false;

  const of = (group: string) => groups.get(group) ?? [];
  const weighed = (group: string) =>
    of(group).map((tracker) => ({ state: tracker.state(), weight: tracker.config().weight }));

  function make(group: string, config: TrackerConfig, lenient: boolean): Tracker {
    const tracker: Tracker = createTracker({
      config,
      clock,
      lenient,
      runCommand: options.runCommand,
      env: commandEnvironment({
        FAILOVERD_GROUP: group,
        FAILOVERD_TRACKER: config.name,
        FAILOVERD_ROUTER: loaded().self.name,
      }),
      onState: (state) => changed(group, tracker, state),
      onFailure: (error) => observer.log({ event: 'tracker-failed', group, tracker: config.name, detail: error }),
    });
    return tracker;
  }

  function changed(group: string, tracker: Tracker, state: TrackerState): void {
    const error = tracker.error();
    observer.log({
      event: 'tracker',
      group,
      tracker: tracker.name,
      state,
      ...(error !== undefined && { detail: error }),
    });
    options.onChange(group);
  }

  function keepUp(): void {
    const config = loaded().config.groups;
    for (const [name, trackers] of groups) {
      const wanted = config.find((group) => group.name === name)?.trackers ?? [];
      for (const tracker of trackers) if (!wanted.some((each) => each.name === tracker.name)) tracker.close();
    }
    for (const { name, trackers } of config) {
      // All of a new group's may decide at once: it has no mastership to lose.
      const lenient = groups.has(name);
      const now = trackers.map((each) => {
        const known = of(name).find((tracker) => tracker.name === each.name);
        known?.reconfigure(each);
        return known ?? make(name, each, lenient);
      });
      groups.set(name, now);
    }
  }

  return {
    start() {
      started = true;
      keepUp();
    },
    reconfigured() {
      if (started) keepUp();
    },
    inFault: (group) => meansFault(weighed(group)),
    weigh(groupNames, priority) {
      const points = pointsOf(groupNames.flatMap(weighed));
      return points === 0 ? priority : clampPriority(priority + points);
    },
    report: (group) =>
      of(group).map((tracker): TrackerReport => {
        const at = tracker.lastResultAt();
        const error = tracker.error();
        return {
          name: tracker.name,
          state: tracker.state(),
          weight: tracker.config().weight,
          lastRun: at === undefined ? null : wallTimeOf(clock, at),
          ...(error !== undefined && { error }),
        };
      }),
    close() {
      for (const tracker of [...groups.values()].flat()) tracker.close();
      groups.clear();
    },
  };
}
