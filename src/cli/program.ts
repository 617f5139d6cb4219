import { Command, type CommanderError, Option } from 'commander';
import { version } from '../../package.json';
import { registerConfig } from './commands/config.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerFailback } from './commands/failback.ts';
import { registerFailover } from './commands/failover.ts';
import { registerFreeze } from './commands/freeze.ts';
import { registerHistory } from './commands/history.ts';
import { registerKeygen } from './commands/keygen.ts';
import { registerReload } from './commands/reload.ts';
import { registerStandby } from './commands/standby.ts';
import { registerStatus } from './commands/status.ts';
import { registerVerify } from './commands/verify.ts';
import { registerWatch } from './commands/watch.ts';
import { type CliContext, type CommandResult, examples, type Register } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

const COMMANDS: readonly Register[] = [
  registerStatus,
  registerWatch,
  registerFailover,
  registerFailback,
  registerStandby,
  registerFreeze,
  registerVerify,
  registerReload,
  registerHistory,
  registerDoctor,
  registerConfig,
  registerKeygen,
];

/** The command line of failoverctl; `done` gets the exit code of the command that ran. */
export function makeProgram(context: CliContext, done: (result: CommandResult) => void): Command {
  const program = new Command('failoverctl')
    .description('See and steer the failover of virtual routers. Ask any router of the cluster.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: context.stdout,
      writeErr: context.stderr,
      outputError: (text, write) => write(text.replace(/^error: /, 'failoverctl: ')),
    })
    .addOption(new Option('--socket <path>', 'control socket of the daemon').default('/run/failoverd/control.sock'))
    .showHelpAfterError('(failoverctl --help lists the commands, failoverctl COMMAND --help explains one)')
    .addHelpText(
      'after',
      examples(
        'failoverctl status',
        'failoverctl failover --wait',
        'failoverctl config check /etc/failoverd/failoverd.yaml',
      ),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done, 1 the operation failed, 2 wrong usage, 69 daemon not reachable, 77 permission denied, 78 bad configuration',
    );
  for (const register of COMMANDS) register(program, context, done);
  return program;
}

/** Help and version end well, everything else that commander throws is wrong usage. */
export function exitCodeOfUsage({ code }: CommanderError): ExitCode {
  return code === 'commander.helpDisplayed' || code === 'commander.version' ? EXIT.done : EXIT.usage;
}
