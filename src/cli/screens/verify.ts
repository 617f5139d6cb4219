import type { VerifyReport } from '../../control/api.ts';
import { describe } from './headline.ts';
import { paint, type ScreenOptions } from './paint.ts';
import { type Cell, table } from './table.ts';

type Result = VerifyReport['vips'][number]['result'];

const WORDS = {
  ok: { text: 'ok', tone: 'good' },
  reclaiming: { text: 'being claimed back', tone: 'warn' },
  elsewhere: { text: 'NOT WITH THE MASTER', tone: 'bad' },
  failed: { text: 'COULD NOT BE READ', tone: 'bad' },
} as const satisfies Record<Result, Cell>;

/** The screen of `failoverctl verify`. */
export function verifyScreen({ vips }: VerifyReport, options: ScreenOptions): string {
  const good = vips.filter(({ result }) => result === 'ok').length;
  const summary = `${good} of ${vips.length} VIPs are where they should be`;
  const rows = vips.map(({ group, address, holder, ownership, result, error }): Cell[] => [
    address,
    group,
    holder ?? describe(ownership),
    error === undefined ? WORDS[result] : { text: `${WORDS[result].text}: ${error}`, tone: WORDS[result].tone },
  ]);
  const lines = vips.length === 0 ? [] : ['', ...table(['VIP', 'GROUP', 'HOLDER', 'RESULT'], rows, options)];
  return `${[paint(summary, good === vips.length ? 'good' : 'bad', options), ...lines].join('\n')}\n`;
}
