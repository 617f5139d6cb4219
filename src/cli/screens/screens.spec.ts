import { expect, test } from 'vitest';
import { historyScreen } from './history.ts';
import { failbackScreen, startedScreen } from './switchover.ts';
import { formatAgo, formatSpan } from './time.ts';
import { verifyScreen } from './verify.ts';

test.each([
  [-3, '0.0 s'],
  [0.04, '0.0 s'],
  [0.42, '0.4 s'],
  [9.96, '10 s'],
  [59, '59 s'],
  [59.7, '1 min'],
  [3599, '59 min'],
  [3600, '1 h'],
  [12_000, '3 h 20 min'],
  [86_400, '1 d'],
  [187_200, '2 d 4 h'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatSpan(seconds)).toBe(text);
});

test('times without sense are unknown', () => {
  expect(formatAgo(null, '2026-01-01T00:00:00Z')).toBe('unknown');
  expect(formatAgo('yesterday', '2026-01-01T00:00:00Z')).toBe('unknown');
});

test('history', () => {
  const time = '2026-01-02T03:00:00.000Z';
  const entries = [
    { time, group: 'isv', from: 'init', to: 'backup', reason: 'startup', claims: [] },
    {
      time,
      group: 'customers',
      from: 'backup',
      to: 'master',
      reason: 'vrouter1 fell silent',
      claims: [
        { address: '10.0.0.4', heldAfter: 512.4 },
        { address: '10.0.0.36', heldAfter: null },
      ],
    },
  ] as const;
  expect(historyScreen({ entries })).toBe(
    `${time}  isv        init → backup: the daemon started
${time}  customers  backup → master: vrouter1 fell silent; 10.0.0.4 after 512 ms, 10.0.0.36 NOT HELD
`,
  );
  expect(historyScreen({ entries: [] })).toBe('no transition since the daemon started\n');
});

test('verify', () => {
  const vip = { group: 'isv', holder: 'vrouter1', ownership: 'known' } as const;
  const vips = [
    { ...vip, address: '172.20.136.132', result: 'ok' },
    { ...vip, address: '10.0.0.4', holder: null, ownership: 'foreign', result: 'reclaiming' },
    { ...vip, address: '10.0.0.36', holder: 'vrouter2', result: 'elsewhere' },
    { ...vip, address: '10.0.0.68', holder: null, ownership: 'unknown', result: 'failed', error: 'timeout' },
  ] as const;
  expect(verifyScreen({ vips }, { colour: false })).toBe(`1 of 4 VIPs are where they should be

VIP             GROUP  HOLDER             RESULT
172.20.136.132  isv    vrouter1           ok
10.0.0.4        isv    on a foreign VNIC  being claimed back
10.0.0.36       isv    vrouter2           NOT WITH THE MASTER
10.0.0.68       isv    unknown            COULD NOT BE READ: timeout
`);
});

test('switchover', () => {
  expect(startedScreen([{ group: 'isv', from: 'vrouter1', to: 'vrouter2' }])).toBe(
    'isv: vrouter1 hands over to vrouter2\n',
  );
  expect(startedScreen([{ group: 'isv', from: null, to: 'vrouter2' }])).toBe('isv: vrouter2 takes over\n');
  expect(startedScreen([{ group: 'isv', from: 'vrouter1', to: null }])).toBe('isv: nothing to do\n');
  expect(startedScreen([])).toBe('no group changes its master\n');
  expect(failbackScreen([{ group: 'isv', from: 'vrouter2', to: 'vrouter1' }])).toBe(
    'isv: the hold is ended; vrouter1 takes over again\n',
  );
  expect(failbackScreen([{ group: 'isv', from: 'vrouter1', to: 'vrouter1' }])).toBe('isv: the hold is ended\n');
  expect(failbackScreen([])).toBe('no group was held\n');
});
