import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerReload: Register = (program, context, done) => {
  program
    .command('reload')
    .description(
      'Read the configuration again and print what changed. A file with mistakes changes nothing: they are printed, and the exit code is 78.',
    )
    .summary('read the configuration again')
    .addHelpText('after', examples('failoverctl config check && failoverctl reload'))
    .action(async (_options: object, command) => {
      const { changes, warnings } = await (await connect(command)).reload();
      for (const warning of warnings) context.stderr(`warning: ${warning}\n`);
      context.stdout(changes.length === 0 ? 'nothing changed\n' : changes.map((change) => `${change}\n`).join(''));
      done(EXIT.done);
    });
};
