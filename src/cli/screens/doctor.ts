import type { DoctorCheck, DoctorReport } from '../../control/api.ts';
import { paint, type ScreenOptions, type Tone } from './paint.ts';

type Result = DoctorCheck['result'];

/** Worst first. */
const RESULTS: readonly Result[] = ['failed', 'warning', 'unknown', 'ok'];
const WORDS: Readonly<Record<Result, string>> = { failed: 'FAILED', warning: 'warning', unknown: 'unknown', ok: 'ok' };
const TONES: Readonly<Record<Result, Tone | undefined>> = {
  failed: 'bad',
  warning: 'warn',
  unknown: 'warn',
  ok: 'good',
};

/** The screen of `failoverctl doctor`: what it comes to, then every check, the worst first, with what to do. */
export function doctorScreen(
  { checks, cluster, router, time, version }: DoctorReport,
  options: ScreenOptions & { readonly quiet: boolean },
): string {
  const shown = RESULTS.filter((result) => result !== 'ok' || !options.quiet);
  const names = checks.map((check) => nameOf(check).length);
  const width = Math.max(0, ...names);
  const lines = shown.flatMap((wanted) =>
    checks.filter(({ result }) => result === wanted).flatMap((check) => linesOf(check, width, options)),
  );
  return `${[
    summary(checks, options),
    ...(lines.length > 0 ? ['', ...lines] : []),
    '',
    paint(`${cluster} as ${router} sees it at ${time}: failoverd ${version}`, 'dim', options),
  ].join('\n')}\n`;
}

function summary(checks: readonly DoctorCheck[], options: ScreenOptions): string {
  const count = (wanted: Result) => checks.filter(({ result }) => result === wanted).length;
  const failures = count('failed');
  const verdict = failures > 0 ? 'a failover would not work as it should' : 'nothing stands in the way of a failover';
  const parts = RESULTS.filter((result) => result === 'ok' || result === 'failed' || count(result) > 0);
  const counts = parts.map((result) => {
    const plural = result === 'warning' && count(result) !== 1 ? 's' : '';
    return `${count(result)} ${result}${plural}`;
  });
  return paint(`${verdict}: ${counts.join(', ')}`, failures > 0 ? 'bad' : 'good', options);
}

function linesOf(check: DoctorCheck, width: number, options: ScreenOptions): string[] {
  const { result, finding, advice } = check;
  const word = WORDS[result].padEnd(7);
  const indent = ' '.repeat(7 + 2 + width + 2);
  return [
    `${paint(word, TONES[result], options)}  ${nameOf(check).padEnd(width)}  ${finding}`,
    ...(advice === undefined ? [] : [`${indent}${paint(`→ ${advice}`, 'dim', options)}`]),
  ];
}

function nameOf({ check, about }: DoctorCheck): string {
  return `${check} ${about}`;
}
