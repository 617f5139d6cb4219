/** The figures as a person reads them, and as a program does. */
import { cpus, loadavg, release, totalmem } from 'node:os';
import type { Paint } from '../lab/report.ts';
import { type Column, table } from '../lab/table.ts';
import { type Figure, type Goal, summarize, type Unit } from './figures.ts';

export interface Machine {
  readonly processor: string;
  readonly processors: number;
  readonly memory: string;
  readonly kernel: string;
  readonly node: string;
  readonly keepalived: string;
}

export function describeMachine(keepalived: string | undefined): Machine {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memory: `${(totalmem() / 1e9).toFixed(1)} GB`,
    kernel: release(),
    node: process.version,
    keepalived: keepalived ?? 'not installed',
  };
}

/** Share of the processors that other work and this one keep busy, as the kernel's load average of a minute. */
export function load(): string {
  return (loadavg()[0] ?? 0).toFixed(2);
}

function value(amount: number, unit: Unit): string {
  if (!Number.isFinite(amount)) return '-';
  const digits = unit === '' ? 0 : unit === '×' ? 2 : Math.abs(amount) >= 100 ? 0 : 1;
  return `${amount.toFixed(digits)}${unit === '' || unit === '×' ? unit : ` ${unit}`}`;
}

function goalText(goal: Goal, unit: Unit): string {
  if (goal.limit === 0) return 'none';
  return `${goal.of} ${goal.of === 'min' ? '≥' : '≤'} ${goal.limit}${unit === '×' || unit === '' ? unit : ` ${unit}`}`;
}

const COLUMNS: readonly Column[] = [
  { title: '', align: 'left' },
  { title: 'median', align: 'right' },
  { title: 'p90', align: 'right' },
  { title: 'max', align: 'right' },
  { title: 'n', align: 'right' },
  { title: 'goal', align: 'left' },
  { title: '', align: 'left' },
];

function row(figure: Figure): string[] {
  const { unit, goal, what, samples } = figure;
  const { n, median, p90, max, reached } = summarize(figure);
  const single = samples.length === 1;
  return [
    `  ${what}`,
    value(median, unit),
    single ? '' : value(p90, unit),
    single ? '' : value(max, unit),
    String(n),
    goal === undefined ? '' : goalText(goal, unit),
    reached === undefined ? '' : reached ? 'reached' : 'MISSED',
  ];
}

/** One table; every section under its headline. */
export function renderFigures(figures: readonly Figure[], paint: Paint): string {
  const sections = [...new Set(figures.map(({ section }) => section))];
  const ordered = sections.flatMap((section) => figures.filter((figure) => figure.section === section));
  const [header = '', ...lines] = table(COLUMNS, ordered.map(row));
  const painted = lines.map((line) => {
    if (line.endsWith('MISSED')) return paint.bad(line);
    if (line.endsWith('reached')) return line.replace(/reached$/, paint.good('reached'));
    return line.includes('  keepalived') ? paint.dim(line) : line;
  });
  return sections
    .flatMap((section, index) => {
      const own = painted.filter((_, position) => ordered[position]?.section === section);
      return [...(index === 0 ? [paint.bold(header)] : ['']), paint.bold(section), ...own];
    })
    .join('\n');
}

/** What `--json` writes. */
export function jsonOf(date: Date, machine: Machine, figures: readonly Figure[], notes: readonly string[]): string {
  const all = figures.map((figure) => ({ ...figure, ...summarize(figure) }));
  return `${JSON.stringify({ date: date.toISOString(), machine, figures: all, notes }, null, 2)}\n`;
}
