import type { GroupState } from '../../src/control/api.ts';
import type { PrivateIpRecord, UpdateRequest } from '../../src/oci/types.ts';
import { type Bounds, CLAIM_RATE, mostRequests, REQUEST_SPAN } from './bounds.ts';
import type { DeployedGroup } from './deployment.ts';
import type { Environment } from './environment.ts';
import { createFitness } from './fitness.ts';
import { createGroupWatch, type GroupWatch } from './group-watch.ts';
import type { Invariant, Violation } from './invariants.ts';
import type { Allowances } from './ledger.ts';
import type { Machine } from './machine.ts';
import { routerOf, vnicOf } from './oci-store.ts';
import type { VirtualTime } from './virtual-time.ts';

/**
 * Judges the run. Claims, etags and moves are judged as they happen. Everything else is a condition that has to be true
 * from some moment on: it is looked at after every event that can make it false, and at that very moment.
 */
export interface Watch {
  /** Something that a condition depends on may be another one now: it is looked at once the event is over. */
  touched(): void;
  /** Something happened to the world that may be the reason of so much; moves of one VIP only, or of each. */
  changed(allowances: Allowances, vip?: string): void;
  /** As long as datagrams get lost by chance, the election may go either way again and again. */
  noisy(): void;
  /** A router became master of a group. */
  mastered(group: string, router: string): void;
  /** A master whose claims all failed asked another one to try, at most once a minute; some may have been carried out. */
  gaveUp(group: string, router: string): void;
  /** A master gave mastership away by itself. */
  resigned(group: string, router: string): void;
  flapping(group: string, router: string, delay: number): void;
  requestAsked(router: string): void;
  claimAsked(router: string, request: UpdateRequest): void;
  moved(router: string, request: UpdateRequest, before: PrivateIpRecord | undefined): void;
  afterEvent(): void;
  /** Since when every group has been in its place without a reason to move; Infinity: one is not. */
  settledSince(): number;
  readonly violation: () => Violation | undefined;
  fail(invariant: Invariant, detail: string): void;
}

interface AskedClaim {
  readonly machine: Machine;
  readonly group: string;
  readonly wasMaster: boolean;
  readonly vip: string;
}

export function createWatch(options: {
  readonly time: VirtualTime;
  readonly bounds: Bounds;
  /** The tenancy lets through only so many requests a second. */
  readonly throttles: boolean;
  readonly machines: readonly Machine[];
  readonly groups: readonly DeployedGroup[];
  readonly environment: Environment;
  /** Router that a VIP is on; undefined: none. */
  readonly holderOf: (address: string) => string | undefined;
}): Watch {
  const { time, bounds, throttles, machines, groups, environment, holderOf } = options;
  let violation: Violation | undefined;
  let changedAt = 0;
  let touched = true;
  let asked: AskedClaim[] = [];
  const claimedAt = new Map<string, number[]>();
  const requests = new Map<string, { span: number; count: number }>();
  const requestLimit = mostRequests({ groups });
  const fitness = createFitness({ now: time.now, machines, groups: groups.map(({ name }) => name), environment });
  const watches = new Map(groups.map((group) => [group.name, watchOf(group)] as const));
  const deployed = new Map(
    groups.flatMap((group) => group.vips.map((vip) => [vip.address, { group: group.name, device: vip.interface }])),
  );

  function watchOf(group: DeployedGroup): GroupWatch {
    return createGroupWatch({
      group,
      now: time.now,
      after: time.after,
      bounds,
      throttles,
      machines,
      environment,
      fitness,
      changedAt: () => changedAt,
      holderOf,
      fail,
    });
  }

  function fail(invariant: Invariant, detail: string): void {
    violation ??= { invariant, at: time.now(), detail };
  }

  function look(): void {
    fitness.note();
    const reports = new Map<Machine, ReadonlyMap<string, GroupState>>();
    const reportOf = (machine: Machine) => {
      const known = reports.get(machine) ?? new Map(machine.status()?.groups.map(({ name, state }) => [name, state]));
      reports.set(machine, known);
      return known;
    };
    for (const [group, watch] of watches) watch.look((machine) => reportOf(machine).get(group) ?? 'init');
    const due = Math.min(...[...watches.values()].map((watch) => watch.due()));
    bound.set(Number.isFinite(due) ? due : undefined);
  }
  /** The next bound is reached. */
  const bound = time.createAlarm(look);

  return {
    fail,
    violation: () => violation,
    settledSince: () => Math.max(...[...watches.values()].map((watch) => watch.settledSince())),
    touched() {
      touched = true;
    },
    changed(allowances, vip) {
      touched = true;
      changedAt = time.now();
      for (const [group, watch] of watches) watch.changed(allowances(group), vip);
      fitness.note();
    },
    gaveUp: (group, router) => watches.get(group)?.gaveUp(router),
    resigned: (group, router) => watches.get(group)?.resigned(router),
    mastered: (group, router) => watches.get(group)?.mastered(router),
    flapping: (group, router, delay) => watches.get(group)?.flapping(router, delay),
    noisy() {
      touched = true;
      changedAt = time.now();
      for (const watch of watches.values()) watch.noisy();
    },
    requestAsked(router) {
      const span = Math.floor(time.now() / REQUEST_SPAN);
      const counted = requests.get(router) ?? { span, count: 0 };
      requests.set(router, counted);
      counted.count = counted.span === span ? counted.count + 1 : 1;
      counted.span = span;
      if (counted.count > requestLimit)
        fail('too-many-requests', `${router}: more than ${requestLimit} in ten seconds`);
    },
    claimAsked(router, request) {
      const machine = machines.find(({ name }) => name === router);
      const vip = request.privateIpId.replace('privateip.', '');
      const { group = '', device = '' } = deployed.get(vip) ?? {};
      if (machine !== undefined) asked.push({ machine, group, wasMaster: machine.state(group) === 'master', vip });
      if (request.vnicId !== vnicOf(router, device)) fail('foreign-target', `${router}: ${vip} to ${request.vnicId}`);
      const recent = (claimedAt.get(`${router} ${vip}`) ?? []).filter((at) => time.now() - at < CLAIM_RATE.within);
      claimedAt.set(`${router} ${vip}`, [...recent, time.now()]);
      if (recent.length >= CLAIM_RATE.claims) fail('too-many-claims', `${router}: ${vip}`);
    },
    moved(router, request, before) {
      touched = true;
      if (before === undefined) return;
      if (before.etag !== request.etag) fail('stale-claim-landed', `${router}: ${before.address}`);
      if (before.vnicId === request.vnicId) return;
      const how = `${before.address} from ${routerOf(before.vnicId)} to ${router}`;
      watches.get(deployed.get(before.address)?.group ?? '')?.moved(before.address, router, how);
    },
    afterEvent() {
      if (touched) {
        touched = false;
        look();
      }
      if (asked.length === 0) return;
      for (const { machine, group, wasMaster, vip } of asked) {
        if (!wasMaster && machine.state(group) !== 'master') fail('claim-by-non-master', `${machine.name}: ${vip}`);
      }
      asked = [];
    },
  };
}
