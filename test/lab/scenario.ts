import type { Lab, LabOptions } from './lab.ts';
import type { Exit } from './routers.ts';

/** What has to be true after a step. */
export interface Expectation {
  /** The one master, who holds every VIP by OCI's record. */
  readonly master: string;
  /** How often each VIP moves, no more and no less; or no more than that. */
  readonly moves: number | { readonly atMost: number };
  /** The VIPs for which another number holds. */
  readonly movesOf?: Readonly<Record<string, number>>;
  /** Routers that may claim beside the master. */
  readonly claimants?: readonly string[];
  /** Milliseconds during which nothing may move any more; 500 unless told. */
  readonly stays?: number;
  /** Claims go over connections that were open before: not so after API trouble, and not for a router that just booted. */
  readonly warm?: boolean;
}

export interface Check {
  readonly what: string;
  readonly ok: boolean;
  /** What was seen. */
  readonly detail: string;
}

/** Something that happened, on the lab's clock. */
export interface Mark {
  readonly at: number;
  readonly text: string;
}

/** What a step gets to work with. */
export interface StepContext {
  readonly lab: Lab;
  /** Puts a line on the timeline, now. */
  note(text: string): void;
  /** Adds a check of the step's own. */
  check(what: string, ok: boolean, detail: string): void;
}

/** One fault (or its repair, or an admin's command) and what has to come of it. */
export interface Step {
  /** What happens, as the timeline tells it at 0 ms. */
  readonly title: string;
  readonly expect: Expectation;
  /** Makes it happen. The step's clock starts when it is called. */
  act(context: StepContext): Promise<void>;
  /** Looks, once everything has settled, at what only this step can show. */
  after?(context: StepContext & { readonly since: number }): Promise<void>;
}

export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  /** A sentence. */
  readonly title: string;
  readonly options?: LabOptions;
  /** The first router is master before the others start. */
  readonly oneByOne?: boolean;
  /** OCI refuses the signatures of these routers, as it has to. */
  readonly unauthenticated?: readonly string[];
  readonly steps: readonly Step[];
}

/** When a VIP was held by the expected router, if it moved. */
export interface VipRow {
  readonly address: string;
  readonly from: string | null;
  readonly holder: string | null;
  readonly moves: number;
  readonly heldAt: number | null;
}

export interface FlowRow {
  readonly flow: string;
  readonly sent: number;
  readonly lost: number;
  /** Milliseconds; null: nothing was lost; Infinity: still out. */
  readonly outage: number | null;
}

/** Times of a step, all on the lab's clock; null: did not happen. */
export interface Measures {
  readonly faultAt: number;
  readonly firstAdvert: number | null;
  readonly firstClaim: number | null;
  readonly lastHeld: number | null;
}

export interface StepOutcome {
  readonly title: string;
  readonly measures: Measures;
  readonly timeline: readonly Mark[];
  readonly vips: readonly VipRow[];
  readonly flows: readonly FlowRow[];
  readonly checks: readonly Check[];
}

export interface ScenarioOutcome {
  readonly name: string;
  readonly title: string;
  readonly steps: readonly StepOutcome[];
  /** Checks over the whole scenario. */
  readonly checks: readonly Check[];
  /** Why it could not be run to its end. */
  readonly error?: string;
}

/** Every check of a scenario that failed, with the step it belongs to; an error counts as one. */
export function failures(outcome: ScenarioOutcome): string[] {
  const tell = (where: string, check: Check): string => `${where}: ${check.what}: ${check.detail}`;
  return [
    ...outcome.steps.flatMap((step) => step.checks.filter(({ ok }) => !ok).map((check) => tell(step.title, check))),
    ...outcome.checks.filter(({ ok }) => !ok).map((check) => tell('whole scenario', check)),
    ...(outcome.error === undefined ? [] : [outcome.error]),
  ];
}

/** How a daemon ended, in words. */
export function exitText(exit: Exit | null): string {
  if (exit === null) return 'still runs';
  return exit.signal === null ? `exit ${exit.code}` : `killed by ${exit.signal}`;
}
