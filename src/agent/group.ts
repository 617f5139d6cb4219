import {
  createElection,
  type ElectionAction,
  type ElectionConfig,
  type ElectionEvent,
  type Milliseconds,
  type Successor,
} from '../dgram-vrrp/index.ts';
import { createOwnership, type PlanAction, type PlanConfig } from '../ownership/index.ts';
import { createElectionAlarm } from './election-alarm.ts';
import { createFlapping } from './flapping.ts';
import type { Group, GroupOptions, GroupSettings, Rule } from './group-types.ts';
import { whyOf } from './lock-words.ts';
import { createRivalry } from './rivalry.ts';

/** Copies of a priority 0 advert on every path (DESIGN §4). */
const RESIGN_COPIES = 3;

/** A router whose claims all failed counts as not ready for this long; doubled each time, until it held something. */
const FIRST_UNFIT: Milliseconds = 60_000;
const LONGEST_UNFIT: Milliseconds = 1_800_000;

/** Creates one group. Nothing happens until `startup`. */
export function createGroup(options: GroupOptions): Group {
  const { name, clock, observer } = options;
  let { settings } = options;
  const flapping = createFlapping();
  /** What a link that comes and goes adds to the preempt delay. */
  let damping: Milliseconds = 0;
  const rivalry = createRivalry();
  const election = createElection(electionConfig(settings, options.without));
  const ownership = createOwnership({
    config: planConfig(settings),
    oci: options.oci,
    now: clock.now,
    createAlarm: clock.createAlarm,
    onRound() {
      tellVerifying();
      options.onRound();
    },
    onActions: planned,
  });
  let since = clock.now();
  const queue: ElectionEvent[] = [];
  let successor: string | null = null;
  let unled = false;
  let verifying = false;
  /** What was known of the lock when this router was superseded, or no longer was. */
  let why = 'not known';
  let unfitUntil = Number.NEGATIVE_INFINITY;
  let unfitFor = FIRST_UNFIT;
  let requestedSuccessor: string | undefined;

  const alarm = createElectionAlarm(clock, { onDue: timerDue, onLook: (late) => handle({ kind: 'resumed', late }) });

  function setAlarm(): void {
    const { at: since = clock.now(), interval = settings.election.interval } = election.master() ?? {};
    alarm.set(election.nextDeadline()?.at, { since, interval });
  }

  function timerDue(): void {
    const due = election.nextDeadline();
    if (due === undefined) return;
    if (due.timer === 'advert') observer.lateness(clock.now() - due.at);
    if (due.timer !== 'advert' && standsBack(due.at)) ownership.handle({ kind: 'supersede' });
    else if (due.timer !== 'advert' && options.leavesMaster(election.effectivePriority())) handle({ kind: 'deferred' });
    else handle({ kind: 'timer', timer: due.timer, generation: due.generation });
  }

  /** A master resigns, and this router would follow it at once. */
  function isHandover(event: ElectionEvent): event is Extract<ElectionEvent, { kind: 'advert' }> {
    if (event.kind !== 'advert' || event.priority !== 0 || event.successor !== 'self') return false;
    return election.state() === 'backup';
  }

  /** Nobody else may take a mastership for real that would end in the same instant. */
  function standsBack(due: Milliseconds): boolean {
    if (election.state() !== 'backup' || clock.now() - due > settings.election.interval) return false;
    return ownership.forbidsMastership(options.predecessorAt(election.predecessor()));
  }

  /** What an event leads to is carried out and told before the next one, even if that is its own doing. */
  function handle(event: ElectionEvent): void {
    queue.push(event);
    if (queue.length > 1) return;
    for (let next = queue[0]; next !== undefined; next = queue[0]) {
      try {
        handleOne(next);
      } finally {
        queue.shift();
      }
    }
  }

  function handleOne(event: ElectionEvent): void {
    if ((event.kind === 'vouched' || event.kind === 'hold') && options.without?.has(event.kind)) return;
    if (isHandover(event) && ownership.forbidsMastership(options.predecessorAt(event.source))) {
      ownership.handle({ kind: 'supersede' });
      return;
    }
    const isHolding = event.kind === 'advert' && ownership.holdsLock() && options.isRecordReadable();
    const actions = election.handle(clock.now(), isHolding ? { ...event, holding: true } : event);
    for (const action of actions) carryOut(action);
    tellUnled();
    setAlarm();
    // Claims and adverts are on their way by now; telling comes after.
    for (const action of actions) tell(action);
  }

  function carryOut(action: ElectionAction): void {
    switch (action.kind) {
      case 'send-advert':
        if (action.priority === 0) nameSuccessor();
        options.sendAdvert(action);
        return;
      case 'activate':
        successor = null;
        ownership.handle({ kind: 'master', on: true, ...predecessor() });
        return;
      case 'transition':
        since = clock.now();
        if (action.from === 'master') {
          rivalry.over();
          ownership.handle({ kind: 'master', on: false });
        }
        if (action.to === 'fault') flapping.faulted(since);
        if (action.from === 'fault' || action.to === 'master') heedFlapping();
        return;
      case 'rival':
        ownership.handle({ kind: 'conflict' });
        return;
      case 'superseded':
        if (!action.on) ownership.handle({ kind: 'superseded-over' });
        return;
      default:
        return;
    }
  }

  function predecessor() {
    const address = election.predecessor();
    const untold = address !== undefined && options.vrrpOnly;
    return { predecessor: options.predecessorAt(address), cutOff: options.isCutOff(address), untold };
  }

  function heedFlapping(): void {
    damping = flapping.preemptDelay(clock.now());
    const { preemptDelay } = settings.election;
    if (damping > preemptDelay) observer.log({ event: 'flapping', group: name, delay: damping });
    handle({ kind: 'reconfigure', config: electionNow() });
  }

  function electionNow(): ElectionConfig {
    const preemptDelay = Math.max(settings.election.preemptDelay, damping);
    return electionConfig({ ...settings, election: { ...settings.election, preemptDelay } }, options.without);
  }

  /** A backup that has not heard a master since it started may have started into a partition. */
  function tellUnled(): void {
    const now = election.state() === 'backup' && election.predecessor() === undefined;
    if (now === unled) return;
    unled = now;
    ownership.handle({ kind: 'unled', on: unled });
  }

  function planConfig(current: GroupSettings): PlanConfig {
    return {
      ...current,
      random: options.random,
      knowledge: options.knowledge,
      ...(options.without && { without: options.without }),
    };
  }

  /**
   * The name travels ahead of the priority 0 advert, in a presence: VRRP has no field for it. One that needs no name leaves
   * at once, and the name is told with the transition.
   */
  function nameSuccessor(): void {
    successor = requestedSuccessor ?? options.chooseSuccessor();
    requestedSuccessor = undefined;
    if (successor !== null && !followsUnnamed(options.routers())) options.tellPeers();
  }

  function tell(action: ElectionAction): void {
    const at = clock.now();
    switch (action.kind) {
      case 'transition':
        observer.transition({ group: name, ...action, vips: ownership.vips(), at });
        options.onTransition(action.from, action.to, action.reason);
        options.tellPeers();
        return;
      case 'rival':
        // The one that was just pre-empted may have sent before it heard of us.
        if (at - since < 2 * settings.election.interval || !rivalry.heard(action.source, at)) return;
        observer.rival(name, options.routerAt(action.source), action.priority);
        // What it holds decides who yields, and its last word may be older than its mastership.
        options.askPeers();
        return;
      case 'superseded':
        observer.superseded(name, action.on, why);
        return;
      case 'stalled':
        observer.log({ event: 'stalled', group: name, late: action.late });
        return;
      case 'warn':
        observer.log({
          event: 'election-warning',
          group: name,
          code: action.code,
          peer: options.routerAt(action.source),
        });
        return;
      default:
        return;
    }
  }

  function planned(actions: readonly PlanAction[]): void {
    observer.planned(name, actions, clock.now());
    tellVerifying();
    for (const action of actions) {
      if (action.kind === 'superseded') {
        if (action.lock !== undefined) why = whyOf(action.lock);
        handle({ kind: 'superseded', on: action.on });
      }
      if (action.kind === 'hopeless') giveUp();
      if (action.kind === 'held') unfitFor = FIRST_UNFIT;
    }
    if (actions.some(({ kind }) => kind === 'ask-peers')) options.askPeers();
    if (actions.some(({ kind }) => kind === 'rediscover')) options.rediscover();
    if (actions.some(({ kind }) => kind === 'held')) options.onHeld();
    if (actions.some(({ kind }) => kind === 'held' || kind === 'drift')) options.tellPeersSoon();
  }

  function tellVerifying(): void {
    if (ownership.verifying() === verifying) return;
    verifying = !verifying;
    observer.log({ event: 'verifying', group: name, on: verifying });
  }

  /** A master that can claim nothing lets a ready peer try, and keeps out of its way for a while. */
  function giveUp(): void {
    const target = options.chooseSuccessor();
    if (target === null) return;
    unfitUntil = clock.now() + unfitFor;
    unfitFor = Math.min(LONGEST_UNFIT, 2 * unfitFor);
    observer.log({ event: 'gave-up', group: name, to: target });
    requestedSuccessor = target;
    handle({ kind: 'resign' });
  }

  return {
    name,
    virtualRouterId: options.virtualRouterId,
    unfit: () => clock.now() < unfitUntil,
    handle,
    ownership: ownership.handle,
    verify: ownership.verify,
    resignTo(target) {
      requestedSuccessor = target;
      handle({ kind: 'resign' });
    },
    state: election.state,
    since: () => since,
    effectivePriority: election.effectivePriority,
    master: () => election.master()?.source,
    vips: ownership.vips,
    superseded: ownership.superseded,
    lock: ownership.lock,
    verifying: ownership.verifying,
    lateWritesDropped: ownership.lateWritesDropped,
    disputed: ownership.disputed,
    failedRounds: ownership.failedRounds,
    provenAt: ownership.provenAt,
    reconfigure(next) {
      settings = next;
      ownership.handle({ kind: 'reconfigure', config: planConfig(next) });
      handle({ kind: 'reconfigure', config: electionNow() });
    },
    successor: () => successor,
    close() {
      alarm.close();
      ownership.close();
    },
  };
}

function electionConfig(
  { election, vips, startupDelay }: GroupSettings,
  without: ReadonlySet<Rule> = new Set(),
): ElectionConfig {
  return {
    ...election,
    addresses: vips,
    extensions: {
      startupDelay: without.has('listening') ? 0 : startupDelay,
      resignCopies: RESIGN_COPIES,
      namedSuccessor: !without.has('naming'),
      stallRule: !without.has('stall'),
      readiness: !without.has('readiness'),
      onlyMasterResigns: true,
      report: true,
    },
  };
}

/** Two routers: there is nobody else who could follow. */
const followsUnnamed = (routers: number): boolean => routers === 2;

/** Whom a resignation names, as the receiver sees it. */
export function successorFor(self: string, routers: number, named: string | null | undefined): Successor {
  if (followsUnnamed(routers) || named === self) return 'self';
  return named == null ? 'unknown' : 'other';
}
