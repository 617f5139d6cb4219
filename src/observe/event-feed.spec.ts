import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EventReport } from '../control/api.ts';
import { createEventFeed } from './event-feed.ts';

const WALL = Date.parse('2026-01-02T03:00:00.000Z');
let alarms: readonly string[];
let looks: number;
beforeEach(() => {
  vi.useFakeTimers();
  alarms = [];
  looks = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

const makeFeed = () =>
  createEventFeed({
    wall: () => WALL,
    alarms: () => {
      looks += 1;
      return alarms;
    },
  });

function follow(feed: ReturnType<typeof makeFeed>) {
  const heard: EventReport[] = [];
  const leaving = new AbortController();
  feed.follow((event) => heard.push(event), leaving.signal);
  return { heard, leave: () => leaving.abort() };
}

const alarmsEvent = (list: readonly string[], level: string, msg: string) => ({
  event: 'alarms',
  level,
  time: '2026-01-02T03:00:00.000Z',
  alarms: list,
  msg,
});

test('a follower hears the alarms at once, then what is logged, with the fields of the log', () => {
  alarms = ['vrouter2 has never been heard'];
  const feed = makeFeed();
  const { heard } = follow(feed);
  feed.publish({ event: 'transition', group: 'isv', from: 'backup', to: 'master', reason: 'silence', at: 5 }, WALL + 7);
  expect(heard).toEqual([
    alarmsEvent(alarms, 'warn', 'vrouter2 has never been heard'),
    {
      event: 'transition',
      level: 'info',
      time: '2026-01-02T03:00:00.007Z',
      group: 'isv',
      from: 'backup',
      to: 'master',
      reason: 'silence',
      at: 5,
      msg: 'isv: backup → master (silence)',
    },
  ]);
});

test('alarms are told when they change, not when only their seconds do', () => {
  const feed = makeFeed();
  const { heard } = follow(feed);
  alarms = ['vrouter2 has been silent for 4 s'];
  vi.advanceTimersByTime(1000);
  alarms = ['vrouter2 has been silent for 5 s'];
  vi.advanceTimersByTime(1000);
  alarms = [];
  vi.advanceTimersByTime(1000);
  expect(heard).toEqual([
    alarmsEvent([], 'info', 'nothing is wrong: a failover would work'),
    alarmsEvent(['vrouter2 has been silent for 4 s'], 'warn', 'vrouter2 has been silent for 4 s'),
    alarmsEvent([], 'info', 'nothing is wrong: a failover would work'),
  ]);
});

test('a second follower does not hide a change from the first', () => {
  const feed = makeFeed();
  const first = follow(feed);
  alarms = ['isv has no master as far as this router sees'];
  const second = follow(feed);
  expect(first.heard.map(({ msg }) => msg)).toEqual([
    'nothing is wrong: a failover would work',
    'isv has no master as far as this router sees',
  ]);
  expect(second.heard.map(({ msg }) => msg)).toEqual(['isv has no master as far as this router sees']);
});

test('nothing is looked at while nobody follows', () => {
  const feed = makeFeed();
  const { heard, leave } = follow(feed);
  leave();
  const before = looks;
  vi.advanceTimersByTime(10_000);
  feed.publish({ event: 'stopped' }, WALL);
  expect(looks).toBe(before);
  expect(heard).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

test('what the log has at level debug only is not told', () => {
  const feed = makeFeed();
  const { heard } = follow(feed);
  feed.publish({ event: 'tracker-failed', group: 'isv', tracker: 'uplink', detail: 'exit code 1' }, WALL);
  expect(heard.map(({ event }) => event)).toEqual(['alarms']);
});
