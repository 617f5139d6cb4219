import type { Candidacy } from './election-candidacy.ts';
import type { ElectionConfig, ElectionState, ElectionTimer } from './election-types.ts';

/**
 * What may become different while an election runs: readiness, hold, freeze, configuration. None of it is a transition: a
 * timer that runs is set to what it would be by now, a worse master that is no longer pre-empted is followed, and a master
 * tells its peers.
 */
export interface Changes {
  readiness(ready: boolean): void;
  hold(on: boolean, ours: boolean): void;
  freeze(on: boolean): void;
  configuration(before: ElectionConfig, after: ElectionConfig): void;
}

export function createChanges(election: {
  readonly state: () => ElectionState;
  readonly candidacy: Candidacy;
  readonly advertise: () => void;
  /** Arms a timer that runs anew, counting the time it has waited already: a reload never restarts the election. */
  readonly rearm: (timer: ElectionTimer) => void;
  readonly restartAdverts: () => void;
  readonly cancel: (timer: ElectionTimer) => void;
  /** Follows the worse master that was heard last, if this router does not pre-empt it any more, or not at once. */
  readonly followPassedOver: () => void;
}): Changes {
  const { state, candidacy } = election;
  return {
    readiness(ready) {
      if (ready === candidacy.ready()) return;
      const before = candidacy.effectivePriority();
      candidacy.setReady(ready);
      if (candidacy.effectivePriority() === before) return;
      if (state() === 'master') election.advertise();
      else if (state() === 'backup') election.rearm('master-down');
      if (!candidacy.preempts()) election.cancel('preempt');
      election.followPassedOver();
    },
    hold(on, ours) {
      const before = candidacy.urgency();
      candidacy.setHold(on, ours);
      if (on) election.cancel('preempt');
      if (state() === 'backup' && candidacy.urgency() !== before) election.rearm('master-down');
      election.followPassedOver();
    },
    freeze(on) {
      candidacy.setFrozen(on);
      if (on) election.cancel('preempt');
      election.followPassedOver();
    },
    configuration(before, after) {
      if (!candidacy.preempts()) election.cancel('preempt');
      else if (before.preemptDelay !== after.preemptDelay) election.rearm('preempt');
      election.followPassedOver();
      const same = before.priority === after.priority && before.interval === after.interval;
      if (same && before.version === after.version) return;
      if (state() === 'backup') return election.rearm('master-down');
      if (state() !== 'master') return;
      election.advertise();
      election.restartAdverts();
    },
  };
}
