import { expect, it } from 'vitest';
import type { EventReport, StatusReport } from '../../control/api.ts';
import { STATUS } from '../../control/control.test-support.ts';
import { ControlError, type ControlErrorCode } from '../../control/errors.ts';
import { follow } from './follow.ts';
import { createLineView } from './lines.ts';

const refusal = (code: ControlErrorCode) => new ControlError(code, code);
const event = (msg: string): EventReport => ({ event: 'transition', level: 'info', time: STATUS.time, msg });

/** A daemon that is told by hand what it answers, on a clock that runs with each pause; ends itself after `until` ms. */
function daemon(until: number) {
  const stop = new AbortController();
  let now = 0;
  const seen: string[] = [];
  const streams: { readonly tell: (event: EventReport) => void; readonly end: () => void }[] = [];
  const state = {
    status: (): StatusReport => STATUS,
    events: true as boolean,
    at: new Map<number, () => void>(),
  };
  return {
    state,
    seen,
    streams,
    run: () =>
      follow({
        client: {
          status: async () => state.status(),
          follow: (tell, signal) => {
            if (!state.events) return Promise.reject(refusal('not-served'));
            seen.push(`${now} follows`);
            return new Promise<void>((resolve) => {
              streams.push({ tell, end: resolve });
              signal.addEventListener('abort', () => resolve());
            });
          },
        },
        view: {
          report: ({ version }) => seen.push(`${now} report ${version}`),
          event: ({ msg }) => seen.push(`${now} event ${msg}`),
          lost: ({ code }, retryIn) => seen.push(`${now} lost ${code}, again in ${retryIn}`),
        },
        async sleep(milliseconds) {
          const end = now + milliseconds;
          await Promise.resolve();
          if (end > now) now = end;
          for (const [at, act] of state.at) {
            if (at > now) continue;
            state.at.delete(at);
            act();
          }
          if (now >= until) stop.abort();
        },
        signal: stop.signal,
      }),
  };
}

it('reports each second, and follows the events', async () => {
  const { run, seen } = daemon(2500);
  await run();
  expect(seen.slice(0, 4)).toEqual(['0 report 0.1.0', '0 follows', '1000 report 0.1.0', '2000 report 0.1.0']);
});

it('looks at once when something happens', async () => {
  const { run, seen, state, streams } = daemon(1500);
  state.at.set(100, () => {
    streams[0]?.tell({ ...event('3 alarms'), event: 'alarms' });
    streams[0]?.tell(event('vrouter2 is master'));
  });
  await run();
  expect(seen.filter((line) => line.includes('event'))).toEqual(['100 event vrouter2 is master']);
  expect(seen.filter((line) => line.endsWith('report 0.1.0')).length).toBeGreaterThan(1);
});

it('goes on when the daemon comes back, ever less often while it does not', async () => {
  const { run, seen, state } = daemon(9000);
  state.at.set(900, () => {
    state.status = () => {
      throw refusal('unreachable');
    };
  });
  state.at.set(4600, () => {
    state.status = () => ({ ...STATUS, version: 'restarted' });
  });
  await run();
  expect(seen.slice(0, 9)).toEqual([
    '0 report 0.1.0',
    '0 follows',
    '1000 lost unreachable, again in 250',
    '1250 lost unreachable, again in 500',
    '1750 lost unreachable, again in 1000',
    '2750 lost unreachable, again in 2000',
    '4750 report restarted',
    '4750 follows',
    '5750 report restarted',
  ]);
});

it('follows anew when the stream ends and the daemon is there', async () => {
  const { run, seen, state, streams } = daemon(2500);
  state.at.set(900, () => streams[0]?.end());
  await run();
  expect(seen.filter((line) => line.endsWith('follows')).length).toBe(2);
});

it('does without events where a daemon of an earlier release has none', async () => {
  const { run, seen, state } = daemon(2500);
  state.events = false;
  await run();
  expect(seen).toEqual(
    ['0 report 0.1.0', '1000 report 0.1.0', '2000 report 0.1.0', expect.anything()].slice(0, seen.length),
  );
  expect(seen.length).toBeGreaterThanOrEqual(3);
});

it.each(['unreachable', 'permission'] as const)('a daemon that never answered is an error: %s', async (code) => {
  const { run, state } = daemon(2500);
  state.status = () => {
    throw refusal(code);
  };
  await expect(run()).rejects.toMatchObject({ code });
});

it('lines: what changed, once', () => {
  const written: string[] = [];
  const view = createLineView(
    (line) => written.push(line),
    () => 0,
  );
  const silent = (seconds: number) => [`vrouter2 has been silent for ${seconds} s`];
  view.report(STATUS);
  view.report(STATUS);
  view.event(event('isv: master → backup'));
  view.report({ ...STATUS, alarms: silent(4) });
  view.report({ ...STATUS, alarms: silent(5) });
  view.lost(refusal('unreachable'), 250);
  view.lost(refusal('unreachable'), 500);
  view.report(STATUS);
  const at = STATUS.time;
  expect(written).toEqual([
    `${at} isv: vrouter1 is master and holds 3 of 3 VIPs; vrouter2 ready to take over`,
    `${at} isv: master → backup`,
    `${at} ALARM: vrouter2 has been silent for 4 s`,
    '1970-01-01T00:00:00.000Z unreachable; asked again until it answers',
    `${at} failoverd answers again`,
    `${at} over: vrouter2 has been silent for 5 s`,
  ]);
});
