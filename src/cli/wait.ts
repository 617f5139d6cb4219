import type { StatusReport, SwitchoverReport } from '../control/api.ts';
import type { ControlClient } from '../control/client.ts';
import { ControlError } from '../control/errors.ts';
import type { CliContext, CommandResult } from './context.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** Between two looks at the status: a small part of a failover, and little work for the daemon. */
const POLL = 100;

export interface WaitOptions {
  readonly client: Pick<ControlClient, 'status'>;
  readonly context: CliContext;
  /** When the switchover was asked for, and when to give up, on the context's clock. */
  readonly start: number;
  readonly end: number;
}

interface Switchover {
  readonly group: string;
  readonly to: string;
}

/**
 * Polls until every new master holds all VIPs of its group, and prints each step when it is seen. Throws a `CliError`
 * that says what is missing when the time is over.
 */
export async function waitForSwitchover(
  groups: SwitchoverReport['groups'],
  { client, context, start, end }: WaitOptions,
): Promise<CommandResult> {
  const wanted = groups.flatMap(({ group, to }): Switchover[] => (to === null ? [] : [{ group, to }]));
  const seen = new Set<string>();
  let missing: readonly string[] = ['the daemon has not answered yet'];
  do {
    try {
      const status = await client.status();
      for (const step of stepsDone(status, wanted)) {
        if (seen.has(step)) continue;
        seen.add(step);
        context.stdout(`  +${((context.now() - start) / 1000).toFixed(2)} s  ${step}\n`);
      }
      missing = stepsMissing(status, wanted);
      if (missing.length === 0) {
        context.stdout(
          `done after ${((context.now() - start) / 1000).toFixed(2)} s; failoverctl failback ends the hold\n`,
        );
        return EXIT.done;
      }
    } catch (error) {
      // The daemon may be busy or restarting; only what cannot get better ends the wait.
      if (!(error instanceof ControlError) || error.code === 'permission') throw error;
      missing = [error.message];
    }
    await context.sleep(POLL);
  } while (context.now() < end);
  const seconds = Math.round((end - start) / 100) / 10;
  throw new CliError(
    EXIT.failed,
    `not done after ${seconds} s: ${missing.join('; ')}. The switchover may still complete: failoverctl status shows it`,
  );
}

function stepsDone(status: StatusReport, wanted: readonly Switchover[]): string[] {
  return wanted.flatMap(({ group, to }) => {
    const report = status.groups.find(({ name }) => name === group);
    const held = report?.vips.filter(({ holder }) => holder === to) ?? [];
    return [
      ...(report?.master === to ? [`${group}: ${to} is master`] : []),
      ...held.map(({ address }) => `${group}: ${to} holds ${address}`),
    ];
  });
}

function stepsMissing(status: StatusReport, wanted: readonly Switchover[]): string[] {
  return wanted.flatMap(({ group, to }) => {
    const report = status.groups.find(({ name }) => name === group);
    if (report === undefined) return [`${group} is not in the status`];
    const notMaster = `${group}: ${to} is not master, ${report.master ?? 'nobody'} is`;
    const elsewhere = report.vips
      .filter(({ holder }) => holder !== to)
      .map(({ address, holder, ownership, error }) => {
        const where = `${group}: ${address} is ${holder === null ? ownership : `with ${holder}`}`;
        return error === undefined ? where : `${where} (${error})`;
      });
    return [...(report.master === to ? [] : [notMaster]), ...elsewhere];
  });
}
