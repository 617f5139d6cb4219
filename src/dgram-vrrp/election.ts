/**
 * Who is master: the VRRP state machine of one virtual router (RFC 9568 §6.4, RFC 3768 §6.4).
 *
 *            startup                    master-down fires, named successor, preempt delay over
 *   init ─────────────▶ backup ───────────────────────────────────────────────────▶ master
 *    ▲                  ▲    ▲                                                        │
 *    │ shutdown         │    └──── better or equal-and-greater master heard, resign ──┤
 *    └── from anywhere  │ cleared                                                     │
 *                     fault / standby ◀─────────────── fault, standby ────────────────┘
 *
 * Rules, in RFC words:
 *  - §6.4.1 start: the owner (255) is master at once; everybody else listens for a master down interval.
 *  - §6.4.2 backup: a master that is at least as good, or any while we do not pre-empt, resets the timer and lends us
 *    its interval (v3; v2 discards another interval, RFC 3768 §7.1). A worse one is not heard. Priority 0 leaves the
 *    skew time. The address does not matter here.
 *  - §6.4.3 master: a better one, or an equal one with the greater address, makes us backup. A worse one is answered at
 *    once in v3, so that it yields; v2 says nothing. Priority 0 is answered with an advert for the other backups.
 * Beyond the RFC (`ElectionExtensions`): the states fault and standby, readiness, hold, freeze, named successors, stalls, and
 * superseded: a backup whose timer is off because somebody unheard holds the addresses.
 *
 * Every transition stands here. What they go by stands beside it: how good this router is and how long it waits
 * (election-candidacy.ts), whom it follows (election-followed.ts), who yields to whom (election-rank.ts), late timers
 * (election-stall.ts), and what changes without a transition (election-changes.ts).
 *
 * Pure: time is an argument, timers are `nextDeadline()`. A timer carries the generation it was armed with, so an
 * expiry that was overtaken by another event does nothing.
 */

import { createCandidacy } from './election-candidacy.ts';
import { createChanges } from './election-changes.ts';
import { createFollowed } from './election-followed.ts';
import { type AdvertEvent, addressChanges, isOwn, OWNER, yieldsTo } from './election-rank.ts';
import { createStalls } from './election-stall.ts';
import { type ArmedTimer, createElectionTimers } from './election-timers.ts';
import type {
  Election,
  ElectionAction,
  ElectionConfig,
  ElectionEvent,
  ElectionState,
  ElectionTimer,
  TransitionReason,
} from './election-types.ts';
import type { Milliseconds } from './timing.ts';

