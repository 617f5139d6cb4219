import { spawn } from 'node:child_process';

/** What a finished command left behind. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Milliseconds after which the command is killed; 20 s unless told. */
  readonly timeout?: number;
}

/** A command that could not be started, was killed, or ended with a code that `run` does not accept. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly finished: Finished;

  constructor(command: readonly string[], finished: Finished) {
    super(
      `${command.join(' ').split('\n', 1)[0]}: exit ${finished.code}: ${finished.stderr.trim() || finished.stdout.trim()}`,
    );
    this.finished = finished;
  }
}

/** Runs a command to its end and answers whatever it ended with; a command that cannot be started has code 127. */
export function attempt(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const [file = 'false', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: options.env ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: options.timeout ?? 20_000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // A command that ends without reading its input is not an error of ours.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: `${stderr}${error.message}` }));
    child.on('close', (code, signal) => resolve({ code: code ?? 128, stdout, stderr: stderr || (signal ?? '') }));
  });
}

/** Runs a command that must succeed and answers its standard output. Throws a CommandError. */
export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const finished = await attempt(command, options);
  if (finished.code !== 0) throw new CommandError(command, finished);
  return finished.stdout;
}
