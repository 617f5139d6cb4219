/** The parameters in force: patched by the admin interface, asked for every request. */
import { createRandom, drawLatency, type Random } from './random.ts';
import {
  DEFAULT_PARAMETERS,
  type FaultRule,
  OPERATIONS,
  type Operation,
  type Parameters,
  type ParametersPatch,
  type Reachability,
} from './types.ts';

/** What a fault is chosen by. */
export interface FaultSubject {
  readonly operation: Operation;
  readonly instance: string | null;
  readonly path: string;
  readonly target: string | null;
  readonly address: string | null;
}

export interface ParameterStore {
  current(): Parameters;
  /** RFC 7396 merge patch; throws on keys and operations that do not exist. */
  patch(patch: ParametersPatch): Parameters;
  reset(): Parameters;
  latency(operation: Operation): number;
  /** The fault this request meets, counted; undefined: none. */
  fault(subject: FaultSubject): { readonly name: string; readonly rule: FaultRule } | undefined;
  /** False when the rate limit is used up. */
  admit(instance: string | null, now: number): boolean;
  reachability(service: 'metadata' | 'api', instance: string | null): Reachability;
  random: Random;
}

export function createParameterStore(
  initial: ParametersPatch | undefined,
  onChange: (parameters: Parameters) => void,
): ParameterStore {
  const start = merged(DEFAULT_PARAMETERS, initial ?? {});
  let current = start;
  let random = createRandom(current.seed);
  const buckets = new Map<string | null, { tokens: number; at: number }>();

  function use(next: Parameters, reseed: boolean): Parameters {
    current = next;
    if (reseed) random = createRandom(next.seed);
    buckets.clear();
    onChange(next);
    return next;
  }

  return {
    current: () => current,
    patch: (change) => use(merged(current, change), change.seed !== undefined),
    reset: () => use(start, true),
    latency(operation) {
      const general = operation === 'Metadata' ? undefined : current.latency['*'];
      return drawLatency(current.latency[operation] ?? general, random);
    },
    fault(subject) {
      for (const name of Object.keys(current.faults).sort()) {
        const rule = current.faults[name];
        if (!rule || !matches(rule, subject)) continue;
        if (rule.probability !== undefined && random() >= rule.probability) continue;
        if (rule.count !== undefined) current = { ...current, faults: counted(current.faults, name, rule) };
        return { name, rule };
      }
      return undefined;
    },
    admit(instance, now) {
      const limit = current.rateLimit;
      if (limit === null) return true;
      const owner = limit.scope === 'tenancy' ? null : instance;
      const bucket = buckets.get(owner) ?? { tokens: limit.burst, at: now };
      const tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) / 1000) * limit.perSecond);
      buckets.set(owner, { tokens: tokens >= 1 ? tokens - 1 : tokens, at: now });
      return tokens >= 1;
    },
    reachability(service, instance) {
      const own = instance === null ? undefined : current.reachabilityOf[instance]?.[service];
      const general = current.reachability[service];
      return general === 'up' ? (own ?? 'up') : general;
    },
    random: () => random(),
  };
}

function matches(rule: FaultRule, subject: FaultSubject): boolean {
  const { operation } = rule;
  if (operation === '*') {
    if (subject.operation === 'Metadata') return false;
  } else if (typeof operation === 'string' ? operation !== subject.operation : !operation.includes(subject.operation)) {
    return false;
  }
  if (rule.instance !== undefined && rule.instance !== subject.instance) return false;
  if (rule.target !== undefined && rule.target !== subject.target && rule.target !== subject.address) return false;
  return rule.path === undefined || subject.path.includes(rule.path);
}

function counted(faults: Parameters['faults'], name: string, rule: FaultRule): Parameters['faults'] {
  const { [name]: _used, ...others } = faults;
  const left = (rule.count ?? 0) - 1;
  return left > 0 ? { ...others, [name]: { ...rule, count: left } } : others;
}

function merged(base: Parameters, change: ParametersPatch): Parameters {
  check(change);
  const or = <T>(value: T | null | undefined, before: T, fallback: T): T =>
    value === undefined ? before : (value ?? fallback);
  const fallback = DEFAULT_PARAMETERS;
  return {
    seed: or(change.seed, base.seed, fallback.seed),
    // A fault or a latency is one thing: a new one under a used name must not inherit the old one's fields.
    latency: withoutNulls({ ...base.latency, ...change.latency }),
    faults: withoutNulls({ ...base.faults, ...change.faults }),
    commitPoint: or(change.commitPoint, base.commitPoint, fallback.commitPoint),
    tokenLifetime: or(change.tokenLifetime, base.tokenLifetime, fallback.tokenLifetime),
    readLag: or(change.readLag, base.readLag, fallback.readLag),
    rateLimit: change.rateLimit === undefined ? base.rateLimit : change.rateLimit,
    idleTimeout: or(change.idleTimeout, base.idleTimeout, fallback.idleTimeout),
    conflictOnConcurrentVnicUpdates: or(
      change.conflictOnConcurrentVnicUpdates,
      base.conflictOnConcurrentVnicUpdates,
      fallback.conflictOnConcurrentVnicUpdates,
    ),
    reachability: overlay(base.reachability, change.reachability, fallback.reachability),
    reachabilityOf: mergeReachabilityOf(base.reachabilityOf, change.reachabilityOf),
    policy: overlay(base.policy, change.policy, fallback.policy),
  };
}

/** A misspelled fault that never strikes would make a test pass for nothing. */
function check(change: ParametersPatch): void {
  for (const key of Object.keys(change)) {
    if (!(key in DEFAULT_PARAMETERS)) throw new Error(`there is no parameter ${key}`);
  }
  const known: readonly string[] = [...OPERATIONS, '*'];
  for (const [name, rule] of Object.entries(change.faults ?? {})) {
    if (rule === null) continue;
    const operations: readonly string[] = typeof rule.operation === 'string' ? [rule.operation] : rule.operation;
    const wrong = operations.find((operation) => !known.includes(operation));
    if (wrong !== undefined) throw new Error(`fault ${name}: there is no operation ${wrong}`);
  }
  const wrong = Object.keys(change.latency ?? {}).find((operation) => !known.includes(operation));
  if (wrong !== undefined) throw new Error(`latency: there is no operation ${wrong}`);
}

type Patch<T> = { readonly [K in keyof T]?: T[K] | null };

/** The patch over the base; null takes the default back. */
function overlay<T extends object>(base: T, change: Patch<T> | null | undefined, fallback: T): T {
  if (change === null) return fallback;
  const defaults = Object.entries(change ?? {}).filter(([, value]) => value === null);
  const taken = Object.fromEntries(defaults.map(([key]) => [key, Reflect.get(fallback, key)]));
  return { ...base, ...change, ...taken };
}

function mergeReachabilityOf(
  base: Parameters['reachabilityOf'],
  change: ParametersPatch['reachabilityOf'],
): Parameters['reachabilityOf'] {
  if (change === null) return {};
  const merged: Record<string, Parameters['reachabilityOf'][string]> = { ...base };
  for (const [instance, services] of Object.entries(change ?? {})) {
    if (services === undefined) continue;
    if (services === null) delete merged[instance];
    else merged[instance] = withoutNulls({ ...merged[instance], ...services });
  }
  return merged;
}

function withoutNulls<V>(entries: Readonly<Record<string, V | null | undefined>>): Record<string, V> {
  const kept = Object.entries(entries).filter((entry): entry is [string, V] => entry[1] != null);
  return Object.fromEntries(kept);
}
