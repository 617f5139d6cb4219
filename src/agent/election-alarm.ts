import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { Clock } from './clock.ts';

/** A look at the clock comes half an interval after each advert that is missing, so that none is needed while they come. */
const LOOK_AFTER = 1.5;

/**
 * The alarm of one group's election, which rings when a timer of it is due. In a silence it looks at the clock once an
 * interval as well: where the machine stood still, what was sent to it meanwhile is lost, and a timer that is due just
 * after it went on would be in time and wrong. Two adverts and more are lost to a pause that matters, so that a look is
 * more than one interval late after it.
 */
export interface ElectionAlarm {
  /**
   * @param due when the next timer is due; undefined: none runs, and nothing is looked at
   * @param silence since when nothing was heard, and how far apart adverts are
   */
  set(due: Milliseconds | undefined, silence: Silence): void;
  close(): void;
}

interface Silence {
  readonly since: Milliseconds;
  readonly interval: Milliseconds;
}

/** @param onLook told how late a look at the clock was, and to set the alarm again */
export function createElectionAlarm(
  clock: Pick<Clock, 'now' | 'createAlarm'>,
  { onDue, onLook }: { readonly onDue: () => void; readonly onLook: (late: Milliseconds) => void },
): ElectionAlarm {
  let lookAt: Milliseconds | undefined;
  /** Since when it was silent at the last setting. */
  let silentSince: Milliseconds | undefined;
  const alarm = clock.createAlarm(() => {
    const looked = lookAt;
    lookAt = undefined;
    if (looked === undefined) onDue();
    else onLook(clock.now() - looked);
  });

  /** One that is late still has its lateness to tell, whatever happened first after the pause; an advert ends that. */
  function overdue(since: Milliseconds): Milliseconds | undefined {
    return lookAt !== undefined && lookAt < clock.now() && since === silentSince ? lookAt : undefined;
  }

  return {
    set(due, silence) {
      const next = overdue(silence.since) ?? nextLook(silence, clock.now());
      silentSince = silence.since;
      lookAt = due !== undefined && next < due ? next : undefined;
      alarm.set(lookAt ?? due);
    },
    close: alarm.close,
  };
}

/** The first that is later than `now`. */
function nextLook({ since, interval }: Silence, now: Milliseconds): Milliseconds {
  const over = Math.floor((now - since) / interval - LOOK_AFTER) + 1;
  return since + interval * (LOOK_AFTER + Math.max(0, over));
}