/** Creates the election of one virtual router, in state `init`. Nothing happens until `startup`. */
export function createElection(initial: ElectionConfig): Election {
  let config = initial;
  let state: ElectionState = 'init';
  let actions: ElectionAction[] = [];
  let now: Milliseconds = 0;
  const timers = createElectionTimers();
  const candidacy = createCandidacy(initial);
  const followed = createFollowed();
  const { effectivePriority, masterDown, skew, listening } = candidacy;
  const restartAdverts = () => arm('advert', interval);
  const changes = createChanges({
    state: () => state,
    candidacy,
    advertise,
    rearm,
    restartAdverts,
    cancel,
    followPassedOver,
  });
  const stalls = createStalls({
    config: () => config,
    candidacy,
    timers,
    arm,
    tell: (late) => extensions().report && emit({ kind: 'stalled', late }),
  });

  let superseded = false;
  let faulty = false;
  let standby = false;

  const extensions = () => config.extensions ?? {};
  const emit = (action: ElectionAction) => actions.push(action);

  // Timers

  const interval = () => config.interval;

  function arm(timer: ElectionTimer, wait: () => Milliseconds, since = now): void {
    emit(timers.arm(timer, wait, since));
  }

  function rearm(timer: ElectionTimer): void {
    const armed = timers.rearm(timer, now);
    if (armed !== undefined) emit(armed);
  }

  function cancel(timer: ElectionTimer): void {
    if (timers.disarm(timer)) emit({ kind: 'cancel', timer });
  }

  // Transitions

  function enter(to: ElectionState, reason: TransitionReason): void {
    const from = state;
    state = to;
    candidacy.entered(to);
    emit({ kind: 'transition', from, to, reason });
  }

  function advertise(): void {
    emit({ kind: 'send-advert', priority: effectivePriority(), interval: config.interval, copies: 1 });
  }

  function becomeMaster(reason: TransitionReason): void {
    timers.disarm('master-down');
    timers.disarm('preempt');
    followed.resigned();
    candidacy.setActiveInterval(config.interval);
    advertise();
    emit({ kind: 'activate', addresses: config.addresses });
    emit({ kind: 'announce', addresses: config.addresses });
    arm('advert', interval);
    enter('master', reason);
  }

  /** Leaves mastership by priority 0, so that nobody has to wait for the master down interval. */
  function resign(): void {
    cancel('advert');
    const copies = extensions().resignCopies ?? 1;
    emit({ kind: 'send-advert', priority: 0, interval: config.interval, copies });
    emit({ kind: 'deactivate', addresses: config.addresses });
  }

  /** Out of the election: init, fault or standby. */
  function leave(to: ElectionState, reason: TransitionReason): void {
    if (state === 'master') resign();
    setSuperseded(false);
    cancel('master-down');
    cancel('preempt');
    enter(to, reason);
  }

  /** Back into the election, or into what keeps us out of it. */
  function rejoin(reason: TransitionReason): void {
    if (standby) {
      if (state !== 'standby') leave('standby', 'standby');
    } else if (faulty) {
      if (state !== 'fault') leave('fault', 'fault');
    } else if (state !== 'backup' && state !== 'master') {
      if (followed.isSilent(now)) {
        followed.forget();
        candidacy.setActiveInterval(config.interval);
      }
      arm('master-down', reason === 'startup' ? listening : masterDown);
      enter('backup', reason);
    }
  }

  function start(): void {
    if (state !== 'init') return;
    if (config.priority === 0) {
      emit({ kind: 'warn', code: 'priority-zero', source: config.address });
      return;
    }
    candidacy.setActiveInterval(config.interval);
    followed.forget();
    candidacy.startListening(now);
    if (config.priority === OWNER && !faulty && !standby) becomeMaster('address-owner');
    else rejoin('startup');
  }

  function stop(): void {
    if (state !== 'init') leave('init', 'shutdown');
  }

  // Adverts

  function adopt(advert: AdvertEvent, at = now): void {
    followed.adopt(advert, at);
    setSuperseded(false);
    if (config.version === 2) return;
    candidacy.setActiveInterval(advert.interval);
    if (advert.interval === config.interval || !followed.isNewInterval(advert)) return;
    emit({ kind: 'warn', code: 'interval-differs', source: advert.source });
  }

  function resignationHeard(advert: AdvertEvent): void {
    const master = followed.heard()?.source;
    const isMaster = master === undefined || master === advert.source || followed.isSilent(now);
    if (extensions().onlyMasterResigns && !isMaster) return;
    // Who resigns is not who holds: that one is heard by other means.
    if (superseded) return followed.resigned();
    followed.resigned(advert.source);
    if (extensions().namedSuccessor && advert.successor === 'self') {
      becomeMaster('named-successor');
      return;
    }
    cancel('preempt');
    arm('master-down', skew);
  }

  /** @param at when it was heard */
  function advertAsBackup(advert: AdvertEvent, at = now): void {
    if (advert.priority === 0) return resignationHeard(advert);
    const worse = advert.priority < effectivePriority();
    if (worse && candidacy.preempts(advert.holding)) {
      if (config.preemptDelay === 0) return followed.passOver(advert, at);
      adopt(advert, at);
      if (!timers.get('preempt')) arm('preempt', candidacy.preemptWait(now));
    } else {
      cancel('preempt');
      adopt(advert, at);
    }
    arm('master-down', candidacy.silence(at), at);
  }

  /** The worse master that it heard last, which it may no longer pre-empt, or not so soon: it follows that one then. */
  function followPassedOver(): void {
    const passed = followed.passedOver(now);
    if (state === 'backup' && !superseded && passed !== undefined) advertAsBackup(passed.advert, passed.at);
  }

  function advertAsMaster(advert: AdvertEvent): void {
    if (advert.priority === 0) {
      advertise();
      arm('advert', interval);
      return;
    }
    const own = { priority: effectivePriority(), address: config.address };
    if (isOwn(advert, own)) {
      emit({ kind: 'warn', code: 'own-address', source: advert.source });
      return;
    }
    if (advert.priority === OWNER && config.priority === OWNER) {
      emit({ kind: 'warn', code: 'two-owners', source: advert.source });
    }
    const reason = yieldsTo(advert, own);
    const keeps = advert.holding === true && (candidacy.held() || !config.preempt);
    if (reason !== undefined && !keeps) {
      cancel('advert');
      emit({ kind: 'deactivate', addresses: config.addresses });
      adopt(advert);
      arm('master-down', masterDown);
      enter('backup', reason);
      return;
    }
    // A better master answers us at once, too: two that answer each other would never end.
    if (config.version === 3 && !keeps) advertise();
    if (extensions().report) emit({ kind: 'rival', source: advert.source, priority: advert.priority });
  }

  function advertHeard(advert: AdvertEvent): void {
    if (state === 'init') return;
    if (config.version === 2 && advert.interval !== config.interval) {
      emit({ kind: 'warn', code: 'interval-mismatch', source: advert.source });
      return;
    }
    if (state === 'backup') advertAsBackup(advert);
    else if (state === 'master') advertAsMaster(advert);
    else if (advert.priority > 0) adopt(advert);
    else if (followed.heard()?.source === advert.source) followed.resigned();
  }

  // Timers

  function timerFired(armed: ArmedTimer): void {
    const { timer } = armed;
    timers.disarm(timer);
    if (!stalls.believes(armed, now)) return;
    if (timer === 'advert') {
      advertise();
      // From when it was due, not from when it fired: a timer's lateness must not slow the heartbeat down.
      arm('advert', interval, now - armed.at < config.interval ? armed.at : now);
    } else {
      becomeMaster(timer === 'preempt' ? 'preempt-delay-expired' : 'no-response');
    }
  }

  function vouched(heardAt: Milliseconds): void {
    if (state !== 'backup' || followed.heard() === undefined) return;
    arm('master-down', candidacy.silence(heardAt), heardAt);
  }

  // Superseded (DESIGN §4 rule 3): backup with its timer off

  function setSuperseded(on: boolean): void {
    if (superseded === on) return;
    superseded = on;
    emit({ kind: 'superseded', on });
  }

  function supersededChanged(on: boolean): void {
    if (on === superseded || (state !== 'master' && state !== 'backup')) return;
    setSuperseded(on);
    if (!on) return arm('master-down', candidacy.silence(now));
    cancel('master-down');
    cancel('preempt');
    if (state === 'backup') return;
    // Nobody is asked to follow: somebody does already.
    cancel('advert');
    // Whoever this mastership followed may be the one that lives, and takes the addresses unheard.
    followed.forget();
    emit({ kind: 'deactivate', addresses: config.addresses });
    enter('backup', 'superseded');
  }

  function reconfigured(next: ElectionConfig): void {
    const previous = config;
    config = next;
    candidacy.configure(next);
    if (state === 'init') return;
    if (state === 'master') actions.push(...addressChanges(previous.addresses, next.addresses));
    if (followed.heard() === undefined || next.version === 2) candidacy.setActiveInterval(next.interval);
    changes.configuration(previous, next);
  }

  function dispatch(event: ElectionEvent): void {
    switch (event.kind) {
      case 'startup':
        return start();
      case 'shutdown':
        return stop();
      case 'advert':
        return advertHeard(event);
      case 'timer': {
        const armed = timers.get(event.timer);
        if (armed?.generation === event.generation) timerFired(armed);
        return;
      }
      case 'fault':
        faulty = event.on;
        if (state !== 'init') rejoin('fault-cleared');
        return;
      case 'standby':
        standby = event.on;
        if (state !== 'init') rejoin('standby-ended');
        return;
      case 'readiness':
        return changes.readiness(event.ready);
      case 'hold':
        return changes.hold(event.on, event.on && event.ours === true);
      case 'freeze':
        return changes.freeze(event.on);
      case 'superseded':
        return supersededChanged(event.on);
      case 'deferred':
        timers.disarm('preempt');
        if (state === 'backup') arm('master-down', masterDown);
        return;
      case 'vouched':
        return vouched(event.heardAt);
      case 'resumed':
        return stalls.resumed(event.late, now);
      case 'resign':
        if (state !== 'master') return;
        resign();
        arm('master-down', masterDown);
        return enter('backup', 'switchover');
      case 'reconfigure':
        return reconfigured(event.config);
    }
  }

  return {
    handle(at, event) {
      now = at;
      actions = [];
      dispatch(event);
      return actions;
    },
    nextDeadline() {
      const next = timers.next();
      return next && { at: next.at, timer: next.timer, generation: next.generation };
    },
    state: () => state,
    effectivePriority,
    predecessor: followed.predecessor,
    master: followed.heard,
  };
}
