import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerStatus: Register = (program, context, done) => {
  program
    .command('status')
    .description(
      'Show every router, its state and readiness, who holds each VIP and since when. Seen from one router, true for the cluster.',
    )
    .summary('show routers, VIPs and what is wrong')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', examples('failoverctl status', "failoverctl status --json | jq '.alarms'"))
    .action(async (options: { json?: true }, command) => {
      const report = await (await connect(command)).status();
      const { statusScreen } = await import('../screens/status.ts');
      context.stdout(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : statusScreen(report, context));
      done(EXIT.done);
    });
};
