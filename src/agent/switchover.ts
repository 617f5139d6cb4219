import type { FailbackRequest, FailoverRequest, SwitchoverReport } from '../control/api.ts';
import { ControlError } from '../control/errors.ts';
import type { CommandBook } from './command-book.ts';
import type { HoldCommand } from './commands.ts';
import type { Group } from './group.ts';
import type { Observer } from './observer.ts';
import type { Peers } from './peers.ts';
import { bestSuccessor, groupOf, masterOf, whyNotSuccessor } from './successor.ts';

/** Planned switchover: `failover`, its cluster-wide hold, `failback`. */
export interface Switchover {
  /** Gives mastership of one group or all to a router. Throws ControlError before anything changed. */
  failover(request: FailoverRequest): SwitchoverReport;
  /** Ends the hold: the best router pre-empts again. Throws ControlError. */
  failback(request: FailbackRequest): SwitchoverReport;
  /** A peer tells of a hold. */
  heard(group: Group, hold: HoldCommand): void;
  /** After start: what was saved is in force again. */
  restore(): void;
  transitioned(group: Group, from: string, to: string): void;
}

export function createSwitchover(options: {
  readonly self: string;
  readonly groups: () => readonly Group[];
  readonly peers: Peers;
  readonly commands: CommandBook;
  readonly observer: Observer;
  /** Why this router could not take over itself; empty if it could. */
  readonly whyNotSelf: (group: Group) => readonly string[];
  readonly tellPeers: () => void;
}): Switchover {
  const { self, peers, commands, observer } = options;

  function select(name: string | undefined): readonly Group[] {
    if (name === undefined) return options.groups();
    const group = options.groups().find((candidate) => candidate.name === name);
    if (group === undefined) {
      const names = options.groups().map((candidate) => candidate.name);
      throw new ControlError('not-found', `there is no group ${name}; the groups are ${names.join(', ')}`);
    }
    return [group];
  }

  const masterNow = (group: Group) => masterOf(self, group, peers.all());

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
    if (peer === undefined) {
      const names = [self, ...peers.all().map(({ name }) => name)];
      throw new ControlError('not-found', `there is no router ${target}; the routers are ${names.join(', ')}`);
    }
    const reason = whyNotSuccessor(peer, group.virtualRouterId);
    if (reason !== undefined) throw new ControlError('refused', `${target} cannot take over ${group.name}: ${reason}`);
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
    group.handle({ kind: 'hold', on: target !== null });
    if (hold === null || target === null || target === self || group.state() !== 'master') return;
    const peer = peers.get(target);
    if (peer === undefined || whyNotSuccessor(peer, group.virtualRouterId) !== undefined) return;
    observer.log({ event: 'switchover', group: group.name, to: target, origin: hold.origin });
    group.resignTo(target);
  }

  function end(group: Group, reason: string): void {
    commands.giveHold(group.name, null);
    group.handle({ kind: 'hold', on: false });
    observer.log({ event: 'hold-ended', group: group.name, reason });
    options.tellPeers();
  }

  return {
    failover({ group: name, to }) {
      const plan = select(name).map((group) => ({ group, from: masterNow(group), to: to ?? chooseTarget(group) }));
      for (const step of plan) checkTarget(step.group, step.to);
      for (const step of plan) {
        commands.giveHold(step.group.name, step.to);
        // Peers hear of the hold before the resignation, so that nobody pre-empts in between.
        options.tellPeers();
        apply(step.group);
      }
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
        group.handle({ kind: 'hold', on: (commands.hold(group.name)?.target ?? null) !== null });
      }
    },

    transitioned(group, from, to) {
      const target = commands.hold(group.name)?.target ?? null;
      if (target === null) return;
      if (target === self && from === 'master') end(group, `${self} left mastership`);
      if (target !== self && to === 'master') end(group, `${target} was followed by ${self}`);
    },
  };
}
