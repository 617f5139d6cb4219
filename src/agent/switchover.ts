import type { FailbackRequest, FailoverRequest, SwitchoverReport } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import type { Milliseconds } from '../dgram-vrrp/index.ts';
import type { CommandBook } from './command-book.ts';
import type { HoldCommand } from './commands.ts';
import type { Group } from './group-types.ts';
import type { Observer } from './observer.ts';
import { confirms, type Peers } from './peers.ts';
import { bestSuccessor, groupOf, masterOf, whyNotSuccessor } from './successor.ts';
import { unknownName } from './unknown-name.ts';

/** A command that reaches the master later than this is not carried out any more. */
const COMMAND_LIFETIME = 10_000;

/** heartbeat.transport ip has no presence: neither readiness nor a hold can be told. */
const NOBODY_TO_TELL =
  'the routers speak VRRP only (heartbeat.transport ip), so nobody can be told to take over, and whether anybody is ready is not known: give failoverctl standby on to the master, which then resigns, and failoverctl standby off when it may come back';

/** Planned switchover: `failover`, its cluster-wide hold, `failback`. */
export interface Switchover {
  /** Gives mastership of one group or all to a router. Throws ControlError before anything changed. */
  failover(request: FailoverRequest): SwitchoverReport;
  /** Ends the hold: the best router pre-empts again. Throws ControlError. */
  failback(request: FailbackRequest): SwitchoverReport;
  /** A peer tells of a hold. */
  heard(group: Group, hold: HoldCommand): void;
  /** After start, and after a reload that may have added groups: what was saved is in force again. */
  restore(): void;
  transitioned(group: Group, from: string): void;
  /** This router, as master, holds a VIP of the group. */
  held(group: Group): void;
}

interface Step {
  readonly group: Group;
  readonly from: string | null;
  readonly to: string;
}

