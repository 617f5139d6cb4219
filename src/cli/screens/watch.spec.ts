import { expect, it } from 'vitest';
import type { EventReport } from '../../control/api.ts';
import { STATUS } from '../../control/control.test-support.ts';
import { clip } from './clip.ts';
import { watchScreen } from './watch.ts';

const RED = '\u001b[31m';
const RESET = '\u001b[0m';
const plain = { colour: false };
const events: readonly EventReport[] = Array.from({ length: 30 }, (_, index) => ({
  event: 'transition',
  level: 'info',
  time: `2026-01-02T03:00:${String(index).padStart(2, '0')}.000Z`,
  msg: `event ${index}`,
}));

it.each([
  ['short', 10, 'short'],
  ['exactly ten', 11, 'exactly ten'],
  ['exactly ten', 10, 'exactly t…'],
  [`${RED}vrouter1${RESET} is master`, 20, `${RED}vrouter1${RESET} is master`],
  [`${RED}vrouter1${RESET} is master`, 10, `${RED}vrouter1${RESET} …`],
  [`${RED}vrouter1 is down${RESET}`, 9, `${RED}vrouter1…${RESET}`],
  ['ä → b', 3, 'ä …'],
])('%j in %d columns', (line, columns, text) => {
  expect(clip(line, columns)).toBe(text);
});

it('shows the status, and the latest events below', () => {
  const lines = watchScreen({ report: STATUS, events }, { columns: 200, rows: 20 }, plain);
  expect(lines).toHaveLength(20);
  expect(lines[0]).toBe('live; Ctrl-C ends');
  expect(lines[1]).toBe('isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over');
  expect(lines.at(-1)).toBe('03:00:29.000 event 29');
});

it.each([1, 2, 5, 12, 13, 14, 24, 60])('never draws more than fits: %d rows', (rows) => {
  for (const columns of [1, 20, 80, 300]) {
    const lines = watchScreen({ report: STATUS, events }, { columns, rows }, plain);
    expect(lines.length).toBeLessThanOrEqual(rows);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(columns);
  }
});

it('says how much is not shown', () => {
  const lines = watchScreen({ report: STATUS, events }, { columns: 80, rows: 5 }, plain);
  expect(lines.at(-1)).toMatch(/^… \d+ more lines: enlarge the terminal/);
});

it('says that it is not live', () => {
  const lost = { message: 'failoverd is not reachable', retryIn: 2000 };
  const [head] = watchScreen({ report: STATUS, events, lost }, { columns: 100, rows: 30 }, plain);
  expect(head).toBe('NOT LIVE: failoverd is not reachable; asked again in 2.0 s');
});
