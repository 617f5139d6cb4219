import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerVerify: Register = (program, context, done) => {
  program
    .command('verify')
    .description(
      "Read every VIP's owner from OCI now; the master claims back what drifted. Exit code 1 when a VIP is not where it should be and nobody is claiming it.",
    )
    .summary('read every VIP now and claim back what drifted')
    .addHelpText('after', examples('failoverctl verify'))
    .action(async (_options: object, command) => {
      const report = await (await connect(command)).verify();
      const { verifyScreen } = await import('../screens/verify.ts');
      context.stdout(verifyScreen(report, context));
      const isFine = report.vips.every(({ result }) => result === 'ok' || result === 'reclaiming');
      done(isFine ? EXIT.done : EXIT.failed);
    });
};
