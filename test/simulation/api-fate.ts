import type { Chance } from './chance.ts';
import type { Fate, Operation } from './oci-client.ts';
import type { ApiTrouble } from './scenario.ts';

/** How long requests take without a fault: most of them about this long, a few ten times as long. */
const READ = { least: 15, most: 60 };
const WRITE = { least: 60, most: 350 };
const SLOW_PART = 0.01;
/** A late write is carried out after this long: beyond the request timeout, within what a stuck connection takes. */
const LATE = { least: 2500, most: 15_000 };
/** A held write waits in a queue that nobody looks at. */
const HELD = { least: 15_000, most: 90_000 };
/** Replicas lag behind by at most this. */
const LAG = 3000;
/** The worker signs, looks up names and makes keys: its requests wait for it now and then. */
const BUSY_PART = 0.005;
const BUSY = 900;

/** What the services are like for one router now. */
export interface ApiConditions {
  readonly troubles: readonly { readonly trouble: ApiTrouble; readonly probability: number }[];
  /** The token is expired until it is refreshed. */
  tokenExpired: boolean;
}

/** Draws what becomes of a request. */
export function drawFate(operation: Operation, conditions: ApiConditions, chance: Chance): Fate {
  const isWrite = operation === 'UpdatePrivateIp' || operation === 'UpdateVnic';
  const { least, most } = isWrite ? WRITE : READ;
  const total = chance.between(least, most) * (chance.happens(SLOW_PART) ? 10 : 1);
  const share = chance.next();
  const waits = chance.happens(BUSY_PART) ? chance.between(0, BUSY) : 0;
  const fate: Fate = { waits, travels: total * share, returns: total * (1 - share), carriedOut: false, lag: 0 };
  if (conditions.tokenExpired && operation !== 'Federation') return { ...fate, failure: 'unauthenticated' };
  return conditions.troubles.reduce(
    (worse, { trouble, probability }) =>
      chance.happens(probability) ? troubled(worse, trouble, isWrite, chance) : worse,
    fate,
  );
}

function troubled(fate: Fate, trouble: ApiTrouble, isWrite: boolean, chance: Chance): Fate {
  switch (trouble) {
    case 'outage':
      // A name that does not resolve fails at once, a packet that is dropped fails by the deadline.
      return {
        ...fate,
        failure: 'network',
        carriedOut: false,
        returns: chance.happens(0.5) ? fate.returns : undefined,
      };
    case 'throttled':
      return { ...fate, failure: 'throttled', carriedOut: false };
    case 'errors':
      return { ...fate, failure: 'server-error', carriedOut: isWrite && chance.happens(0.3) };
    case 'conflicts':
      return isWrite ? { ...fate, failure: 'conflict', carriedOut: false } : fate;
    case 'lost-answers':
      if (!isWrite) return fate;
      return chance.happens(0.5)
        ? { ...fate, returns: undefined }
        : { ...fate, failure: chance.pick(['server-error', 'network']), carriedOut: chance.happens(0.7) };
    case 'late-writes':
      return isWrite ? { ...fate, travels: chance.between(LATE.least, LATE.most), returns: undefined } : fate;
    case 'held-writes':
      return isWrite ? { ...fate, travels: chance.between(HELD.least, HELD.most), returns: undefined } : fate;
    case 'lag':
      return { ...fate, lag: chance.between(0, LAG) };
    case 'slow':
      return { ...fate, travels: fate.travels + chance.between(0, 1500) };
    case 'token':
    case 'metadata':
      // Told to the router by its status and by `tokenExpired`.
      return fate;
  }
}
