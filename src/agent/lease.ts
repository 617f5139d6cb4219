import type { Milliseconds, OciErrorCode, OciFailure, OciVnics, VnicId, VnicRecord } from '../oci/types.ts';
import { LEASE_TAG } from '../ownership/index.ts';
import type { Clock } from './clock.ts';

/** Longest value of a free-form tag. */
const TAG_VALUE_MAX = 256;

/** After so many refusals in a row the stamps come less often, down to one in so many intervals. */
const PROMPT_FAILURES = 5;
/** What will not get better soon: a policy does not allow it, or the request is refused. */
const REFUSALS: ReadonlySet<OciErrorCode> = new Set(['not-found', 'rejected']);

const LONGEST_PATIENCE = 20;

/** What a lease says: which router stamped it, in which life, how often, and what it was master of. */
export interface LeaseValue {
  readonly cluster: string;
  readonly router: string;
  readonly bootId: string;
  readonly counter: number;
  readonly mastered: readonly string[];
}

export function formatLease({ cluster, router, bootId, counter, mastered }: LeaseValue): string {
  return [cluster, router, bootId, counter, mastered.join(',')].join('/').slice(0, TAG_VALUE_MAX);
}

/** The router of this cluster that stamped a lease; undefined: another cluster's, or none. */
export function routerOfLease(lease: string | undefined, cluster: string): string | undefined {
  const [name, router] = lease?.split('/') ?? [];
  return name === cluster && router !== '' ? router : undefined;
}

/**
 * Stamps this router's own VNICs, so that a router that does not hear it can see that it lives (DESIGN §4 rule 4): once
 * at start, so that the VNIC names its router, and each interval while `needed`.
 */
export interface LeaseKeeper {
  /** Why the last stamps failed; undefined if the last one did not. */
  error(): string | undefined;
  /** Stamps go out each interval now. */
  stamping(): boolean;
  /** When a stamp was acknowledged last. */
  stampedAt(): Milliseconds | undefined;
  /** Something that `needed` depends on may have changed, or the VNICs were found. */
  update(): void;
  close(): void;
}

export function createLeaseKeeper(options: {
  readonly oci: () => Pick<OciVnics, 'getVnic' | 'tagVnic'>;
  readonly clock: Clock;
  readonly interval: () => Milliseconds;
  /** This router's VNICs with VIPs: each is stamped once, so that it names its router. */
  readonly vnics: () => readonly VnicId[];
  /** Those in the subnets of the groups' locks: they are stamped again and again. */
  readonly lockVnics: () => readonly VnicId[];
  readonly needed: () => boolean;
  readonly value: (counter: number) => LeaseValue;
  /** Stamps go out each interval from now on, or no longer. */
  readonly onStamping: (on: boolean) => void;
  /** A stamp failed, a sentence. */
  readonly onFailure: (detail: string) => void;
}): LeaseKeeper {
  const { clock } = options;
  const alarm = clock.createAlarm(stampAll);
  const records = new Map<VnicId, VnicRecord>();
  const beingStamped = new Set<VnicId>();
  const named = new Set<VnicId>();
  let counter = 0;
  let failures = 0;
  let refusals = 0;
  let error = '';
  let stampedAt: Milliseconds | undefined;
  let stamping = false;
  let armed = false;
  let closed = false;

  function vnicsDue(): readonly VnicId[] {
    const unnamed = options.vnics().filter((vnicId) => !named.has(vnicId));
    return stamping ? [...new Set([...unnamed, ...options.lockVnics()])] : unnamed;
  }

  function lookAtNeed(): void {
    const needed = options.needed();
    if (needed === stamping) return;
    stamping = needed;
    options.onStamping(needed);
  }

  function stampAll(): void {
    armed = false;
    lookAtNeed();
    const due = vnicsDue();
    counter += 1;
    for (const vnicId of due) void stamp(vnicId);
    if (due.length > 0) arm(options.interval() * pause());
  }

  /**
   * In intervals. Soon after the first failures, for a lease that is not stamped runs out. What fails may work again at
   * any time, and then the stamp is missed by everybody who reads: only refusals are tried ever less often.
   */
  function pause(): number {
    if (failures === 0) return 1;
    if (failures <= PROMPT_FAILURES) return 1 / 3;
    return Math.min(LONGEST_PATIENCE, Math.max(1, 2 ** (refusals - PROMPT_FAILURES)));
  }

  function arm(after: Milliseconds): void {
    if (armed || closed) return;
    armed = true;
    alarm.set(clock.now() + after);
  }

  /** One UpdateVnic with `if-match`; other tags are kept. Whatever fails is tried again at the next interval. */
  async function stamp(vnicId: VnicId): Promise<void> {
    if (beingStamped.has(vnicId)) return;
    beingStamped.add(vnicId);
    const record = records.get(vnicId) ?? (await read(vnicId));
    if (record !== undefined && !closed) {
      const freeformTags = { ...record.freeformTags, [LEASE_TAG]: formatLease(options.value(counter)) };
      const answer = await options.oci().tagVnic({ vnicId, etag: record.etag, freeformTags });
      if (answer.ok) {
        named.add(vnicId);
        stampedAt = clock.now();
        records.set(vnicId, answer.record);
        failures = 0;
        refusals = 0;
      } else {
        records.delete(vnicId);
        failed(answer);
      }
    }
    beingStamped.delete(vnicId);
  }

  async function read(vnicId: VnicId): Promise<VnicRecord | undefined> {
    const answer = await options.oci().getVnic(vnicId);
    if (!answer.ok) failed(answer);
    return answer.ok ? answer.record : undefined;
  }

  function failed({ code, message }: OciFailure): void {
    failures += 1;
    refusals = REFUSALS.has(code) ? refusals + 1 : 0;
    error = message;
    options.onFailure(message);
  }

  return {
    error: () => (failures > 0 ? error : undefined),
    stamping: () => stamping,
    stampedAt: () => stampedAt,
    update() {
      lookAtNeed();
      if (!armed && vnicsDue().length > 0) arm(0);
    },
    close() {
      closed = true;
      alarm.close();
    },
  };
}
