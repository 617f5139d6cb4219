/*
 * failoverctl: program.ts is the command line, commands/ has a file for each command, screens/ the texts they print
 * (pure functions of what the daemon answered), exit-codes.ts what they end with. Heavy modules are loaded by the
 * command that needs them.
 */
import { CommanderError } from 'commander';
import { ControlError } from '../control/errors.ts';
import type { CliContext } from './context.ts';
import { CliError, EXIT, type ExitCode, exitCodeOf } from './exit-codes.ts';
import { exitCodeOfUsage, makeProgram } from './program.ts';

export type { CliContext } from './context.ts';
export { createTerminal } from './terminal.ts';

/** Runs one command line (without the program's name) and answers its exit code. */
export async function run(args: readonly string[], context: CliContext): Promise<ExitCode> {
  let result: ExitCode = EXIT.done;
  const program = makeProgram(context, (code) => {
    result = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return result;
  } catch (error) {
    // Commander has written its message itself.
    if (error instanceof CommanderError) return exitCodeOfUsage(error);
    const isKnown = error instanceof ControlError || error instanceof CliError;
    const message = error instanceof Error ? error.message : String(error);
    context.stderr(`failoverctl: ${isKnown ? message : `this is a mistake in failoverctl: ${message}`}\n`);
    if (error instanceof ControlError) return exitCodeOf(error.code);
    return error instanceof CliError ? error.exitCode : EXIT.failed;
  }
}
