/** An answer of the API that is not 2xx, in OCI's form `{"code","message"}`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  /** For the record only. */
  readonly detail: string | null;

  constructor(status: number, code: string, message: string, detail: string | null = null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

/** The code and sentence OCI uses for a status when a fault names none. */
const DEFAULTS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['InvalidParameter', 'The request contains an invalid parameter.'],
  401: ['NotAuthenticated', 'The required information to complete authentication was not provided or was incorrect.'],
  404: ['NotAuthorizedOrNotFound', 'Authorization failed or requested resource not found.'],
  405: ['MethodNotAllowed', 'The method is not allowed on this resource.'],
  409: ['Conflict', 'Another operation on this resource is in progress.'],
  412: ['NoEtagMatch', 'The etag in the if-match header does not match the current etag of the resource.'],
  429: ['TooManyRequests', 'Too many requests for the user.'],
  500: ['InternalServerError', 'Internal Server Error'],
  502: ['BadGateway', 'Bad Gateway'],
  503: ['ServiceUnavailable', 'The service is currently unavailable.'],
  504: ['GatewayTimeout', 'Gateway Timeout'],
};

/** The usual error of a status; `detail` goes into the record, not into the answer. */
export function usualError(status: number, detail: string | null = null): ApiError {
  const [code, message] = DEFAULTS[status] ?? ['UnknownError', `Status ${status}`];
  return new ApiError(status, code, message, detail);
}

export const invalidParameter = (message: string): ApiError => new ApiError(400, 'InvalidParameter', message);
