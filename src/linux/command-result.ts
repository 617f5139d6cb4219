/** A run of a command as those see it who want its result. Types and words only: command.ts runs it. */

export interface CommandOptions {
  /** An absolute path and its arguments. No shell is involved. */
  readonly argv: readonly string[];
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which its process group gets SIGTERM, and SIGKILL a second later. */
  readonly timeout: number;
}

export type CommandResult = (
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'signalled'; readonly signal: string }
  | { readonly kind: 'timed-out'; readonly after: number }
  | { readonly kind: 'not-started'; readonly reason: string }
) & {
  /** The end of what it wrote to standard output and standard error. */
  readonly output: string;
};

export interface CommandRun {
  /** A run that takes too long has failed at its timeout, whatever becomes of its process. Never rejects. */
  readonly result: Promise<CommandResult>;
  /** Its process is gone. Never rejects. */
  readonly gone: Promise<void>;
  /** Ends it now, as the timeout would. */
  stop(): void;
}

/** Starts a command; everything that goes wrong with it is a result. */
export type RunCommand = (options: CommandOptions) => CommandRun;

/** A sentence without a full stop. */
export function describeResult(result: CommandResult): string {
  const [said] = result.output.trimEnd().split('\n').slice(-1);
  const words = said === undefined || said === '' ? '' : `: ${said}`;
  switch (result.kind) {
    case 'exited':
      return `exit code ${result.code}${words}`;
    case 'signalled':
      return `ended by ${result.signal}${words}`;
    case 'timed-out':
      return `no answer within ${result.after} ms${words}`;
    case 'not-started':
      return result.reason;
  }
}
