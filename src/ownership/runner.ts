import type { Milliseconds, Oci, OciVnics, PrivateIpId, SubnetId, VnicAnswer } from '../oci/types.ts';
import type { LockView, VnicReading } from './lock-types.ts';
import { createPlan } from './plan.ts';
import type { PlanAction, PlanConfig, PlanEvent, Target, VipView } from './plan-types.ts';

/** A single settable alarm on the same clock as `now`; `undefined` switches it off. */
export interface Alarm {
  set(at: Milliseconds | undefined): void;
  close(): void;
}

export interface OwnershipOptions {
  readonly config: PlanConfig;
  readonly oci: Pick<Oci & OciVnics, 'updatePrivateIp' | 'getPrivateIp' | 'readSubnet' | 'refreshToken' | 'getVnic'>;
  /** Monotonic time. */
  readonly now: () => Milliseconds;
  readonly createAlarm: (ring: () => void) => Alarm;
  /** A round of reads is over, whatever it found. */
  readonly onRound: () => void;
  /** Told of what was carried out, afterwards: logs, metrics, history, discovery. */
  readonly onActions: (actions: readonly PlanAction[]) => void;
}

/** The plan of one group together with the API it talks to. */
export interface Ownership {
  handle(event: PlanEvent): void;
  vips(): readonly VipView[];
  /** Would this router, as the follower of that one, be superseded at once? */
  forbidsMastership(predecessor: string | null): boolean;
  /** OCI's record of the lock names this router, which is master. */
  holdsLock(): boolean;
  superseded(): boolean;
  /** The lock, its holder, and what that means here; undefined: not one VIP was found yet. */
  lock(): LockView | undefined;
  /** Somebody else may have claimed: as master it reads each second until that is over. */
  verifying(): boolean;
  /** Claims that waited too long in the worker to be sent. */
  lateWritesDropped(): number;
  disputed(): boolean;
  failedRounds(): number;
  provenAt(): Milliseconds;
  /** Reads every VIP now; resolves when the round is over, whatever it found. */
  verify(): Promise<void>;
  close(): void;
}

/** Runs the plan: carries out its actions through the OCI side and feeds the answers back. */
export function createOwnership(options: OwnershipOptions): Ownership {
  const { oci, now, onActions } = options;
  const plan = createPlan(options.config);
  const alarm = options.createAlarm(() => handle({ kind: 'timer' }));
  let roundWaiters: (() => void)[] = [];
  let closed = false;

  function handle(event: PlanEvent): void {
    if (closed) return;
    const actions = plan.handle(now(), event);
    // Every request leaves before anything is told: logging must not stand between two claims.
    for (const action of actions) carryOut(action);
    if (actions.length > 0) onActions(actions);
    alarm.set(plan.nextDeadline());
  }

  function carryOut(action: PlanAction): void {
    switch (action.kind) {
      case 'claim': {
        const { privateIpId, vnicId } = action.target;
        oci.updatePrivateIp({ privateIpId, vnicId, etag: action.etag }).then((answer) => {
          handle({ kind: 'claim-answer', claim: action.claim, answer });
        });
        return;
      }
      case 'get': {
        const startedAt = now();
        oci.getPrivateIp(action.target.privateIpId).then((answer) => {
          handle({ kind: 'read-answer', address: action.target.address, startedAt, answer });
        });
        return;
      }
      case 'read':
        readRound(action.targets);
        return;
      case 'read-vnic': {
        const { vnicId } = action;
        oci.getVnic(vnicId).then((answer) => {
          handle({ kind: 'vnic-answer', vnicId, answer: readingOf(answer) });
        });
        return;
      }
      case 'refresh-token':
        oci.refreshToken().then((answer) => {
          if (answer.ok) handle({ kind: 'token' });
        });
        return;
      default:
        return;
    }
  }

  async function readRound(targets: readonly Target[]): Promise<void> {
    const startedAt = now();
    const subnets = new Map<SubnetId, Target[]>();
    for (const target of targets) subnets.set(target.subnetId, [...(subnets.get(target.subnetId) ?? []), target]);
    await Promise.all([...subnets].map(([subnetId, members]) => readSubnet(subnetId, members, startedAt)));
    handle({ kind: 'read-done' });
    if (closed) return;
    options.onRound();
    const waiters = roundWaiters;
    roundWaiters = [];
    for (const resolve of waiters) resolve();
  }

  const roundEnd = () => new Promise<void>((resolve) => roundWaiters.push(resolve));

  async function readSubnet(subnetId: SubnetId, targets: readonly Target[], startedAt: Milliseconds): Promise<void> {
    const ids: PrivateIpId[] = targets.map((target) => target.privateIpId);
    const answers = await oci.readSubnet(subnetId, ids);
    for (const { address, privateIpId } of targets) {
      const answer = answers.get(privateIpId);
      if (answer !== undefined) handle({ kind: 'read-answer', address, startedAt, answer });
    }
  }

  return {
    handle,
    vips: () => plan.vips(),
    forbidsMastership: plan.forbidsMastership,
    holdsLock: plan.holdsLock,
    superseded: plan.superseded,
    lock: () => plan.lock(now()),
    verifying: plan.verifying,
    lateWritesDropped: plan.lateWritesDropped,
    disputed: plan.disputed,
    failedRounds: plan.failedRounds,
    provenAt: plan.provenAt,
    async verify() {
      // What is being read now was asked for before.
      if (plan.reading()) await roundEnd();
      handle({ kind: 'verify' });
      if (plan.reading()) await roundEnd();
    },
    close() {
      closed = true;
      alarm.close();
      for (const resolve of roundWaiters) resolve();
    },
  };
}

/** Key of the free-form tag that is a lease (DESIGN §4 rule 4). */
export const LEASE_TAG = 'failoverd-lease';

/** That a VNIC is gone or not ours to see is an answer, too; any other failure says nothing of it. */
function readingOf(answer: VnicAnswer): VnicReading {
  if (answer.ok) {
    const { freeformTags, privateIp } = answer.record;
    return { ok: true, identity: { lease: freeformTags[LEASE_TAG], privateIp } };
  }
  const { code, message } = answer;
  if (code !== 'not-found' && code !== 'rejected') return { ok: false, error: message };
  return { ok: true, identity: { lease: undefined, privateIp: undefined }, error: message };
}
