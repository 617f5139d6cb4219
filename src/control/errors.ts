import type { ErrorReport } from './api.ts';

/** Why an admin's command was not carried out. */
export type ControlErrorCode =
  | ErrorReport['error']['code']
  /** Client: nothing answers at the socket. */
  | 'unreachable'
  /** Client: the socket may not be opened by this user. */
  | 'permission'
  /** Client: no answer within the deadline; what was asked for may still happen. */
  | 'timeout'
  /** Client: the answer was not what this version understands. */
  | 'protocol';

/** The one error of the control socket, on both of its ends. The message says what is wrong and what to do. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly code: ControlErrorCode;

  constructor(code: ControlErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** HTTP status of an error in an answer; what only a client can find out never gets here. */
export function httpStatusOf(code: ControlErrorCode): number {
  switch (code) {
    case 'bad-request':
      return 400;
    case 'not-found':
      return 404;
    // The request is understood and conflicts with the state of the cluster.
    case 'refused':
      return 409;
    case 'bad-config':
      return 422;
    case 'not-served':
      return 501;
    default:
      return 500;
  }
}
