import type { Milliseconds, VnicId } from '../oci/types.ts';
import type { Claims } from './claims.ts';
import { emit, lockOf, type PlanState, refreshToken, without } from './plan-state.ts';
import type { ReadResult } from './plan-types.ts';
import type { Rounds } from './rounds.ts';
import type { Supersession } from './supersession.ts';
import { holds, isOvertaken, mayHaveHeld, store, type Vip } from './vip.ts';

/** Reads that must show a loss before it is believed. */
const READS_THAT_PROVE_LOSS = 2;

/** What is read, and what is believed of it (rule 5 of plan.ts). */
export interface Reads {
  /** Reads every VIP now: one list per subnet, etags of what changed. */
  readAll(): void;
  answered(address: string, startedAt: Milliseconds, answer: ReadResult): void;
  /** A whole round is over. */
  roundDone(): void;
  /** An admin asks, or a mastership begins: now, whatever was read a moment ago. */
  verify(): void;
  /** Somebody may have written. */
  conflictTold(): void;
  /** A peer says that it holds these now. */
  takenTold(addresses: readonly string[]): void;
}

export function createReads(
  state: PlanState,
  parts: {
    readonly rounds: Rounds;
    readonly supersession: Supersession;
    readonly claims: Claims;
  },
): Reads {
  const { rounds, supersession, claims } = parts;
  /** Something moved while a round was under way. */
  let readAgain = false;

  function answered(address: string, startedAt: Milliseconds, answer: ReadResult): void {
    const vip = state.vips.find((candidate) => candidate.address === address);
    if (vip === undefined) return;
    vip.reading = false;
    if (!answer.ok) {
      rounds.answered(false, false);
      if (answer.code === 'unauthenticated') refreshToken(state);
      if (answer.code === 'not-found') emit(state, { kind: 'rediscover' });
      if (state.master && !holds(vip) && vip.retryAt === undefined) claims.retryLater(vip, answer);
      return;
    }
    state.provenAt = Math.max(state.provenAt, startedAt);
    const old = isOvertaken(vip, answer.record, startedAt);
    const late = old || vip.claim !== undefined;
    const lost = !late && state.master && vip.wasHeld && answer.record.vnicId !== vip.target?.vnicId;
    // One that was asked for after our write and is older all the same proves nothing, so that it ends no conflict.
    rounds.answered(true, lost || (old && startedAt >= vip.recordFrom));
    if (late) return;
    if (lost && !without(state, 'verification')) {
      vip.lossReads += 1;
      vip.needsLockFrom ??= state.now + state.config.requestTimeout;
      if (vip === lockOf(state)) state.disputedSince ??= state.now;
      if (vip.lossReads < READS_THAT_PROVE_LOSS) return rounds.conflict(state.now);
    }
    store(vip, answer.record, state.now, startedAt);
    claims.settle(vip, false);
    if (state.master && !holds(vip) && mayHaveHeld(vip)) claims.doubtLock(vip);
    if (lost) lostForSure(vip, answer.record.vnicId);
    supersession.heed();
    if (vip === lockOf(state)) claims.claimDue();
    else if (vip.retryAt === undefined || vip.retryAt <= state.now) claims.claim(vip);
  }

  function lostForSure(vip: Vip, vnicId: VnicId | undefined): void {
    vip.wasHeld = false;
    vip.lossReads = 0;
    state.allHeldTold = false;
    rounds.conflict(state.now);
    const isDrift = !state.config.observe && supersession.view()?.decision.verdict !== 'superseded';
    if (isDrift) emit(state, { kind: 'drift', address: vip.address, vnicId });
  }

  function readAll(): void {
    const targets = state.vips.flatMap((vip) => vip.target ?? []);
    if (targets.length === 0) return rounds.skip(state.now, state.config.verifyInterval);
    supersession.readHolders();
    rounds.begin(state.now);
    emit(state, { kind: 'read', targets });
  }

  return {
    readAll,
    answered,
    roundDone() {
      const { leaseInterval, verifyInterval } = state.config;
      const interval = state.superseded ? Math.min(leaseInterval, verifyInterval) : verifyInterval;
      rounds.end(state.now, { interval, heedConflict: state.master && !without(state, 'verification') });
      if (rounds.failed() > 0) supersession.heed();
      if (!readAgain) return;
      readAgain = false;
      readAll();
    },
    verify() {
      rounds.conflict(state.now);
      if (!rounds.underWay()) readAll();
    },
    /** At once, but not more often than each second, however often it is told. */
    conflictTold() {
      rounds.conflict(state.now);
      if (!rounds.underWay() && rounds.restedAt(state.now)) readAll();
    },
    /** A backup's record that still names itself is older than the peer's word: it is got before it is believed again. */
    takenTold(addresses) {
      for (const vip of state.vips) {
        if (!state.master && holds(vip) && addresses.includes(vip.address)) vip.doubtfulSince = state.now;
      }
      rounds.conflict(state.now);
      if (rounds.underWay()) readAgain = true;
      else readAll();
    },
  };
}
