import { expect, it } from 'vitest';
import { createElectionAlarm } from './election-alarm.ts';

/** An alarm on a clock that is moved by hand; a ring that is late rings when the clock goes on. */
function createStand() {
  let now = 0;
  let ringsAt: number | undefined;
  let ring = () => {};
  const told: string[] = [];
  const clock = {
    now: () => now,
    createAlarm(run: () => void) {
      ring = run;
      return {
        set(at: number | undefined) {
          ringsAt = at;
        },
        close() {
          ringsAt = undefined;
        },
      };
    },
  };
  const alarm = createElectionAlarm(clock, {
    onDue: () => told.push(`due at ${now}`),
    onLook: (late) => told.push(`look at ${now}, ${late} late`),
  });
  return {
    alarm,
    told,
    ringsAt: () => ringsAt,
    goOnAt(at: number) {
      now = at;
    },
    ringAt(at: number) {
      now = at;
      ring();
    },
  };
}

it('rings when a timer is due, where that is sooner than any advert could be missing', () => {
  const { alarm, told, ringAt, ringsAt } = createStand();
  alarm.set(1000, { since: 0, interval: 1000 });
  expect(ringsAt()).toBe(1000);
  ringAt(1001);
  expect(told).toEqual(['due at 1001']);
});

it('looks at the clock half an interval after each missing advert until the timer is due', () => {
  const { alarm, told, ringAt, ringsAt } = createStand();
  const silence = { since: 0, interval: 1000 };
  for (const look of [1500, 2500, 3500]) {
    alarm.set(3609, silence);
    expect(ringsAt()).toBe(look);
    ringAt(look);
  }
  alarm.set(3609, silence);
  expect(ringsAt()).toBe(3609);
  ringAt(3610);
  expect(told).toEqual(['look at 1500, 0 late', 'look at 2500, 0 late', 'look at 3500, 0 late', 'due at 3610']);
});

it('tells how late it was, before a timer that is due by now', () => {
  const { alarm, told, ringAt } = createStand();
  alarm.set(3609, { since: 0, interval: 1000 });
  ringAt(3612);
  expect(told).toEqual(['look at 3612, 2112 late']);
});

it('looks at nothing while no timer runs', () => {
  const { alarm, ringsAt } = createStand();
  alarm.set(3609, { since: 0, interval: 1000 });
  alarm.set(undefined, { since: 0, interval: 1000 });
  expect(ringsAt()).toBeUndefined();
});

it('still tells how late it was where something else came first after a pause', () => {
  const { alarm, told, ringAt, ringsAt, goOnAt } = createStand();
  alarm.set(9000, { since: 0, interval: 1000 });
  goOnAt(6000);
  alarm.set(9000, { since: 0, interval: 1000 });
  expect(ringsAt()).toBe(1500);
  ringAt(6001);
  alarm.set(9000, { since: 0, interval: 1000 });
  expect(told).toEqual(['look at 6001, 4501 late']);
  expect(ringsAt()).toBe(6500);
});

it('but not where that was an advert', () => {
  const { alarm, ringsAt, goOnAt } = createStand();
  alarm.set(3609, { since: 0, interval: 1000 });
  goOnAt(6000);
  alarm.set(9609, { since: 6000, interval: 1000 });
  expect(ringsAt()).toBe(7500);
});
