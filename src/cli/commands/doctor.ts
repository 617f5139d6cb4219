import { connect, examples, type Register } from '../context.ts';
import { EXIT } from '../exit-codes.ts';

export const registerDoctor: Register = (program, context, done) => {
  program
    .command('doctor')
    .description(
      'Check everything a failover will need, without moving anything: configuration, peers and paths, OCI (with a new token and a fresh look at every VNIC, VIP and route rule), kernel, service. Exit code 1 when something failed; what could not be found out is told, and does not fail.',
    )
    .summary('check everything a failover will need')
    .option('--json', 'print the report as JSON')
    .option('-q, --quiet', 'leave out what is well')
    .addHelpText(
      'after',
      examples(
        'failoverctl doctor',
        'failoverctl doctor --quiet',
        'failoverctl doctor --json | jq -r \'.checks[] | select(.result == "failed") | .finding\'',
      ),
    )
    .action(async (options: { json?: true; quiet?: true }, command) => {
      const answer = await (await connect(command)).doctor();
      const { checkHere } = await import('../doctor-here.ts');
      const report = { ...answer, checks: [...answer.checks, ...(await checkHere(answer))] };
      const { doctorScreen } = await import('../screens/doctor.ts');
      const screen = () => doctorScreen(report, { ...context, quiet: options.quiet === true });
      context.stdout(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : screen());
      done(report.checks.some(({ result }) => result === 'failed') ? EXIT.failed : EXIT.done);
    });
};
