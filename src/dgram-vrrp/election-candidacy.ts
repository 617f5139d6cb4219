import { OWNER } from './election-rank.ts';
import type { ElectionConfig, ElectionState } from './election-types.ts';
import { type Milliseconds, masterDownInterval, skewTime } from './timing.ts';

/** Divides the priority of a router that could not claim. */
const NOT_READY_DIVISOR = 16;

/**
 * How good this router is and how long it waits: the priority it takes part with, whether it pre-empts, and what its
 * timers wait for. It decides nothing; the transitions stand in election.ts.
 */
export interface Candidacy {
  configure(config: ElectionConfig): void;
  /** A state was entered: a master keeps the priority it became master with. */
  entered(state: ElectionState): void;
  setReady(ready: boolean): void;
  ready(): boolean;
  /** Nobody pre-empts; `ours`: for this router's sake. */
  setHold(on: boolean, ours: boolean): void;
  held(): boolean;
  setFrozen(on: boolean): void;
  /** Startup: from now on it listens before it takes over from silence. */
  startListening(now: Milliseconds): void;
  /** Master_Adver_Interval: the master's in v3, our own until one is heard. */
  setActiveInterval(interval: Milliseconds): void;
  activeInterval(): Milliseconds;

  effectivePriority(): number;
  /** @param holding this router holds what a master is for */
  preempts(holding?: boolean): boolean;
  /** The priority that decides how soon it follows a silence. */
  urgency(): number;

  masterDown(): Milliseconds;
  skew(): Milliseconds;
  /** At start: long enough to hear whoever is there, even when the network comes up late. */
  listening(): Milliseconds;
  /** After an advert that was heard then: the master down interval, but at start not before the listening is over. */
  silence(since: Milliseconds): () => Milliseconds;
  /** Preempt delay, and at start not before the listening is over. */
  preemptWait(since: Milliseconds): () => Milliseconds;
}

export function createCandidacy(initial: ElectionConfig): Candidacy {
  let config = initial;
  let activeInterval = config.interval;
  let startedAt: Milliseconds = 0;
  let isMaster = false;
  let ready = true;
  /** A master keeps its full priority when the API fails: traffic still flows through it. */
  let readyAsMaster = false;
  let hold = false;
  let holdIsOurs = false;
  let frozen = false;

  const extensions = () => config.extensions ?? {};

  function effectivePriority(): number {
    const counted = ready || (isMaster && readyAsMaster) || !extensions().readiness;
    return counted ? config.priority : Math.ceil(config.priority / NOT_READY_DIVISOR);
  }

  const isReady = () => ready || !extensions().readiness;
  /** Whoever is to hold by an admin's word is the first to follow a silence; the others keep their order, should it fail. */
  const urgency = () => (hold && holdIsOurs && isReady() ? OWNER : effectivePriority());
  const timing = () => ({ version: config.version, priority: urgency(), interval: activeInterval });
  const masterDown = () => masterDownInterval(timing());
  const listening = () => (extensions().startupDelay ?? 0) + masterDown();

  return {
    configure(next) {
      config = next;
    },
    entered(state) {
      isMaster = state === 'master';
      readyAsMaster = isMaster && ready;
    },
    setReady(value) {
      ready = value;
      if (ready && isMaster) readyAsMaster = true;
    },
    ready: () => ready,
    setHold(on, ours) {
      hold = on;
      holdIsOurs = ours;
    },
    held: () => hold,
    setFrozen(on) {
      frozen = on;
    },
    startListening(now) {
      startedAt = now;
    },
    setActiveInterval(interval) {
      activeInterval = interval;
    },
    activeInterval: () => activeInterval,
    effectivePriority,
    preempts(holding = false) {
      // Nothing moves while nobody claims: mastership may only go back to where the addresses are.
      if (frozen) return holding;
      return config.preempt && !hold && isReady();
    },
    urgency,
    masterDown,
    skew: () => skewTime(timing()),
    listening,
    silence: (since) => () => Math.max(masterDown(), startedAt + listening() - since),
    preemptWait(since) {
      const listensOn = () => (extensions().startupDelay === undefined ? 0 : startedAt + listening() - since);
      return () => Math.max(config.preemptDelay, listensOn());
    },
  };
}