export function createSwitchover(options: {
  readonly self: string;
  readonly groups: () => readonly Group[];
  /** The groups that fail over together with this one, itself included. */
  readonly syncSetOf: (group: string) => readonly Group[];
  readonly peers: Peers;
  readonly commands: CommandBook;
  readonly observer: Observer;
  /** Why this router could not take over itself; empty if it could. */
  readonly whyNotSelf: (group: Group) => readonly string[];
  /** Monotonic. */
  readonly now: () => Milliseconds;
  /** Unix time in milliseconds. */
  readonly wall: () => number;
  readonly tellPeers: () => void;
}): Switchover {
  const { self, peers, commands, observer } = options;

  function select(name: string | undefined): readonly Group[] {
    if (name === undefined) return options.groups();
    const selected = options.syncSetOf(name);
    if (selected.length > 0) return selected;
    const names = options.groups().map((candidate) => candidate.name);
    throw unknownName('group', name, names);
  }

  /** Groups that fail over together go to the same router, which the first of them chooses. */
  function planFor(groups: readonly Group[], to: string | undefined): readonly Step[] {
    const targets = new Map<Group, string>();
    return groups.map((group) => {
      const first = options.syncSetOf(group.name)[0] ?? group;
      const target = to ?? targets.get(first) ?? chooseTarget(first);
      targets.set(first, target);
      return { group, from: masterNow(group), to: target };
    });
  }

  /** One of several that fail over together may be where it should be. */
  function staysWhileOthersMove({ group, from, to }: Step, plan: readonly Step[]): boolean {
    const set = options.syncSetOf(group.name);
    return from === to && plan.some((other) => set.includes(other.group) && other.from !== other.to);
  }

  const targetOf = (group: Group) => commands.hold(group.name)?.target ?? null;
  const masterNow = (group: Group) => masterOf(self, group, peers.all(), options.now());

  function checkTarget(group: Group, target: string): void {
    if (target === masterNow(group)) {
      throw new ControlError('refused', `${target} is master of ${group.name} already`);
    }
    if (target === self) {
      const reasons = [...whyNotState(group), ...options.whyNotSelf(group)];
      if (reasons.length > 0)
        throw new ControlError('refused', `${self} cannot take over ${group.name}: ${reasons.join('; ')}`);
      return;
    }
    const peer = peers.get(target);
    if (peer === undefined) throw unknownName('router', target, [self, ...peers.all().map(({ name }) => name)]);
    const reason = whyNotSuccessor(peer, group.virtualRouterId);
    if (reason !== undefined) throw new ControlError('refused', `${target} cannot take over ${group.name}: ${reason}`);
  }

  /** The master has to carry it out, so it has to hear of it. */
  function checkHeardBy(master: string | null): void {
    const peer = master === null ? undefined : peers.get(master);
    if (peer === undefined || confirms(peer, self)) return;
    throw new ControlError('refused', `${master} is master and does not hear ${self}: give the command on ${master}`);
  }

  function whyNotState(group: Group): string[] {
    const state = group.state();
    return state === 'backup' || state === 'master' ? [] : [`it is in state ${state}`];
  }

  function chooseTarget(group: Group): string {
    const master = masterNow(group);
    if (master === null)
      throw new ControlError('refused', `${group.name} has no master now, so there is nothing to hand over`);
    const others = peers.all().filter(({ name }) => name !== master);
    const candidate = bestSuccessor(others, group.virtualRouterId)?.name;
    const selfCan = master !== self && whyNotState(group).length === 0 && options.whyNotSelf(group).length === 0;
    if (candidate !== undefined && !selfCan) return candidate;
    if (!selfCan) {
      const reasons = others.map((peer) => whyNotSuccessor(peer, group.virtualRouterId) ?? '');
      throw new ControlError('refused', `no router could take over ${group.name}: ${reasons.join('; ')}`);
    }
    const peer = candidate === undefined ? undefined : peers.get(candidate);
    const theirs = peer && groupOf(peer, group.virtualRouterId)?.priority;
    return theirs !== undefined && theirs > group.effectivePriority() && candidate ? candidate : self;
  }

  function apply(group: Group): void {
    const hold = commands.hold(group.name);
    const target = hold?.target ?? null;
    group.handle({ kind: 'hold', on: target !== null, ours: target === self });
    if (hold === null || target === null || target === self || group.state() !== 'master') return;
    const reason = whyNotFollow(group, hold, target);
    if (reason !== undefined) return end(group, reason);
    observer.log({ event: 'switchover', group: group.name, to: target, origin: hold.origin });
    group.resignTo(target);
  }

  /** A hold that its master cannot follow is ended by it: nobody may stay bound to a switchover that never took place. */
  function whyNotFollow(group: Group, hold: HoldCommand, target: string): string | undefined {
    const peer = peers.get(target);
    const reason = peer === undefined ? `there is no router ${target}` : whyNotSuccessor(peer, group.virtualRouterId);
    const ahead = peers.get(hold.origin)?.clockOffset ?? 0;
    const age = options.wall() + ahead - hold.id;
    return (
      reason ??
      (age > COMMAND_LIFETIME ? 'the command came too late: traffic does not move when nobody is looking' : undefined)
    );
  }

  function end(group: Group, reason: string): void {
    commands.giveHold(group.name, null);
    group.handle({ kind: 'hold', on: false });
    observer.log({ event: 'hold-ended', group: group.name, reason });
    options.tellPeers();
  }

  return {
    failover({ group: name, to }) {
      if (peers.all().some(({ vrrpOnly }) => vrrpOnly)) throw new ControlError('refused', NOBODY_TO_TELL);
      const selected = select(name);
      // Of several groups some may be there already: the rest is meant.
      const elsewhere = selected.filter((group) => to === undefined || masterNow(group) !== to);
      const plan = planFor(elsewhere.length === 0 ? selected : elsewhere, to);
      if (commands.frozen()) throw new ControlError('refused', 'claims are frozen: failoverctl freeze off comes first');
      for (const step of plan) {
        if (staysWhileOthersMove(step, plan)) continue;
        checkTarget(step.group, step.to);
        checkHeardBy(step.from);
      }
      for (const step of plan) commands.giveHold(step.group.name, step.to);
      // Peers hear of the holds before the resignations, so that nobody pre-empts in between.
      options.tellPeers();
      for (const step of plan) apply(step.group);
      return { groups: plan.map((step) => ({ group: step.group.name, from: step.from, to: step.to })) };
    },

    failback({ group: name }) {
      const selected = select(name);
      const held = selected.filter((group) => (commands.hold(group.name)?.target ?? null) !== null);
      if (held.length === 0)
        throw new ControlError('refused', 'no planned failover is in force, so there is nothing to end');
      const report = held.map((group) => ({ group: group.name, from: masterNow(group), to: null }));
      for (const group of held) end(group, 'failback');
      return { groups: report };
    },

    heard(group, hold) {
      if (commands.mergeHold(group.name, hold)) apply(group);
    },

    restore() {
      for (const group of options.groups()) {
        const target = targetOf(group);
        group.handle({ kind: 'hold', on: target !== null, ours: target === self });
      }
    },

    transitioned(group, from) {
      if (targetOf(group) === self && from === 'master') end(group, `${self} left mastership`);
    },

    // Not when this router becomes master: it may be the one that is cut off, and stand back at once.
    held(group) {
      const target = targetOf(group);
      if (target !== null && target !== self) end(group, `${target} was followed by ${self}`);
    },
  };
}
