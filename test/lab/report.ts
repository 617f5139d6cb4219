/** What a person sees of a scenario: a timeline, who holds what, what was lost, and the checks. */
import { type FlowRow, failures, type Measures, type ScenarioOutcome, type StepOutcome } from './scenario.ts';
import { type Column, table } from './table.ts';

/** Wraps text in terminal colours, or does not. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  /** Columns of the terminal: a longer line of a timeline is cut. */
  readonly width: number;
}

export function createPaint(colours: boolean, width = 150): Paint {
  const wrap = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: wrap(1), dim: wrap(2), good: wrap(32), bad: wrap(31), width };
}

const left = (title: string): Column => ({ title, align: 'left' });
const right = (title: string): Column => ({ title, align: 'right' });

function milliseconds(value: number | null): string {
  if (value === null) return '-';
  return Number.isFinite(value) ? `${value.toFixed(1)} ms` : 'still out';
}

function after(at: number | null, measures: Measures): string {
  return milliseconds(at === null ? null : at - measures.faultAt);
}

function shorten(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}

function worstOutage(step: StepOutcome): number | null {
  const outages = step.flows.map(({ outage }) => outage).filter((outage) => outage !== null);
  return outages.length === 0 ? null : Math.max(...outages);
}

function flowTable(flows: readonly FlowRow[]): string[] {
  return table(
    [left('packets'), right('sent'), right('lost'), right('longest outage')],
    flows.map(({ flow, sent, lost, outage }) => [flow, String(sent), String(lost), milliseconds(outage)]),
  );
}

export function renderFlows(flows: readonly FlowRow[]): string {
  return flowTable(flows).join('\n');
}

function renderStep(step: StepOutcome, paint: Paint): string[] {
  const { faultAt } = step.measures;
  const timeline = step.timeline.map(({ at, text }) => {
    const line = shorten(`${(at - faultAt).toFixed(1).padStart(10)} ms  ${text}`, paint.width);
    if (at === faultAt) return paint.bold(line);
    return / logs: /.test(text) ? paint.dim(line) : line;
  });
  const vips = table(
    [left('VIP'), left('was on'), left('is on'), right('moves'), right('held after')],
    step.vips.map(({ address, from, holder, moves, heldAt }) => [
      address,
      from ?? 'no router',
      holder ?? 'no router',
      String(moves),
      after(heldAt, step.measures),
    ]),
  );
  const checks = step.checks.map(({ what, ok, detail }) =>
    ok ? `${paint.good('✓')} ${what}: ${paint.dim(detail)}` : `${paint.bad('✗')} ${what}: ${paint.bad(detail)}`,
  );
  const block = (lines: readonly string[]): string[] => [...lines.map((line) => `    ${line}`), ''];
  return [...timeline, '', ...block(vips), ...block(flowTable(step.flows)), ...block(checks)];
}

/** One scenario, whole. */
export function renderScenario(outcome: ScenarioOutcome, paint: Paint): string {
  const failed = failures(outcome);
  const whole = outcome.checks.map(({ what, ok, detail }) =>
    ok ? `    ${paint.good('✓')} ${what}: ${paint.dim(detail)}` : `    ${paint.bad('✗')} ${what}: ${paint.bad(detail)}`,
  );
  return [
    paint.bold(`── ${outcome.name}: ${outcome.title}`),
    '',
    ...outcome.steps.flatMap((step) => renderStep(step, paint)),
    ...(whole.length > 0 ? ['    in the whole scenario', ...whole, ''] : []),
    ...(outcome.error === undefined ? [] : [paint.bad(`    ${outcome.error}`), '']),
    failed.length === 0 ? paint.good(`   passed: ${outcome.name}`) : paint.bad(`   FAILED: ${outcome.name}`),
    '',
  ].join('\n');
}

/** All scenarios in one table. */
export function renderSummary(outcomes: readonly ScenarioOutcome[], paint: Paint): string {
  const rows = outcomes.flatMap((outcome) => {
    const steps = outcome.steps.map((step) => [
      outcome.name,
      step.title,
      after(step.measures.firstAdvert, step.measures),
      after(step.measures.firstClaim, step.measures),
      after(step.measures.lastHeld, step.measures),
      milliseconds(worstOutage(step)),
      step.checks.every(({ ok }) => ok) ? 'ok' : 'FAILED',
    ]);
    const whole = outcome.error !== undefined || outcome.checks.some(({ ok }) => !ok);
    return whole ? [...steps, [outcome.name, 'the whole scenario', '', '', '', '', 'FAILED']] : steps;
  });
  const lines = table(
    [
      left('scenario'),
      left('what happened'),
      right('new master'),
      right('first claim'),
      right('all VIPs held'),
      right('outage'),
      left(''),
    ],
    rows,
  );
  const [header = '', ...body] = lines;
  const failed = outcomes.filter((outcome) => failures(outcome).length > 0);
  return [
    paint.bold('── summary (times after the fault)'),
    '',
    `  ${paint.bold(header)}`,
    ...body.map((line) => `  ${line.endsWith('FAILED') ? paint.bad(line) : line}`),
    '',
    ...failed.flatMap((outcome) => [
      paint.bad(`${outcome.name}:`),
      ...failures(outcome).map((failure) => `  ${paint.bad('✗')} ${failure}`),
    ]),
    `${outcomes.length - failed.length} passed, ${failed.length} failed`,
  ].join('\n');
}
