import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../../config/duration.ts';
import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

const TIMEOUT = 30_000;
/** One status that does not come must not use up the time to wait. */
const POLL_TIMEOUT = 2000;

interface Options {
  readonly group?: string;
  readonly to?: string;
  readonly wait?: true;
  readonly timeout?: number;
}

export const registerFailover: Register = (program, context, done) => {
  program
    .command('failover')
    .description(
      'Planned switchover: the master hands its groups to another router. Nobody takes them back until failoverctl failback.',
    )
    .summary('hand over to another router')
    .option('-g, --group <name>', 'only this group (default: every group)')
    .option('-t, --to <router>', 'the new master (default: the best router that is ready)')
    .option('-w, --wait', 'wait until the new master holds every VIP, and print how it went')
    .option('--timeout <duration>', 'how long to wait, as in 30s or 2m (default: 30s)', parseTimeout)
    .addHelpText(
      'after',
      examples('failoverctl failover --wait', 'failoverctl failover --group isv --to vrouter2 --wait'),
    )
    .action(async (options: Options, command) => {
      if (options.timeout !== undefined && options.wait === undefined) {
        command.error("error: option '--timeout' goes with --wait");
      }
      const client = await connect(command);
      const start = context.now();
      const { groups } = await client.failover({
        ...(options.group !== undefined && { group: options.group }),
        ...(options.to !== undefined && { to: options.to }),
      });
      const { startedScreen } = await import('../screens/switchover.ts');
      context.stdout(startedScreen(groups));
      if (options.wait === undefined) {
        done(EXIT.done);
        return;
      }
      const { waitForSwitchover } = await import('../wait.ts');
      const end = start + (options.timeout ?? TIMEOUT);
      const poller = await connect(command, POLL_TIMEOUT);
      done(await waitForSwitchover(groups, { client: poller, context, start, end }));
    });
};

function parseTimeout(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || duration === 0) throw new InvalidArgumentError('Allowed: a duration, as in 30s or 2m.');
  return duration;
}
