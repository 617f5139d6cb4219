import type { PrivateIpRecord, UpdateRequest } from '../../src/oci/types.ts';
import { type Bounds, CLAIM_RATE } from './bounds.ts';
import { VIPS } from './deployment.ts';
import type { Environment } from './environment.ts';
import { type Allowance, createLedger, upTo } from './ledger.ts';
import type { Machine } from './machine.ts';
import { type OciStore, routerOf, vnicOf } from './oci-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/** The invariants, by name (DESIGN §4 and its last lines). */
export type Invariant =
  /** A claim was asked for by a router that is not master. */
  | 'claim-by-non-master'
  /** A claim whose etag is not the record's any more was carried out. */
  | 'stale-claim-landed'
  /** A claim for another VNIC than the router's own in the VIP's subnet. */
  | 'foreign-target'
  /** More claims than the backoff allows: a fight at API speed. */
  | 'too-many-claims'
  /** Nothing had happened that could be the reason of a move, or not often enough. */
  | 'move-without-reason'
  /** The same of mastership: nobody may become master again and again. */
  | 'mastership-without-reason'
  /** The conditions did not change for long, and still there is not one master among those that could be it. */
  | 'no-master'
  | 'two-masters'
  | 'wrong-master'
  /** A router that cannot claim took over although one that can is there. */
  | 'unready-master'
  /** … and a VIP is not on the master. */
  | 'vip-not-on-master'
  /** A ready router reaches the API, and still a VIP is on no live router for too long. */
  | 'vip-away'
  /** The last transition that was told does not lead to the state that is. */
  | 'mistold-state'
  /** The code threw. */
  | 'exception';

export interface Violation {
  readonly invariant: Invariant;
  readonly at: number;
  readonly detail: string;
}

/** Looks at everything after every event. */
export interface Watch {
  /** Something happened to the world that may be the reason of so much; moves of one VIP only, or of each. */
  changed(allowance: Allowance, vip?: string): void;
  /** As long as datagrams get lost by chance, the election may go either way again and again. */
  noisy(): void;
  /** A router became master. */
  mastered(router: string): void;
  /** A master that could claim nothing asked another one to try: a mastership, no reason to move anything. */
  gaveUp(): void;
  claimAsked(router: string, request: UpdateRequest): void;
  moved(router: string, request: UpdateRequest, before: PrivateIpRecord | undefined): void;
  afterEvent(): void;
  readonly violation: () => Violation | undefined;
  fail(invariant: Invariant, detail: string): void;
}

/** While nothing changes it is looked again this often. */
const LOOK_INTERVAL = 5000;

