import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerFailback: Register = (program, context, done) => {
  program
    .command('failback')
    .description(
      'End the hold that a planned switchover left: the router of the highest priority takes over again, if the group preempts.',
    )
    .summary('end the hold of a switchover')
    .option('-g, --group <name>', 'only this group (default: every group)')
    .addHelpText('after', examples('failoverctl failback', 'failoverctl failback --group isv'))
    .action(async (options: { group?: string }, command) => {
      const request = options.group === undefined ? {} : { group: options.group };
      const { groups } = await (await connect(command)).failback(request);
      const { failbackScreen } = await import('../screens/switchover.ts');
      context.stdout(failbackScreen(groups));
      done(EXIT.done);
    });
};
