import type { Command } from 'commander';
import type { ControlClient } from '../control/client.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** What a command touches of the world. */
export interface CliContext {
  /** Text is written as it is; commands end their lines themselves. */
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** A terminal that shows colours, and nobody who asked for none. */
  readonly colour: boolean;
  readonly hostname: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** An aborted signal ends it early. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Where the output goes, if that is a terminal that can be drawn on. */
  readonly terminal: Terminal | undefined;
  /** Calls back when the user ends the program (Ctrl-C, a closed terminal), instead of ending it; gives the way to stop that. */
  readonly onStop: (stop: () => void) => () => void;
}

/** The result of a command that ran; throwing a `CliError` or `ControlError` is the other way to end. */
export type CommandResult = ExitCode;

/** Adds one command; `done` takes the exit code. */
export type Register = (program: Command, context: CliContext, done: (result: CommandResult) => void) => void;

/** The client for the socket that `--socket` names, loaded when a command needs it; timeout in milliseconds. */
export async function connect(command: Command, timeout?: number): Promise<ControlClient> {
  const { socket } = command.optsWithGlobals<{ socket: string }>();
  const { createControlClient } = await import('../control/client.ts');
  return createControlClient({ socketPath: socket, ...(timeout !== undefined && { timeout }) });
}

/** Examples below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
