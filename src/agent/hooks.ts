import type { HooksConfig, LoadedConfig } from '../config/index.ts';
import type { FailedHookReport, GroupState } from '../control/api.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import { type CommandRun, describeResult, type RunCommand } from '../linux/command-result.ts';
import { type Clock, wallTimeOf } from './clock.ts';
import { commandEnvironment } from './environment.ts';
import type { Observer } from './observer.ts';

/** A hook that runs longer is ended: the next state waits for it. */
const HOOK_TIMEOUT: Milliseconds = 60_000;

export interface HookTransition {
  readonly group: string;
  readonly from: GroupState;
  readonly to: GroupState;
  readonly reason: string;
}

/**
 * Commands run beside the transitions of a group, in their order and one at a time. While one runs the newest state waits,
 * and only that one: three quick flaps do not run six scripts at once, and what runs last is for the state that is.
 */
export interface Hooks {
  /** Starts nothing before the caller is done: claims and adverts come first. */
  transitioned(transition: HookTransition): void;
  /** The last hook of the group that failed, until all hooks of a state have worked again. */
  failed(group: string): FailedHookReport | undefined;
  /** Resolves when no hook runs or waits. */
  idle(): Promise<void>;
  /** Ends what runs. */
  close(): void;
}

/** Which list a state has; undefined: none. */
function listOf({ from, to }: HookTransition): keyof HooksConfig | undefined {
  if (to === 'master' || to === 'backup' || to === 'fault') return to;
  if (to === 'standby') return 'backup';
  // Told to stop: whatever it was master for is somebody else's from now on.
  return from === 'master' ? 'backup' : undefined;
}

export function createHooks(options: {
  readonly loaded: () => LoadedConfig;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly runCommand: RunCommand;
}): Hooks {
  const queues = new Map<string, Queue>();
  const queueOf = (group: string) => {
    const queue = queues.get(group) ?? createQueue(options);
    queues.set(group, queue);
    return queue;
  };
  return {
    transitioned(transition) {
      const list = listOf(transition);
      if (list !== undefined) queueOf(transition.group).push({ ...transition, list });
    },
    failed: (group) => queues.get(group)?.failed(),
    async idle() {
      await Promise.all([...queues.values()].map((queue) => queue.idle()));
    },
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}

interface Wanted extends HookTransition {
  readonly list: keyof HooksConfig;
}

interface Queue {
  push(wanted: Wanted): void;
  failed(): FailedHookReport | undefined;
  idle(): Promise<void>;
  close(): void;
}

function createQueue(options: Parameters<typeof createHooks>[0]): Queue {
  const { clock, observer } = options;
  let newest: Wanted | undefined;
  /** All hooks of this list have run since another one's did. */
  let done: keyof HooksConfig | undefined;
  let failure: FailedHookReport | undefined;
  let current: CommandRun | undefined;
  let work: Promise<void> | undefined;
  let closed = false;

  async function run(): Promise<void> {
    // After everything that the transition itself leads to.
    await Promise.resolve();
    while (newest !== undefined && newest.list !== done && !closed) await runList(newest);
    work = undefined;
  }

  async function runList(wanted: Wanted): Promise<void> {
    const { config } = options.loaded();
    const commands = config.groups.find(({ name }) => name === wanted.group)?.hooks[wanted.list] ?? [];
    let failedHere: FailedHookReport | undefined;
    done = undefined;
    for (const argv of commands) {
      failedHere = (await runOne(argv, wanted)) ?? failedHere;
      failure = failedHere ?? failure;
      if (newest?.list !== wanted.list || closed) return;
    }
    if (commands.length > 0) failure = failedHere;
    done = wanted.list;
  }

  async function runOne(argv: readonly string[], wanted: Wanted): Promise<FailedHookReport | undefined> {
    const { group, to: state } = wanted;
    const command = argv.join(' ');
    if (options.loaded().config.mode === 'observe') {
      observer.log({ event: 'would-run-hook', group, state, command });
      return undefined;
    }
    const startedAt = clock.now();
    current = options.runCommand({ argv, env: environmentOf(wanted), timeout: HOOK_TIMEOUT });
    const result = await current.result;
    // The next one does not start beside it.
    await current.gone;
    current = undefined;
    const worked = result.kind === 'exited' && result.code === 0;
    const { output } = result;
    const error = worked ? undefined : describeResult(result);
    const after = clock.now() - startedAt;
    observer.log({ event: 'hook', group, state, command, after, output, ...(error !== undefined && { error }) });
    return error === undefined ? undefined : { command, state, error, at: wallTimeOf(clock, clock.now()) };
  }

  function environmentOf({ group, from, to, reason }: Wanted): Readonly<Record<string, string>> {
    const { config, self } = options.loaded();
    const interfaces = config.groups.find(({ name }) => name === group)?.interfaces ?? [];
    return commandEnvironment({
      FAILOVERD_GROUP: group,
      // To the commands a router that stops is one that is not master.
      FAILOVERD_STATE: to === 'init' ? 'backup' : to,
      FAILOVERD_FROM: from,
      FAILOVERD_REASON: reason,
      FAILOVERD_ROUTER: self.name,
      FAILOVERD_VIPS: interfaces.flatMap(({ vips }) => vips.map(({ address }) => address)).join(' '),
    });
  }

  return {
    push(wanted) {
      newest = wanted;
      work ??= run();
    },
    failed: () => failure,
    idle: async () => work,
    close() {
      closed = true;
      current?.stop();
    },
  };
}
