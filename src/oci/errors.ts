/**
 * The one place where failures of the outside world become an `OciErrorCode`. Everything in the worker throws
 * `OciFault`; what crosses the thread boundary is the plain `OciFailure` made here.
 */
import type { Milliseconds, OciErrorCode, OciFailure } from './types.ts';

/** What is known of a failure besides its code and sentence. */
export interface FaultDetails {
  /** HTTP status, where there was an answer. */
  readonly status?: number;
  /** `opc-request-id` of the answer. */
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** A failed exchange with OCI, metadata or federation, with its cause kept. */
export class OciFault extends Error {
  override readonly name = 'OciFault';
  readonly code: OciErrorCode;
  readonly status: number | undefined;
  readonly requestId: string | undefined;

  constructor(code: OciErrorCode, message: string, details: FaultDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.status = details.status;
    this.requestId = details.requestId;
  }
}

/** An error answer as read from the wire or from the SDK's `OciError`. */
export interface ErrorAnswer {
  readonly status: number;
  /** OCI's error code such as `NotAuthorizedOrNotFound`; absent when the body was not OCI's JSON. */
  readonly serviceCode?: string;
  readonly message: string;
  readonly requestId?: string;
}

/**
 * Maps an HTTP error status to its code.
 * Source: https://docs.oracle.com/iaas/Content/API/References/apierrors.htm
 */
export function codeOfStatus(status: number, serviceCode: string | undefined): OciErrorCode {
  switch (status) {
    // NotAuthenticated: token expired, revoked or its signature wrong. A clock more than 5 min off ends here too.
    case 401:
      return 'unauthenticated';
    // OCI answers NotAuthorizedOrNotFound both to a missing object and to a missing policy. A 404 without OCI's body
    // comes from something in between (a gateway, a wrong endpoint) and says nothing about the object.
    case 404:
      return serviceCode === undefined ? 'server-error' : 'not-found';
    // A proxy or gateway gave up waiting for the request: the same as no answer, but known not to have been processed.
    case 408:
      return 'server-error';
    // IncorrectState, Conflict: another operation holds the VNIC or the private IP.
    case 409:
      return 'conflict';
    // NoEtagMatch: the record is not the one that was read.
    case 412:
      return 'precondition-failed';
    // TooManyRequests, with or without OCI's body (front ends answer HTML).
    case 429:
      return 'throttled';
    default:
      // 500 InternalServerError, 502, 503 ServiceUnavailable, 504: trying again may help.
      if (status >= 500) return 'server-error';
      // 400 InvalidParameter, LimitExceeded, 403, 405, 413, an unexpected redirect: the same request fails again.
      return 'rejected';
  }
}

/** Makes the fault of an error answer, in OCI's own words where it gave some. */
export function faultOfAnswer(operation: string, answer: ErrorAnswer, cause?: unknown): OciFault {
  const code = codeOfStatus(answer.status, answer.serviceCode);
  const words =
    answer.serviceCode === undefined ? withoutMarkup(answer.message) : `${answer.serviceCode}: ${answer.message}`;
  return new OciFault(code, `${operation} was answered with ${answer.status} ${words}`.trimEnd(), {
    status: answer.status,
    cause,
    ...(answer.requestId === undefined ? {} : { requestId: answer.requestId }),
  });
}

/** Makes the fault of an exchange that brought no answer: DNS, TCP, TLS or a broken connection. */
export function faultOfNetwork(operation: string, origin: string, cause: unknown): OciFault {
  if (cause instanceof OciFault) return cause;
  const errno = errnoOf(cause);
  switch (errno) {
    // The resolver knows no such name, or did not answer in time.
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new OciFault('network', `${operation}: the name of ${origin} does not resolve (${errno})`, { cause });
    // Nobody listens there, or a security list or route is missing.
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return new OciFault('network', `${operation}: ${origin} cannot be reached (${errno})`, { cause });
    // The other end closed the connection under the request: a write may have happened.
    case 'ECONNRESET':
    case 'EPIPE':
      return new OciFault('network', `${operation}: ${origin} closed the connection before it answered (${errno})`, {
        cause,
      });
    // The certificate of the endpoint is not trusted, expired or for another name; any other errno.
    default:
      return new OciFault('network', `${operation}: the connection to ${origin} failed (${errno ?? textOf(cause)})`, {
        cause,
      });
  }
}

/**
 * Makes a fault of whatever a call of the SDK threw: its `OciError` for an answer of the service (`statusCode`,
 * `serviceCode`, `opcRequestId`), otherwise an error of this side.
 */
export function faultOfSdkError(operation: string, error: unknown): OciFault {
  if (error instanceof OciFault) return error;
  if (isRecord(error) && typeof error['statusCode'] === 'number') {
    const serviceCode = error['serviceCode'];
    const requestId = error['opcRequestId'];
    return faultOfAnswer(
      operation,
      {
        status: error['statusCode'],
        message: textOf(error),
        // The SDK writes `None` where the body was not OCI's JSON.
        ...(typeof serviceCode === 'string' && serviceCode !== 'None' ? { serviceCode } : {}),
        ...(typeof requestId === 'string' && requestId !== '' ? { requestId } : {}),
      },
      error,
    );
  }
  // A 200 whose body is not the JSON that was promised: a gateway's page, or a body cut short.
  if (error instanceof SyntaxError) {
    return new OciFault('server-error', `${operation}: the answer is not JSON (${error.message})`, { cause: error });
  }
  return new OciFault('rejected', `${operation}: ${textOf(error)}`, { cause: error });
}

/** The form of a fault that crosses the thread boundary. Anything else thrown is a mistake of ours: `rejected`. */
export function failureOf(error: unknown): OciFailure {
  if (!(error instanceof OciFault)) return { ok: false, code: 'rejected', message: textOf(error) };
  return {
    ok: false,
    code: error.code,
    message: error.message,
    ...(error.status === undefined ? {} : { status: error.status }),
    ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
  };
}

/** The words of anything thrown. */
export function textOf(error: unknown): string {
  if (isRecord(error) && typeof error['message'] === 'string' && error['message'] !== '') return error['message'];
  return String(error);
}

function errnoOf(error: unknown): string | undefined {
  return isRecord(error) && typeof error['code'] === 'string' ? error['code'] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** HTML pages shortened to the words an admin can use. */
function withoutMarkup(text: string): string {
  const words = text
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return words.length > 120 ? `${words.slice(0, 117)}...` : words;
}

/** OCI refuses requests whose date is more than 5 minutes off; below one minute the clock is not worth a word. */
const CLOCK_WORTH_TELLING: Milliseconds = 60_000;

/** The service's clock minus ours, by the `date` of an answer; NaN without one. */
export function clockOffsetBy(date: string | undefined): Milliseconds {
  return Date.parse(date ?? '') - Date.now();
}

/** A wrong clock is the one cause of a 401 that no new token cures. */
export function withClock(fault: OciFault, offset: Milliseconds | undefined): OciFault {
  if (offset === undefined || !(Math.abs(offset) > CLOCK_WORTH_TELLING)) return fault;
  const seconds = Math.round(Math.abs(offset) / 1_000);
  const words = `the clock of this router is ${seconds} s ${offset > 0 ? 'behind' : 'ahead of'} the service's: set it (chronyc tracking)`;
  return new OciFault(fault.code, `${fault.message}; ${words}`, {
    cause: fault,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(fault.requestId === undefined ? {} : { requestId: fault.requestId }),
  });
}
