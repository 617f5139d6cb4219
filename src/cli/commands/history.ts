import { InvalidArgumentError } from 'commander';
import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerHistory: Register = (program, context, done) => {
  program
    .command('history')
    .description('Show past transitions of this router with the time each VIP took, the newest last.')
    .summary('show past transitions')
    .option('--json', 'print the report as JSON')
    .option('-n, --number <count>', 'only the newest ones', parseCount)
    .addHelpText('after', examples('failoverctl history -n 20', 'failoverctl history --json'))
    .action(async (options: { json?: true; number?: number }, command) => {
      const client = await connect(command);
      const report = await client.history(options.number === undefined ? {} : { limit: options.number });
      const { historyScreen } = await import('../screens/history.ts');
      context.stdout(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : historyScreen(report));
      done(EXIT.done);
    });
};

function parseCount(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Allowed: a whole number from 1.');
  return Number(text);
}
