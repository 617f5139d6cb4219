import type { ControlErrorCode } from '../control/errors.ts';

/** What failoverctl exits with; from 64 on as in sysexits.h. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 69,
  permission: 77,
  badConfig: 78,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that cannot go on: the message is for the admin and says what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

export function exitCodeOf(code: ControlErrorCode): ExitCode {
  switch (code) {
    // A daemon that does not answer, or something else that does, is a daemon that cannot be reached.
    case 'unreachable':
    case 'timeout':
    case 'protocol':
      return EXIT.unreachable;
    case 'permission':
      return EXIT.permission;
    case 'bad-config':
      return EXIT.badConfig;
    default:
      return EXIT.failed;
  }
}
