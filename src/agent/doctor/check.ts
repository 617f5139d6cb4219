import type { DoctorCheck } from '../../control/api.ts';
import type { OciFailure } from '../../oci/types.ts';

export function ok(check: string, about: string, finding: string): DoctorCheck {
  return { check, about, result: 'ok', finding };
}

export function warning(check: string, about: string, finding: string, advice: string): DoctorCheck {
  return { check, about, result: 'warning', finding, advice };
}

export function failed(check: string, about: string, finding: string, advice: string): DoctorCheck {
  return { check, about, result: 'failed', finding, advice };
}

export function unknown(check: string, about: string, finding: string, advice: string): DoctorCheck {
  return { check, about, result: 'unknown', finding, advice };
}

/** The service's words, with the request's number for a support ticket. */
export function wordsOf({ message, requestId }: OciFailure): string {
  return requestId === undefined ? message : `${message} (opc-request-id ${requestId})`;
}

/** `12 ms`, `1.4 s`, `18 min`. */
export function span(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}
