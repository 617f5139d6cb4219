import { LISTENING, LONGEST_INTERVAL } from './bounds.ts';
import type { DeployedGroup } from './deployment.ts';
import type { Environment } from './environment.ts';
import { type Allowance, type Allowances, NOTHING, upTo } from './ledger.ts';
import type { Machine } from './machine.ts';
import type { Fault } from './scenario.ts';

/** Seconds after which a peer is silent. */
const SILENT_AFTER = 3.5;

/**
 * What a change of the world may be the reason of, in each group for itself. Where the answer is nothing, nothing may
 * move, however often it happens: a backup that stands still, a path that is lost while another is left, a pair of
 * routers that does not hear each other while a third hears both.
 */
export interface Reasons {
  /** Asked after the fault was added. */
  begins(fault: Fault): Allowances;
  /** Asked before it is removed. */
  ends(fault: Fault): Allowances;
  /** A router's daemon starts. */
  boots(machine: Machine): Allowances;
  /** An admin's command was carried out, in one group or in all. */
  commands(group: string | undefined): Allowances;
}

export function createReasons(
  machines: readonly Machine[],
  groups: readonly DeployedGroup[],
  environment: Environment,
  /** Router that a VIP is on; undefined: none. */
  holderOf: (address: string) => string | undefined,
  now: () => number,
  settings: {
    /** When a VIP moved last. */
    readonly movedAt: () => number;
    /** Adverts bear numbers, which tell their order. */
    readonly signed: boolean;
    readonly verifyInterval: number;
  },
): Reasons {
  /** Router → when its daemon started last. */
  const bootedAt = new Map<string, number>();
  /** When a partition ended last. */
  let healedAt = Number.NEGATIVE_INFINITY;
  /** Router → when its process went on, or a link of its own came back. */
  const wentOnAt = new Map<string, number>();
  const machineOf = (name: string) => machines.find((machine) => machine.name === name);
  const running = () => machines.filter((machine) => machine.process() !== undefined);
  const isStalled = (machine: Machine) => machine.process()?.isStalled() ?? false;

  /**
   * What waited in its socket was heard when it went on, not when it came; where nothing waited, for its machine stood
   * still or its link was down, it listens anew. Until the next advert it takes the master's silence for shorter than it is, so that a worse
   * router may follow a moment before it: less than an interval, for which nobody vouches.
   */
  function hearsLate({ name }: Machine): boolean {
    return now() - (wentOnAt.get(name) ?? Number.NEGATIVE_INFINITY) < LONGEST_INTERVAL;
  }

  /**
   * The same from the other side: one that did not hear the others until a moment ago may have missed the master's last
   * advert, and no other came since. It takes the silence for longer than it is, and may be the worse one.
   */
  const missedAdvert = () => now() - healedAt < LONGEST_INTERVAL;

  /** It started a moment ago, and a worse router's master down interval is over before it has listened long enough. */
  const isListening = ({ name }: Machine) => now() - (bootedAt.get(name) ?? Number.NEGATIVE_INFINITY) < LISTENING;

  /** Every router runs, could take over, and hears every other one, by its own word, too. */
  function isWhole(): boolean {
    const all = running();
    if (all.length < machines.length || !environment.areConnected(machines.map(({ name }) => name))) return false;
    if (all.some((machine) => isStalled(machine) || isListening(machine) || !isReady(machine))) return false;
    return all.every((a) => all.every((b) => a === b || isHeardBy(a.name, b)));
  }

  /** Every two routers hear each other, or a third that hears both. */
  function isWell(): boolean {
    const names = machines.map(({ name }) => name);
    const hear = (a: string, b: string) => environment.areConnected([a, b]);
    if (running().length < machines.length || running().some(isStalled)) return environment.areConnected(names);
    return names.every((a) => names.every((b) => a === b || hear(a, b) || names.some((c) => isThird(c, a, b, hear))));
  }

  /** The one that goes may have been the third that heard both. */
  function areOthersConnected(router: string): boolean {
    return environment.areConnected(machines.map(({ name }) => name).filter((name) => name !== router));
  }

  function areOthersConnectedOneWay(router: string): boolean {
    const others = machines.map(({ name }) => name).filter((name) => name !== router);
    const { reaches } = environment;
    return others.some((a) => others.some((b) => a !== b && reaches(a, b) && !reaches(b, a)));
  }

  /**
   * Backups of the same priority follow a silent master in the same instant, both claim, and the one with the greater
   * address takes back what the other got.
   */
  function mayRace(group: string): boolean {
    const priorities = machines.map(
      ({ config, name }) => config().groups.find((each) => each.name === group)?.priority[name],
    );
    return machines.length > 2 && new Set(priorities).size < machines.length;
  }

  /**
   * Some writes of a router are carried out seconds later or without its knowledge, or what is read is seconds old. A claim of
   * the lock may come long after those of the other VIPs, which the holder of the lock has claimed back meanwhile; a router
   * that lost the lock, or does not know that it had it, claims once more; and a stamp of a lease comes too late for whoever
   * waits.
   */
  function isOciLate(): boolean {
    const late = ['held-writes', 'late-writes', 'lost-answers', 'lag'] as const;
    return machines.some(({ name }) => late.some((trouble) => environment.hasTrouble(name, trouble)));
  }

  /** The answers of each group at this moment: what happens next may change them. */
  function inEach(answer: (group: DeployedGroup) => Allowance): Allowances {
    const answers = new Map(
      groups.map((group) => {
        const { moves: least, masterships } = answer(group);
        const moves = mayRace(group.name) ? 2 * least : least;
        return [group.name, { moves: moves > 0 && isOciLate() ? moves + 2 : moves, masterships }] as const;
      }),
    );
    return (name) => answers.get(name) ?? NOTHING;
  }

  function reasonsOf({ name: group, vips }: DeployedGroup) {
    const isMaster = (name: string) => machineOf(name)?.state(group) === 'master';
    const tracks = (device: string) => vips.some((vip) => vip.interface === device);
    const priorityOf = ({ config, name }: Machine) =>
      config().groups.find((each) => each.name === group)?.priority[name] ?? 0;

    /** It comes back into the election: will it be better than the master that is? */
    function mayTakeOver(machine: Machine | undefined): Allowance {
      if (machine === undefined) return NOTHING;
      const masters = running().filter(
        (other) => other !== machine && other.state(group) === 'master' && !isStalled(other),
      );
      const isBest = masters.every((master) => priorityOf(master) < priorityOf(machine));
      const { reaches } = environment;
      // It does not hear a better master that hears it: as where that begins, it takes over, and that one takes it back.
      const isDeafTo = ({ name }: Machine) => !reaches(name, machine.name) && reaches(machine.name, name);
      if (masters.some((master) => isDeafTo(master) && priorityOf(master) > priorityOf(machine))) return upTo(2);
      return masters.length === 0 || isBest || !isWell() ? upTo(1) : NOTHING;
    }

    /**
     * A backup that loses the master and another one at once is cut off itself: it waits for the holder's lease. One
     * that had lost the other one before loses the master only, and follows it.
     */
    function losesBoth({ from, to, oneWay }: Fault & { kind: 'partition' }): boolean {
      const others = machines.map(({ name }) => name).filter((name) => name !== from);
      if (others.length < 2 || to !== undefined || oneWay || isMaster(from)) return false;
      if (!others.every((name) => isHeardBy(name, machineOf(from)))) return false;
      return running().length === machines.length && !running().some(isStalled) && environment.areConnected(others);
    }

    /** Nothing moved since everybody read last. Who is cut off with an old record takes the holder of that for the lock's. */
    function knowsHolders(): boolean {
      return now() - settings.movedAt() > settings.verifyInterval;
    }

    /**
     * The lock was put on another router by hand, and before the master has claimed it back it does not hear that one any
     * more: it is superseded, the next one follows it, and the better one that holds the lock takes it from that one.
     */
    function isLockAstray(): boolean {
      const holder = machineOf(holderOf(vips[0]?.address ?? '') ?? '')?.name;
      const master = running().find(({ name }) => isMaster(name))?.name;
      if (holder === undefined || master === undefined) return false;
      return holder !== master && !environment.areConnected([holder, master]);
    }

    /** A link that the group does not track may still be a heartbeat path, or the way to the API. */
    function otherLink({ api }: Fault & { kind: 'link' }): Allowance {
      return api || !isWell() ? upTo(1) : NOTHING;
    }

    /**
     * The others hear no more of this one, and the first to follow is the best of them. Otherwise another one follows after
     * that, and the one that goes unheard hears both and takes back each time.
     */
    function followInOrder(name: string): boolean {
      const others = running().filter((other) => other.name !== name);
      return others.length < 2 || !(others.some((other) => isListening(other) || hearsLate(other)) || missedAdvert());
    }

    /**
     * Where a master goes whose backups do not hear each other, one follows it, and then another. The same where one of
     * them has started and never heard it, so that it has to wait for its lease, or listens still: then it takes over from
     * a worse one that did not have to. Where it could not claim, for a link of its own came back a moment ago, and then it
     * can. And where the master says goodbye and has not heard one of them since a partition ended: it names another one.
     */
    function leaves(name: string, saysSo: boolean): Allowance {
      const others = running().filter((other) => other.name !== name);
      const isKnown = (other: Machine) => !saysSo || isHeardBy(other.name, machineOf(name));
      const isCandidate = (other: Machine) =>
        environment.reaches(name, other.name) &&
        isHeardBy(name, other) &&
        isKnown(other) &&
        isReady(other) &&
        !isListening(other);
      const know = others.length < 2 || others.every((other) => isStalled(other) || isCandidate(other));
      if (isMaster(name)) return upTo(areOthersConnected(name) && know && followInOrder(name) ? 1 : 2);
      if (areOthersConnected(name)) return isWell() ? NOTHING : upTo(1);
      // As where such a partition begins.
      return upTo(areOthersConnectedOneWay(name) ? 2 : 1);
    }

    return {
      begins(fault: Fault): Allowance {
        switch (fault.kind) {
          case 'partition':
            // One that is not heard but hears: the other takes over, and the better one takes it back.
            if (isWell()) return isLockAstray() ? upTo(2) : NOTHING;
            if (losesBoth(fault) && knowsHolders()) return { moves: 0, masterships: 1 };
            if (fault.oneWay && !(followInOrder(fault.from) && areOthersConnected(fault.from))) return upTo(4);
            return upTo(fault.oneWay || machines.length > 2 ? 2 : 1);
          case 'link':
            if (!tracks(fault.device)) return otherLink(fault);
            return leaves(fault.router, true);
          case 'restart':
            return leaves(fault.router, true);
          case 'stall':
          case 'crash':
            return leaves(fault.router, false);
          case 'api':
            // A backup that cannot claim had nothing to claim.
            return fault.router === undefined || isMaster(fault.router) ? upTo(1) : NOTHING;
          default:
            return upTo(1);
        }
      },
      ends(fault: Fault): Allowance {
        switch (fault.kind) {
          case 'partition':
            return isWell() ? NOTHING : upTo(1);
          case 'stall':
            // A resignation that waited in its socket may be older than the mastership that it has heard of since: without
            // numbers nothing tells, and it follows.
            if (!settings.signed && !fault.paused) return upTo(2);
            return isMaster(fault.router) ? upTo(1) : mayTakeOver(machineOf(fault.router));
          case 'link':
            return tracks(fault.device) ? mayTakeOver(machineOf(fault.router)) : otherLink(fault);
          case 'api':
            return fault.router === undefined ? upTo(1) : mayTakeOver(machineOf(fault.router));
          case 'crash':
          case 'restart':
            // What its boot may lead to is asked then.
            return NOTHING;
          default:
            return upTo(1);
        }
      },
      mayTakeOver,
    };
  }

  return {
    begins: (fault) => inEach((group) => reasonsOf(group).begins(fault)),
    ends(fault) {
      if (fault.kind === 'stall' || fault.kind === 'link') wentOnAt.set(fault.router, now());
      if (fault.kind === 'partition') healedAt = now();
      return inEach((group) => reasonsOf(group).ends(fault));
    },
    commands: (only) => (group) => {
      if (only !== undefined && only !== group) return NOTHING;
      // The target may be dead and nobody knows it yet; or it is followed, whoever does not hear it takes over from it, it
      // takes that back, and the hold is ended: the best one takes over. The same where one has just come to stand still and
      // goes on, or started and is not heard by all yet.
      return upTo(isWhole() ? 1 : machines.length + 1);
    },
    boots(machine) {
      bootedAt.set(machine.name, now());
      return inEach((group) => reasonsOf(group).mayTakeOver(machine));
    },
  };
}

/** It could claim, by its own word. */
function isReady(machine: Machine): boolean {
  return machine.status()?.routers.find(({ self }) => self)?.ready === true;
}

/** It heard that one a moment ago, by its own word. */
function isHeardBy(name: string, machine: Machine | undefined): boolean {
  const lastSeen = machine?.status()?.routers.find((router) => router.name === name)?.lastSeen;
  return lastSeen != null && lastSeen < SILENT_AFTER;
}

function isThird(third: string, a: string, b: string, hear: (a: string, b: string) => boolean): boolean {
  return third !== a && third !== b && hear(third, a) && hear(third, b);
}
