import type { GroupState } from '../../src/control/api.ts';
import { type Bounds, PRESENCE, REQUEST_TIMEOUT, UNFIT } from './bounds.ts';
import type { DeployedGroup } from './deployment.ts';
import type { Environment } from './environment.ts';
import type { Fitness } from './fitness.ts';
import type { Invariant } from './invariants.ts';
import { type Allowance, createLedger, upTo } from './ledger.ts';
import type { Machine } from './machine.ts';

/** Looks at one group: who is master of it, and where its VIPs are. */
export interface GroupWatch {
  changed(allowance: Allowance, vip?: string): void;
  noisy(): void;
  mastered(router: string): void;
  /**
   * A master whose claims all failed asked another one to try: one more mastership. What moves then was allowed with the
   * trouble that made it give up, once; so a VIP moves once more only where the router that gave up got it without
   * knowing: its claim was carried out, and the answer was lost. A tenancy that throttles is no trouble that began: it may
   * go there, and come back.
   */
  gaveUp(router: string): void;
  /** A master gave mastership away by itself. */
  resigned(router: string): void;
  /** A router pre-empts only after so long, for its links come and go. */
  flapping(router: string, delay: number): void;
  /** A VIP was moved from one VNIC to another. */
  moved(vip: string, to: string, how: string): void;
  /** Since when there is no reason to move left; Infinity: there is one. */
  settledSince(): number;
  /**
   * Judges what is true now.
   *
   * @param statesOf what each running router says of this group
   */
  look(statesOf: (machine: Machine) => GroupState): void;
  /** When it has to be judged again even if nothing happens: a bound is reached. Infinity: never. */
  due(): number;
}

export interface GroupWatchOptions {
  readonly group: DeployedGroup;
  readonly now: () => number;
  readonly after: (delay: number, run: () => void) => void;
  readonly bounds: Bounds;
  /** The tenancy lets through only so many requests a second. */
  readonly throttles: boolean;
  readonly machines: readonly Machine[];
  readonly environment: Environment;
  readonly fitness: Fitness;
  /** When the world changed last. */
  readonly changedAt: () => number;
  readonly holderOf: (address: string) => string | undefined;
  readonly fail: (invariant: Invariant, detail: string) => void;
}

