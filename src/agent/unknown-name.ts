import { didYouMean } from '../config/index.ts';
import { ControlError } from '../control/errors.ts';

/** The answer to a command for a router or group that is not configured. */
export function unknownName(kind: 'router' | 'group', name: string, known: readonly string[]): ControlError {
  const meant = didYouMean(name, known);
  const hint = meant === undefined ? '; the' : `, did you mean ${meant}? The`;
  return new ControlError('not-found', `there is no ${kind} ${name}${hint} ${kind}s are ${known.join(', ')}`);
}
