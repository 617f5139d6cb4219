import { Argument } from 'commander';
import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerStandby: Register = (program, context, done) => {
  program
    .command('standby')
    .description('Take a router out of the election, or put it back. A master hands over first.')
    .summary('take a router out of the election, or put it back')
    .addArgument(new Argument('<on|off>', 'out of the election, or back in').choices(['on', 'off']))
    .argument('[router]', 'default: the router that answers')
    .option('-g, --group <name>', 'only in this group (default: in every group)')
    .addHelpText('after', examples('failoverctl standby on vrouter1', 'failoverctl standby off vrouter1'))
    .action(async (word: 'on' | 'off', name: string | undefined, options: { group?: string }, command) => {
      const {
        router,
        on,
        off,
        withoutSuccessor = [],
      } = await (await connect(command)).standby({
        on: word === 'on',
        ...(name !== undefined && { router: name }),
        ...(options.group !== undefined && { group: options.group }),
      });
      for (const group of withoutSuccessor) {
        context.stderr(
          `warning: nobody else could be master of ${group} now: its VIPs stay where they are (failoverctl status says why)\n`,
        );
      }
      const lines = [
        on.length > 0 && `${router} is in standby in ${on.join(', ')}`,
        off.length > 0 && `${router} takes part in ${off.join(', ')}`,
      ];
      context.stdout(lines.map((line) => (line === false ? '' : `${line}\n`)).join(''));
      done(EXIT.done);
    });
};
