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
 * Beyond the RFC (`ElectionExtensions`): the states fault and standby, readiness, hold, named successors, stalls, and
 * superseded: a backup whose timer is off because somebody unheard holds the addresses.
 *
 * Pure: time is an argument, timers are `nextDeadline()`. A timer carries the generation it was armed with, so an
 * expiry that was overtaken by another event does nothing.
 */

import { compareAddresses } from './address.ts';
import { type ArmedTimer, createElectionTimers } from './election-timers.ts';
import type {
  Election,
  ElectionAction,
  ElectionConfig,
  ElectionEvent,
  ElectionState,
  ElectionTimer,
  HeardMaster,
  TransitionReason,
} from './election-types.ts';
import { type Milliseconds, masterDownInterval, skewTime } from './timing.ts';

/** Priority of the router that owns the addresses (RFC 9568 §5.2.4). */
const OWNER = 255;
/** Divides the priority of a router that could not claim. */
const NOT_READY_DIVISOR = 16;
/** After a stall whatever is queued is read for this long, before anything is sent or taken over. */
const RESUME_DELAY: Milliseconds = 10;

type AdvertEvent = Extract<ElectionEvent, { kind: 'advert' }>;

/** Creates the election of one virtual router, in state `init`. Nothing happens until `startup`. */
export function createElection(initial: ElectionConfig): Election {
  let config = initial;
  let state: ElectionState = 'init';
  let actions: ElectionAction[] = [];
  let now: Milliseconds = 0;
  const timers = createElectionTimers();

  /** Master_Adver_Interval: the master's in v3, our own until one is heard. */
  let activeInterval = config.interval;
  let heard: HeardMaster | undefined;
  let predecessor: string | undefined;
  let superseded = false;
  let warnedInterval: string | undefined;

  let startedAt: Milliseconds = 0;
  let faulty = false;
  let standby = false;
  let hold = false;
  let holdIsOurs = false;
  let ready = true;
  /** A master keeps its full priority when the API fails: traffic still flows through it. */
  let readyAsMaster = false;

  const extensions = () => config.extensions ?? {};
  const emit = (action: ElectionAction) => actions.push(action);

  function effectivePriority(): number {
    const counted = ready || (state === 'master' && readyAsMaster) || !extensions().readiness;
    return counted ? config.priority : Math.ceil(config.priority / NOT_READY_DIVISOR);
  }

  const preempts = () => config.preempt && !hold && (ready || !extensions().readiness);

  /** While another router holds by an admin's word, this one is the last to follow a silence. */
  const urgency = () => (hold && !holdIsOurs ? 1 : effectivePriority());
  const timing = () => ({ version: config.version, priority: urgency(), interval: activeInterval });
  const masterDown = () => masterDownInterval(timing());
  const skew = () => skewTime(timing());
  /** At start: long enough to hear whoever is there, even when the network comes up late. */
  const listening = () => (extensions().startupDelay ?? 0) + masterDown();

  /** After an advert: the master down interval, but at start not before the listening is over. */
  /** Preempt delay, and at start not before the listening is over. */
  function preemptWait(): () => Milliseconds {
    const since = now;
    const listensOn = () => (extensions().startupDelay === undefined ? 0 : startedAt + listening() - since);
    return () => Math.max(config.preemptDelay, listensOn());
  }

  function silence(since = now): () => Milliseconds {
    return () => Math.max(masterDown(), startedAt + listening() - since);
  }

  // Timers

  function arm(timer: ElectionTimer, wait: () => Milliseconds, since = now): void {
    const { generation, at } = timers.arm(timer, wait, since);
    emit({ kind: 'arm', timer, generation, after: at - since });
  }

  const interval = () => config.interval;
  const resume = () => Math.min(RESUME_DELAY, config.interval);

  function cancel(timer: ElectionTimer): void {
    if (timers.disarm(timer)) emit({ kind: 'cancel', timer });
  }

  // Transitions

  function enter(to: ElectionState, reason: TransitionReason): void {
    const from = state;
    state = to;
    readyAsMaster = to === 'master' && ready;
    emit({ kind: 'transition', from, to, reason });
  }

  function advertise(): void {
    emit({ kind: 'send-advert', priority: effectivePriority(), interval: config.interval, copies: 1 });
  }

  function becomeMaster(reason: TransitionReason): void {
    timers.disarm('master-down');
    timers.disarm('preempt');
    heard = undefined;
    activeInterval = config.interval;
    advertise();
    emit({ kind: 'activate', addresses: config.addresses });
    emit({ kind: 'announce', addresses: config.addresses });
    arm('advert', interval);
    enter('master', reason);
  }

  /** Leaves mastership by priority 0, so that nobody has to wait for the master down interval. */
  function resign(): void {
    cancel('advert');
    emit({
      kind: 'send-advert',
      priority: 0,
      interval: config.interval,
      copies: extensions().resignCopies ?? 1,
    });
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
      if (heard !== undefined && now - heard.at > 3 * heard.interval) {
        heard = undefined;
        predecessor = undefined;
        activeInterval = config.interval;
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
    activeInterval = config.interval;
    heard = undefined;
    predecessor = undefined;
    startedAt = now;
    if (config.priority === OWNER && !faulty && !standby) becomeMaster('address-owner');
    else rejoin('startup');
  }

  function stop(): void {
    if (state !== 'init') leave('init', 'shutdown');
  }

  // Adverts

  function adopt(advert: AdvertEvent): void {
    heard = { source: advert.source, priority: advert.priority, interval: advert.interval, at: now };
    predecessor = advert.source;
    setSuperseded(false);
    if (config.version === 2) return;
    activeInterval = advert.interval;
    const seen = `${advert.source} ${advert.interval}`;
    if (advert.interval !== config.interval && seen !== warnedInterval) {
      warnedInterval = seen;
      emit({ kind: 'warn', code: 'interval-differs', source: advert.source });
    }
  }

  function resignationHeard(advert: AdvertEvent): void {
    const stranger =
      extensions().onlyMasterResigns &&
      heard !== undefined &&
      heard.source !== advert.source &&
      now - heard.at < 3 * heard.interval;
    if (stranger) return;
    heard = undefined;
    // Who resigns is not who holds: that one is heard by other means.
    if (superseded) return;
    predecessor = advert.source;
    if (extensions().namedSuccessor && advert.successor === 'self') {
      becomeMaster('named-successor');
      return;
    }
    cancel('preempt');
    arm('master-down', skew);
  }

  function advertAsBackup(advert: AdvertEvent): void {
    if (advert.priority === 0) {
      resignationHeard(advert);
      return;
    }
    const worse = advert.priority < effectivePriority();
    if (worse && preempts()) {
      if (config.preemptDelay === 0) return;
      adopt(advert);
      if (!timers.get('preempt')) arm('preempt', preemptWait());
    } else {
      cancel('preempt');
      adopt(advert);
    }
    arm('master-down', silence());
  }

  /** RFC 9568 §6.4.3: the greater address wins between equal priorities. */
  function yieldsTo(advert: AdvertEvent): TransitionReason | undefined {
    if (advert.priority > effectivePriority()) return 'higher-priority';
    const greater = compareAddresses(advert.source, config.address) > 0;
    return advert.priority === effectivePriority() && greater ? 'tie-break-lost' : undefined;
  }

  function advertAsMaster(advert: AdvertEvent): void {
    if (advert.priority === 0) {
      advertise();
      arm('advert', interval);
      return;
    }
    if (advert.priority === effectivePriority() && compareAddresses(advert.source, config.address) === 0) {
      emit({ kind: 'warn', code: 'own-address', source: advert.source });
      return;
    }
    if (advert.priority === OWNER && config.priority === OWNER) {
      emit({ kind: 'warn', code: 'two-owners', source: advert.source });
    }
    const reason = yieldsTo(advert);
    const keeps = advert.holding === true && (hold || !config.preempt);
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
    else if (heard?.source === advert.source) heard = undefined;
  }

  // Timers

  function timerFired(armed: ArmedTimer): void {
    const { timer } = armed;
    const late = now - armed.at;
    timers.disarm(timer);
    const limit = timer === 'advert' ? config.interval : activeInterval;
    if (extensions().stallRule && late > limit) {
      if (extensions().report) emit({ kind: 'stalled', late });
      if (timer === 'advert') {
        arm('advert', resume);
      } else {
        timers.disarm('preempt');
        arm('master-down', masterDown);
      }
      return;
    }
    // After a stall timers come before sockets: what was heard meanwhile may still be queued.
    if (extensions().stallRule && timer !== 'advert' && late > RESUME_DELAY && armed.wait !== resume) {
      arm(timer, resume);
      return;
    }
    if (timer === 'advert') {
      advertise();
      // From when it was due, not from when it fired: a timer's lateness must not slow the heartbeat down.
      arm('advert', interval, late < config.interval ? armed.at : now);
    } else {
      becomeMaster(timer === 'preempt' ? 'preempt-delay-expired' : 'no-response');
    }
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
    if (!on) return arm('master-down', silence());
    cancel('master-down');
    cancel('preempt');
    if (state === 'backup') return;
    // Nobody is asked to follow: somebody does already.
    cancel('advert');
    emit({ kind: 'deactivate', addresses: config.addresses });
    enter('backup', 'superseded');
  }

  // What may change while running

  /** The time already waited counts: a reload never restarts the election. */
  function rearmMasterDown(): void {
    const armed = timers.get('master-down');
    if (armed !== undefined) arm('master-down', armed.wait, armed.armedAt);
  }

  function readinessChanged(value: boolean): void {
    if (value === ready) return;
    const before = effectivePriority();
    ready = value;
    if (ready && state === 'master') readyAsMaster = true;
    if (effectivePriority() === before) return;
    if (state === 'master') advertise();
    else if (state === 'backup') rearmMasterDown();
    if (!preempts()) cancel('preempt');
  }

  function holdChanged(on: boolean, ours: boolean): void {
    const before = urgency();
    hold = on;
    holdIsOurs = ours;
    if (hold) cancel('preempt');
    if (state === 'backup' && urgency() !== before) rearmMasterDown();
  }

  function reconfigured(next: ElectionConfig): void {
    const previous = config;
    config = next;
    if (state === 'init') return;
    if (state === 'master') {
      const added = next.addresses.filter((address) => !previous.addresses.includes(address));
      const removed = previous.addresses.filter((address) => !next.addresses.includes(address));
      if (added.length > 0) emit({ kind: 'activate', addresses: added });
      if (removed.length > 0) emit({ kind: 'deactivate', addresses: removed });
      if (added.length > 0) emit({ kind: 'announce', addresses: added });
    }
    const same = previous.priority === next.priority && previous.interval === next.interval;
    if (same && previous.version === next.version) return;
    if (heard === undefined || next.version === 2) activeInterval = next.interval;
    if (state === 'master') {
      advertise();
      arm('advert', interval);
    } else if (state === 'backup') {
      rearmMasterDown();
    }
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
        return readinessChanged(event.ready);
      case 'hold':
        return holdChanged(event.on, event.on && event.ours === true);
      case 'superseded':
        return supersededChanged(event.on);
      case 'deferred':
        timers.disarm('preempt');
        if (state === 'backup') arm('master-down', masterDown);
        return;
      case 'vouched':
        if (state === 'backup' && heard !== undefined) arm('master-down', silence(event.heardAt), event.heardAt);
        return;
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
    predecessor: () => predecessor,
    master: () => heard,
  };
}