export function createWatch(options: {
  readonly time: VirtualTime;
  readonly bounds: Bounds;
  readonly machines: readonly Machine[];
  readonly store: OciStore;
  readonly environment: Environment;
}): Watch {
  const { time, bounds, machines, store, environment } = options;
  let violation: Violation | undefined;
  let changedAt = 0;
  let asked: { readonly machine: Machine; readonly wasMaster: boolean; readonly vip: string }[] = [];
  const ledger = createLedger(VIPS.map(({ address }) => address));
  /** Last mastership or move. */
  let stirredAt = 0;
  let apiTroubledAt = Number.NEGATIVE_INFINITY;
  /** Router → since when it could take over and has all it needs for that. */
  const fitSince = new Map<string, number>();
  const unreachedSince = new Map<string, number>();
  const claimedAt = new Map<string, number[]>();
  /** VIP → since when it is on no live router although one could take it. */
  const awaySince = new Map<string, number>();

  function fail(invariant: Invariant, detail: string): void {
    violation ??= { invariant, at: time.now(), detail };
  }

  const running = () => machines.filter((machine) => machine.process()?.isStalled() === false && !machine.isStopping());
  const canBeMaster = (machine: Machine) => machine.allLinksUp() && !environment.inStandby(machine.name);
  const apiWorks = ({ name }: Machine) => environment.apiOf(name).troubles.length === 0;
  const holderOf = (address: string) => routerOf(store.current(address)?.vnicId);

  function isLive(name: string | undefined, device: string): boolean {
    const machine = machines.find((candidate) => candidate.name === name);
    return machine?.process() !== undefined && machine.linkUp(device);
  }

  // VIPs are with somebody

  function lookAway(): void {
    const able =
      !environment.isFrozen() && !environment.isNoisy() && running().some((m) => canBeMaster(m) && apiWorks(m));
    for (const { address, interface: device } of VIPS) {
      if (!able || isLive(holderOf(address), device)) {
        awaySince.delete(address);
        continue;
      }
      const since = Math.max(changedAt, awaySince.get(address) ?? time.now());
      awaySince.set(address, since);
      const limit = time.now() - apiTroubledAt > bounds.away ? bounds.calmAway : bounds.away;
      if (time.now() - since > limit) fail('vip-away', `${address} is on ${holderOf(address)} since ${since}`);
    }
  }

  // One master that holds everything

  function lookConverged(): void {
    if (time.now() - changedAt < bounds.converged || environment.isNoisy()) return;
    const all = running();
    if (!environment.areConnected(all.map(({ name }) => name))) return;
    const candidates = all.filter(canBeMaster);
    const mistold = all.find((machine) => machine.state() !== machine.trueState());
    if (mistold !== undefined) return fail('mistold-state', `${mistold.name} says ${mistold.state()}`);
    const masters = all.filter((machine) => machine.trueState() === 'master');
    const [master] = masters;
    const names = (list: readonly Machine[]) => list.map(({ name }) => name).join(', ');
    if (masters.length > 1) return fail('two-masters', names(masters));
    if (master === undefined) {
      if (candidates.length > 0) fail('no-master', `candidates: ${names(candidates)}`);
      return;
    }
    if (!candidates.includes(master)) return fail('wrong-master', `${master.name} cannot be master`);
    if (candidates.every(apiWorks) && !isBest(master, candidates))
      fail('wrong-master', `${master.name} is not the best`);
    if (environment.isFrozen() || !apiWorks(master)) return;
    for (const { address } of VIPS) {
      if (holderOf(address) !== master.name) {
        fail('vip-not-on-master', `${address} is on ${holderOf(address)}, the master is ${master.name}`);
      }
    }
  }

  /** Or whatever keeps the better one from pre-empting it. */
  function isBest(master: Machine, candidates: readonly Machine[]): boolean {
    if (candidates.some((machine) => machine.config().groups[0]?.preempt !== true)) return true;
    if (candidates.some((machine) => machine.router()?.status().groups[0]?.hold != null)) return true;
    const priority = ({ config, name }: Machine) => config().groups[0]?.priority[name] ?? 0;
    return candidates.every((machine) => priority(machine) <= priority(master));
  }

  // Readiness

  function noteFitness(): void {
    for (const machine of machines) {
      const { name } = machine;
      const { troubles } = environment.apiOf(name);
      if (troubles.length > 0) apiTroubledAt = time.now();
      const fit = running().includes(machine) && canBeMaster(machine) && troubles.length === 0;
      if (!fit) fitSince.delete(name);
      else if (!fitSince.has(name)) fitSince.set(name, time.now());
      const unreached = troubles.some(({ trouble, probability }) => trouble === 'outage' && probability === 1);
      if (!unreached) unreachedSince.delete(name);
      else if (!unreachedSince.has(name)) unreachedSince.set(name, time.now());
    }
  }

  /** One that has long been known not to reach the API becomes master beside one that has long been known to. */
  function lookReady(router: string): void {
    const isLong = (since: number | undefined) => since !== undefined && time.now() - since > bounds.known;
    if (!isLong(unreachedSince.get(router)) || environment.isNoisy()) return;
    const better = machines.find(({ name }) => isLong(fitSince.get(name)) && environment.areConnected([name, router]));
    if (better !== undefined) fail('unready-master', `${router}, though ${better.name} is ready`);
  }

  /** No fault, one master, everything with it, for long enough that nothing is under way: nothing may move any more. */
  function lookSettled(): void {
    const since = Math.max(changedAt, stirredAt);
    if (!environment.isCalm() || time.now() - since < bounds.settled) return;
    const all = running();
    const masters = all.filter((machine) => machine.state() === 'master');
    const [master] = masters;
    if (all.length < machines.length || master === undefined || masters.length > 1) return;
    if (VIPS.some(({ address }) => holderOf(address) !== master.name)) return;
    if (isBest(master, all)) ledger.clear();
  }

  function look(): void {
    noteFitness();
    lookSettled();
    lookAway();
    lookConverged();
    time.after(LOOK_INTERVAL, look);
  }
  time.after(LOOK_INTERVAL, look);

  return {
    fail,
    violation: () => violation,
    changed(allowance, vip) {
      changedAt = time.now();
      awaySince.clear();
      ledger.allow(allowance, time.now() + bounds.reason, vip);
      noteFitness();
    },
    gaveUp() {
      ledger.allow({ moves: 0, masterships: 1 }, time.now() + bounds.reason);
    },
    mastered(router) {
      stirredAt = time.now();
      if (!ledger.mastership(time.now())) fail('mastership-without-reason', router);
      lookReady(router);
    },
    noisy() {
      changedAt = time.now();
      ledger.allow(upTo(2), time.now() + bounds.noise);
    },
    claimAsked(router, request) {
      const machine = machines.find(({ name }) => name === router);
      const vip = request.privateIpId.replace('privateip.', '');
      if (machine !== undefined) asked.push({ machine, wasMaster: machine.state() === 'master', vip });
      const device = VIPS.find(({ address }) => address === vip)?.interface ?? '';
      if (request.vnicId !== vnicOf(router, device)) fail('foreign-target', `${router}: ${vip} to ${request.vnicId}`);
      const recent = (claimedAt.get(`${router} ${vip}`) ?? []).filter((at) => time.now() - at < CLAIM_RATE.within);
      claimedAt.set(`${router} ${vip}`, [...recent, time.now()]);
      if (recent.length >= CLAIM_RATE.claims) fail('too-many-claims', `${router}: ${vip}`);
    },
    moved(router, request, before) {
      if (before === undefined) return;
      if (before.etag !== request.etag) fail('stale-claim-landed', `${router}: ${before.address}`);
      if (before.vnicId === request.vnicId) return;
      stirredAt = time.now();
      if (ledger.move(before.address, time.now())) return;
      fail('move-without-reason', `${before.address} from ${routerOf(before.vnicId)} to ${router}`);
    },
    afterEvent() {
      if (asked.length === 0) return;
      for (const { machine, wasMaster, vip } of asked) {
        if (!wasMaster && machine.state() !== 'master') fail('claim-by-non-master', `${machine.name}: ${vip}`);
      }
      asked = [];
    },
  };
}