export function createGroupWatch(options: GroupWatchOptions): GroupWatch {
  const { now, bounds, throttles, machines, environment, fitness, changedAt, holderOf } = options;
  const { name: group, vips } = options.group;
  const ledger = createLedger(vips.map(({ address }) => address));
  /** Last mastership or move. */
  let stirredAt = 0;
  let settledSince = Number.POSITIVE_INFINITY;
  /** VIP → since when it is on no live router although one could take it. */
  const awaySince = new Map<string, number>();
  /** Routers that may pre-empt later than configured. */
  const flapping = new Set<string>();

  /** Router → when it gave up last. */
  const gaveUpAt = new Map<string, number>();
  /** Router → until when it is not ready for that; each time twice as long. */
  const unfit = new Map<string, { readonly times: number; readonly until: number }>();
  const isUnfit = ({ name }: Machine) => now() < (unfit.get(name)?.until ?? 0) + bounds.masterDown;
  const allowReturn = (vip: string) => ledger.allow({ moves: 1, masterships: 0 }, now() + bounds.reason, vip);

  function stir(): void {
    stirredAt = now();
    settledSince = Number.POSITIVE_INFINITY;
  }

  const fail = (invariant: Invariant, detail: string) => options.fail(invariant, `${group}: ${detail}`);
  const canBeMaster = (machine: Machine) => fitness.canBeMaster(machine, group);

  function isLive(name: string | undefined, device: string): boolean {
    const machine = machines.find((candidate) => candidate.name === name);
    return machine?.process() !== undefined && machine.linkUp(device);
  }

  // VIPs are with somebody

  function lookAway(): void {
    // A master that does not hear the end of a freeze keeps to it.
    const isHeldBack = machines.some((machine) => machine.state(group) === 'master' && machine.isFrozen());
    const able =
      !environment.isFrozen() &&
      !isHeldBack &&
      !environment.isNoisy() &&
      fitness.running().some((machine) => canBeMaster(machine) && fitness.apiWorks(machine));
    for (const { address, interface: device } of vips) {
      if (!able || isLive(holderOf(address), device)) {
        awaySince.delete(address);
        continue;
      }
      const since = Math.max(changedAt(), awaySince.get(address) ?? now());
      awaySince.set(address, since);
      if (now() >= awayTooLongAt(since)) fail('vip-away', `${address} is on ${holderOf(address)} since ${since}`);
    }
  }

  /** The shorter bound holds where no API has failed for as long as the longer one. */
  function awayTooLongAt(since: number): number {
    return Math.min(since + bounds.away, Math.max(since + bounds.calmAway, fitness.apiTroubledAt() + bounds.away));
  }

  // One master that holds everything

  const convergedAt = () => changedAt() + bounds.converged;

  function lookConverged(statesOf: (machine: Machine) => GroupState): void {
    if (now() < convergedAt() || environment.isNoisy()) return;
    const all = fitness.running();
    if (!environment.areConnected(all.map(({ name }) => name))) return;
    const candidates = all.filter(canBeMaster);
    const mistold = all.find((machine) => machine.state(group) !== statesOf(machine));
    if (mistold !== undefined) return fail('mistold-state', `${mistold.name} says ${mistold.state(group)}`);
    const masters = all.filter((machine) => machine.state(group) === 'master');
    const [master] = masters;
    const names = (list: readonly Machine[]) => list.map(({ name }) => name).join(', ');
    if (masters.length > 1) return fail('two-masters', names(masters));
    if (master === undefined) {
      if (candidates.length > 0) fail('no-master', `candidates: ${names(candidates)}`);
      return;
    }
    if (!candidates.includes(master)) return fail('wrong-master', `${master.name} cannot be master`);
    if (candidates.every(fitness.apiWorks) && !isBest(master, candidates))
      fail('wrong-master', `${master.name} is not the best`);
    if (environment.isFrozen() || !fitness.apiWorks(master)) return;
    for (const { address } of vips) {
      if (holderOf(address) === master.name) continue;
      fail('vip-not-on-master', `${address} is on ${holderOf(address)}, the master is ${master.name}`);
    }
  }

  const configured = (machine: Machine) => machine.config().groups.find(({ name }) => name === group);

  /** Or whatever keeps the better one from pre-empting it. */
  function isBest(master: Machine, candidates: readonly Machine[]): boolean {
    if (environment.isFrozen()) return true;
    const keepsBack = (machine: Machine) =>
      configured(machine)?.preempt !== true ||
      machine.hold(group) !== null ||
      flapping.has(machine.name) ||
      isUnfit(machine);
    if (candidates.some(keepsBack)) return true;
    const priority = (machine: Machine) => configured(machine)?.priority[machine.name] ?? 0;
    return candidates.every((machine) => priority(machine) <= priority(master));
  }

  /** One that has long been known not to reach the API becomes master beside one that has long been known to. */
  function lookReady(router: string): void {
    const isLong = (since: number | undefined) => since !== undefined && now() - since > bounds.known;
    if (!isLong(fitness.unreachedSince(router)) || environment.isNoisy()) return;
    const better = machines.find(
      ({ name }) => isLong(fitness.fitSince(name, group)) && environment.areConnected([name, router]),
    );
    if (better !== undefined) fail('unready-master', `${router}, though ${better.name} is ready`);
  }

  /**
   * Where nothing is in the way, the successor it names is master as soon as it hears of it: within no skew time. One
   * that stopped or broke a moment ago may still be named, for nobody knows it yet; and one that came a moment ago may be
   * named and have to stand back.
   */
  function lookFollowed(router: string): void {
    const at = now();
    const isLong = (since: number | undefined) => since !== undefined && at - since > bounds.known;
    // It stood still until now and has heard nobody since, so that it names nobody.
    const runsSince = fitness.runsSince(router);
    if (runsSince !== undefined && at - runsSince < PRESENCE) return;
    const others = machines.filter(({ name }) => name !== router);
    const successors = others.filter(({ name }) => isLong(fitness.fitSince(name, group)));
    const unknown = others.filter(({ name }) => {
      const since = fitness.unfitSince(name, group) ?? fitness.fitSince(name, group);
      return since !== undefined && !isLong(since);
    });
    const names = fitness.running().map(({ name }) => name);
    if (
      // Whether one that reads nothing is ready is a matter of chance.
      throttles ||
      successors.length === 0 ||
      unknown.length > 0 ||
      environment.isNoisy() ||
      !environment.areConnected([router, ...names])
    )
      return;
    options.after(bounds.handover, () => {
      const isFollowed = machines.some((machine) => machine.state(group) === 'master');
      if (changedAt() <= at && !isFollowed) fail('slow-handover', `nobody followed ${router}`);
    });
  }

  const settledAt = () => Math.max(changedAt(), stirredAt) + bounds.settled;

  /** No fault, one master, everything with it, for long enough that nothing is under way: nothing may move any more. */
  function lookSettled(): void {
    if (!environment.isCalm() || flapping.size > 0 || machines.some(isUnfit) || now() < settledAt()) return;
    const all = fitness.running();
    const masters = all.filter((machine) => machine.state(group) === 'master');
    const [master] = masters;
    if (all.length < machines.length || master === undefined || masters.length > 1) return;
    if (vips.some(({ address }) => holderOf(address) !== master.name)) return;
    if (!isBest(master, all)) return;
    ledger.clear();
    settledSince = Math.min(settledSince, now());
  }

  return {
    settledSince: () => settledSince,
    changed(allowance, vip) {
      awaySince.clear();
      settledSince = Number.POSITIVE_INFINITY;
      ledger.allow(allowance, now() + bounds.reason, vip);
    },
    noisy() {
      // Each backup may take over and lose it again.
      ledger.allow(upTo(2 * (machines.length - 1)), now() + bounds.noise);
    },
    mastered(router) {
      stir();
      if (!ledger.mastership(now())) fail('mastership-without-reason', router);
      lookReady(router);
    },
    resigned: lookFollowed,
    gaveUp(router) {
      gaveUpAt.set(router, now());
      const times = (unfit.get(router)?.times ?? 0) + 1;
      const until = now() + UNFIT * 2 ** (times - 1);
      unfit.set(router, { times, until });
      ledger.allow(throttles ? upTo(2) : { moves: 0, masterships: 1 }, until + bounds.reason);
      for (const { address } of vips) if (holderOf(address) === router) allowReturn(address);
    },
    flapping(router, delay) {
      flapping.add(router);
      ledger.allow(upTo(1), now() + delay + bounds.reason);
    },
    moved(vip, to, how) {
      stir();
      // Claims that were under way when it gave up. Later ones are a fault of their own (world.ts).
      if (now() <= (gaveUpAt.get(to) ?? Number.NEGATIVE_INFINITY) + REQUEST_TIMEOUT) allowReturn(vip);
      if (!ledger.move(vip, now())) fail('move-without-reason', how);
    },
    look(statesOf) {
      lookSettled();
      lookAway();
      lookConverged(statesOf);
    },
    due() {
      const moments = [convergedAt(), settledAt(), ...[...awaySince.values()].map(awayTooLongAt)];
      return Math.min(...moments.filter((at) => at > now()));
    },
  };
}
